using System.Text.Json.Nodes;
using Loquat.Layers;
using Loquat.Layers.Recurrent;

namespace Loquat.Models.Recurrent;

/// <summary>A recurrent language model under the names of torch.nn.RNN, LSTM and GRU: an embedding, stacked layers, a head.</summary>
public sealed record RecurrentConfig : ModelConfig
{
    /// <summary>What the layers compute. `model_type` is `rnn` (with `nonlinearity`), `lstm` or `gru`.</summary>
    public required RecurrentCell Cell { get; init; }

    /// <summary>Units of a layer. Where the head is the embedding, the last layer gives <see cref="EmbeddingSize"/>, as in AWD-LSTM.</summary>
    public required int HiddenSize { get; init; }

    public required int NumLayers { get; init; }

    /// <summary>Width of the token vectors. Default: <see cref="HiddenSize"/>.</summary>
    public int? EmbeddingSize { get; init; }

    /// <summary>Layers have biases. Default: true.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>An LSTM's outputs are projected to so many (Sak et al. 2014); 0: they are not.</summary>
    public int ProjSize { get; init; }

    /// <summary>An LSTM's gates see its cell (Gers and Schmidhuber 2000; Graves 2013).</summary>
    public bool Peephole { get; init; }

    /// <summary>The head is the embedding itself (Press and Wolf 2017; Inan et al. 2017). Default: false.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Where clusters of rarer tokens begin, for an adaptive softmax (Grave et al. 2017): ids go from frequent to rare. Default: none, a head over all tokens.</summary>
    public IReadOnlyList<int> AdaptiveSoftmaxCutoffs { get; init; } = [];

    /// <summary>Each cluster is computed through a width so many times smaller than the one before. Above 1. Default: 4.</summary>
    public double AdaptiveSoftmaxDivValue { get; init; } = 4;

    /// <summary>Probability that a token's vector is 0 wherever it stands in the batch. 0 to 1.</summary>
    public double EmbeddingDropout { get; init; }

    /// <summary>Dropout of the first layer's inputs, of what goes from layer to layer, and of the last layer's outputs, one mask for all time steps of a sequence. 0 to 1.</summary>
    public double InputDropout { get; init; }

    /// <inheritdoc cref="InputDropout"/>
    public double HiddenDropout { get; init; }

    /// <inheritdoc cref="InputDropout"/>
    public double OutputDropout { get; init; }

    /// <summary>Weight drop: dropout of the recurrent matrices, one mask for all time steps. 0 to 1.</summary>
    public double WeightDropout { get; init; }

    /// <summary>α: the penalty on the mean square of the last outputs (AR). 0 or more.</summary>
    public double ActivationPenalty { get; init; }

    /// <summary>β: the penalty on the mean square of their change from step to step (TAR). 0 or more.</summary>
    public double TemporalPenalty { get; init; }

    public override string ModelType => Cell switch { RecurrentCell.Lstm => "lstm", RecurrentCell.Gru => "gru", _ => "rnn" };

    // Recurrent cells take their matrices whole.
    public override bool TakesAdapter(ParameterSpec parameter) => false;

    /// <summary>No limit: the state has the same size after any number of tokens.</summary>
    public override int ContextLength => int.MaxValue;

    public override int Layers => NumLayers;

    /// <summary>What the head reads.</summary>
    public override int Width => Outputs(NumLayers - 1);

    public override int AttentionWidth => 0;

    public override bool TiesHead => TieWordEmbeddings;

    public override string BasePrefix => "model.";

    internal int TokenWidth => EmbeddingSize ?? HiddenSize;

    internal int Units(int layer) => TieWordEmbeddings && ProjSize == 0 && layer == NumLayers - 1 ? TokenWidth : HiddenSize;

    internal int Outputs(int layer) => ProjSize > 0 ? ProjSize : Units(layer);

    internal int Inputs(int layer) => layer == 0 ? TokenWidth : Outputs(layer - 1);

    /// <summary>Layers and an untied head start uniform within ±1 / √width, as torch.nn does; token vectors normal, or within ±0.1 where they are the head too (AWD-LSTM).</summary>
    public override IEnumerable<ParameterSpec> Parameters()
    {
        yield return new("model.embedding.weight", [VocabSize, TokenWidth], TieWordEmbeddings ? Initializer.Uniform(0.1) : Initializer.Normal(1), ParameterRole.Embedding);
        for (var layer = 0; layer < NumLayers; layer++)
        {
            var (units, start) = (Units(layer), Initializer.Uniform(1 / Math.Sqrt(Units(layer))));
            var rows = (long)Cell.Gates() * units;
            yield return new($"model.rnn.weight_ih_l{layer}", [rows, Inputs(layer)], start, ParameterRole.Matrix);
            yield return new($"model.rnn.weight_hh_l{layer}", [rows, Outputs(layer)], start, ParameterRole.Matrix);
            if (Bias)
            {
                yield return new($"model.rnn.bias_ih_l{layer}", [rows], start, ParameterRole.Vector);
                yield return new($"model.rnn.bias_hh_l{layer}", [rows], start, ParameterRole.Vector);
            }
            if (ProjSize > 0) yield return new($"model.rnn.weight_hr_l{layer}", [ProjSize, units], start, ParameterRole.Matrix);
            if (Peephole) yield return new($"model.rnn.weight_peephole_l{layer}", [3, units], start, ParameterRole.Vector);
        }
        foreach (var spec in AdaptiveHead()) yield return spec;
        if (!TieWordEmbeddings && AdaptiveSoftmaxCutoffs.Count == 0) yield return new("lm_head.weight", [VocabSize, Width], Initializer.Uniform(1 / Math.Sqrt(Width)), ParameterRole.Head);
    }

