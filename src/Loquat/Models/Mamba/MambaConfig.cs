using System.Text.Json.Nodes;
using Loquat.Layers;

namespace Loquat.Models.Mamba;

/// <summary>Mamba (Gu and Dao 2023): a selective state space in place of attention and feed-forward layers, under the names of its `config.json`.</summary>
public sealed record MambaConfig : ModelConfig
{
    public required int HiddenSize { get; init; }

    public required int NumHiddenLayers { get; init; }

    /// <summary>States of each channel. Default: 16.</summary>
    public int StateSize { get; init; } = 16;

    /// <summary>Channels of a layer for each unit of <see cref="HiddenSize"/>. Default: 2.</summary>
    public int Expand { get; init; } = 2;

    /// <summary>Channels of a layer. Default: <see cref="Expand"/> · <see cref="HiddenSize"/>.</summary>
    public int? IntermediateSize { get; init; }

    /// <summary>Tokens that the convolution before the scan sees. Default: 4.</summary>
    public int ConvKernel { get; init; } = 4;

    /// <summary>The width through which the time steps are computed. Default: <see cref="HiddenSize"/> / 16, rounded up (`auto`).</summary>
    public int? TimeStepRank { get; init; }

    /// <summary>Projections into and out of a layer have biases. Default: false.</summary>
    public bool UseBias { get; init; }

    /// <summary>The convolution has a bias. Default: true.</summary>
    public bool UseConvBias { get; init; } = true;

    /// <summary>After the convolution, and of the gate. Default: silu.</summary>
    public ActivationKind HiddenAct { get; init; } = ActivationKind.Silu;

    public double LayerNormEpsilon { get; init; } = 1e-5;

    /// <summary>What goes from layer to layer stays float32 where matrices compute in bfloat16. Default: true.</summary>
    public bool ResidualInFp32 { get; init; } = true;

    /// <summary>The head is the embedding. Default: true.</summary>
    public bool TieWordEmbeddings { get; init; } = true;

    /// <summary>Standard deviation of embeddings and of projections into a layer at the start. Default: 0.1.</summary>
    public double InitializerRange { get; init; } = 0.1;

    /// <summary>Time steps start between these, evenly in their logarithm, and at <see cref="TimeStepFloor"/> or more. Defaults: 0.001 to 0.1, 0.0001.</summary>
    public double TimeStepMin { get; init; } = 0.001;

    /// <inheritdoc cref="TimeStepMin"/>
    public double TimeStepMax { get; init; } = 0.1;

    /// <inheritdoc cref="TimeStepMin"/>
    public double TimeStepFloor { get; init; } = 1e-4;

    /// <summary>Factor of the matrix of time steps at the start, which is this / √<see cref="TimeStepRank"/>. Default: 1.</summary>
    public double TimeStepScale { get; init; } = 1;

    /// <summary>That matrix starts with one value everywhere; else with values up to it. Default: false (`random`).</summary>
    public bool ConstantTimeSteps { get; init; }

    /// <summary>Projections out of a layer start divided by √<see cref="NumHiddenLayers"/>. Default: false.</summary>
    public bool RescalePrenormResidual { get; init; }

    public override string ModelType => "mamba";

    /// <summary>No limit: the state has the same size after any number of tokens.</summary>
    public override int ContextLength => int.MaxValue;

    public override int Layers => NumHiddenLayers;

    public override int Width => HiddenSize;

    public override int AttentionWidth => 0;

    public override bool TiesHead => TieWordEmbeddings;

    public override string BasePrefix => "backbone.";

    internal int Channels => IntermediateSize ?? (int)Math.Min(int.MaxValue, (long)Expand * HiddenSize);

    internal int Rank => TimeStepRank ?? (HiddenSize + 15) / 16;

    /// <summary>As the authors' own checkpoints called it.</summary>
    public override string Renamed(string name) => name is "backbone.embedding.weight" or "embedding.weight" ? name.Replace("embedding.", "embeddings.", StringComparison.Ordinal) : name;