    /// <summary>Names are those of torch.nn.AdaptiveLogSoftmaxWithLoss.</summary>
    private IEnumerable<ParameterSpec> AdaptiveHead()
    {
        if (AdaptiveSoftmaxCutoffs.Count == 0) yield break;
        ParameterSpec Matrix(string name, long rows, long columns) => new($"lm_head.{name}.weight", [rows, columns], Initializer.Uniform(1 / Math.Sqrt(columns)), ParameterRole.Output);
        yield return Matrix("head", AdaptiveSoftmaxCutoffs[0] + AdaptiveSoftmaxCutoffs.Count, Width);
        for (var i = 0; i < AdaptiveSoftmaxCutoffs.Count; i++)
        {
            var narrow = AdaptiveSoftmax.TailWidth(Width, AdaptiveSoftmaxDivValue, i);
            yield return Matrix($"tail.{i}.0", narrow, Width);
            yield return Matrix($"tail.{i}.1", ClusterEnds[i + 1] - AdaptiveSoftmaxCutoffs[i], narrow);
        }
    }

    /// <summary>The cutoffs, and the number of tokens.</summary>
    internal IReadOnlyList<int> ClusterEnds => [.. AdaptiveSoftmaxCutoffs, VocabSize];

    public bool Equals(RecurrentConfig? other) => other is not null && base.Equals(other) && ToJson().ToJsonString() == other.ToJson().ToJsonString();

    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), HiddenSize, NumLayers);

    protected override IEnumerable<string> Faults()
    {
        if (AdaptiveSoftmaxCutoffs.Count > 0)
        {
            var ends = ClusterEnds;
            if (ends[0] < 1 || ends.Zip(ends.Skip(1)).Any(pair => pair.First >= pair.Second)) yield return $"adaptive_softmax_cutoffs are {string.Join(", ", AdaptiveSoftmaxCutoffs)}; they must rise, from 1 or more to below vocab_size {VocabSize}.";
            if (TieWordEmbeddings) yield return "the head is the embedding (tie_word_embeddings), which an adaptive softmax (adaptive_softmax_cutoffs) is not; give one of the two.";
            if (AdaptiveSoftmax.TailWidth(Width, AdaptiveSoftmaxDivValue, AdaptiveSoftmaxCutoffs.Count - 1) < 1) yield return $"adaptive_softmax_div_value {AdaptiveSoftmaxDivValue} leaves no width to the last of {AdaptiveSoftmaxCutoffs.Count} clusters, where the head reads {Width}.";
        }
        foreach (var fault in OutOfRange("adaptive_softmax_div_value", AdaptiveSoftmaxDivValue, v => v > 1, "above 1")) yield return fault;
        foreach (var fault in NotPositive(("vocab_size", VocabSize), ("hidden_size", HiddenSize), ("num_layers", NumLayers), ("embedding_size", EmbeddingSize ?? 1))) yield return fault;
        foreach (var (name, drop) in Dropouts)
            foreach (var fault in OutOfRange(name, drop, v => v is >= 0 and <= 1, "0 to 1")) yield return fault;
        foreach (var (name, penalty) in (IEnumerable<(string, double)>)[("activation_penalty", ActivationPenalty), ("temporal_penalty", TemporalPenalty)])
            foreach (var fault in OutOfRange(name, penalty, v => v >= 0, "0 or more")) yield return fault;
        if (Cell != RecurrentCell.Lstm && ProjSize != 0) yield return "proj_size is an LSTM's; a " + ModelType + " has none.";
        if (Cell != RecurrentCell.Lstm && Peephole) yield return "peephole is an LSTM's; a " + ModelType + " has none.";
        if (ProjSize < 0 || ProjSize > 0 && ProjSize >= HiddenSize) yield return $"proj_size {ProjSize} is not below hidden_size {HiddenSize}; 0: none.";
        if (TieWordEmbeddings && ProjSize > 0 && ProjSize != TokenWidth) yield return $"the head is the embedding (tie_word_embeddings), but proj_size is {ProjSize} and embedding_size {TokenWidth}; they must be the same.";
    }

    private IEnumerable<(string, double)> Dropouts =>
    [
        ("embedding_dropout", EmbeddingDropout), ("input_dropout", InputDropout), ("hidden_dropout", HiddenDropout), ("output_dropout", OutputDropout), ("weight_dropout", WeightDropout),
    ];

    public override CausalModel Build(Placement placement, ulong? seed) => new RecurrentModel(this, placement, seed);

    public override JsonObject ToJson() => RecurrentJson.Write(this, EosToJson());
}