    public override IEnumerable<ParameterSpec> Parameters()
    {
        var start = Initializer.Normal(InitializerRange);
        var (channels, rank, last) = ((long)Channels, (long)Rank, RescalePrenormResidual ? Math.Sqrt(NumHiddenLayers) : 1);
        yield return new("backbone.embeddings.weight", [VocabSize, HiddenSize], start, ParameterRole.Embedding);
        for (var layer = 0; layer < NumHiddenLayers; layer++)
        {
            var prefix = $"backbone.layers.{layer}.mixer.";
            foreach (var spec in (IEnumerable<ParameterSpec>)[
                .. Norm($"backbone.layers.{layer}.norm", HiddenSize, bias: false),
                .. Affine(prefix + "in_proj", 2 * channels, HiddenSize, start, UseBias),
                new(prefix + "conv1d.weight", [channels, 1, ConvKernel], Initializer.Uniform(1 / Math.Sqrt(ConvKernel)), ParameterRole.Vector)]) yield return spec;
            if (UseConvBias) yield return new(prefix + "conv1d.bias", [channels], Initializer.Zeros, ParameterRole.Vector);
            var step = TimeStepScale / Math.Sqrt(rank);
            foreach (var spec in (IEnumerable<ParameterSpec>)[
                .. Affine(prefix + "x_proj", rank + 2L * StateSize, channels, start, bias: false),
                new(prefix + "dt_proj.weight", [channels, rank], ConstantTimeSteps ? Initializer.ByPlace(_ => step) : Initializer.Uniform(step), ParameterRole.Matrix),
                new(prefix + "dt_proj.bias", [channels], Initializer.Drawn(TimeStepBias), ParameterRole.Vector),
                new(prefix + "A_log", [channels, StateSize], Initializer.ByPlace(i => Math.Log(i % StateSize + 1)), ParameterRole.Vector),
                new(prefix + "D", [channels], Initializer.Ones, ParameterRole.Vector),
                .. Affine(prefix + "out_proj", HiddenSize, channels, Initializer.Uniform(1 / Math.Sqrt(channels) / last), UseBias)]) yield return spec;
        }
        foreach (var spec in Norm("backbone.norm_f", HiddenSize, bias: false)) yield return spec;
        if (!TieWordEmbeddings) yield return new("lm_head.weight", [VocabSize, HiddenSize], start, ParameterRole.Head);
    }

    /// <summary>The number whose softplus is a time step.</summary>
    /// <param name="quantile">0 to 1.</param>
    private double TimeStepBias(double quantile)
    {
        var step = Math.Max(TimeStepFloor, TimeStepMin * Math.Pow(TimeStepMax / TimeStepMin, quantile));
        return step + Math.Log(-(Math.Exp(-step) - 1));
    }

    protected override IEnumerable<string> Faults()
    {
        foreach (var fault in NotPositive(
            ("vocab_size", VocabSize), ("hidden_size", HiddenSize), ("num_hidden_layers", NumHiddenLayers), ("state_size", StateSize), ("expand", Expand), ("conv_kernel", ConvKernel),
            ("intermediate_size", IntermediateSize ?? 1), ("time_step_rank", TimeStepRank ?? 1))) yield return fault;
        foreach (var (name, value) in (IEnumerable<(string, double)>)[("layer_norm_epsilon", LayerNormEpsilon), ("initializer_range", InitializerRange), ("time_step_scale", TimeStepScale)])
            foreach (var fault in OutOfRange(name, value, v => v >= 0, "0 or more")) yield return fault;
        foreach (var (name, value) in (IEnumerable<(string, double)>)[("time_step_min", TimeStepMin), ("time_step_max", TimeStepMax), ("time_step_floor", TimeStepFloor)])
            foreach (var fault in OutOfRange(name, value, v => v > 0, "above 0")) yield return fault;
        if (TimeStepMin > TimeStepMax) yield return $"time_step_min {TimeStepMin} is above time_step_max {TimeStepMax}.";
    }

    public override CausalModel Build(Placement placement, ulong? seed) => new MambaModel(this, placement, seed);

    public override JsonObject ToJson() => MambaJson.Write(this, EosToJson());
}
