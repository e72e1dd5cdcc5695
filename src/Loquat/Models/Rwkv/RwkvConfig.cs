using System.Text.Json.Nodes;
using Loquat.Layers;

namespace Loquat.Models.Rwkv;

/// <summary>RWKV-4 (Peng et al. 2023): a weighted mean whose weights fall with the distance, and a feed-forward layer that sees the token before, under the names of its `config.json`.</summary>
public sealed record RwkvConfig : ModelConfig
{
    public required int HiddenSize { get; init; }

    public required int NumHiddenLayers { get; init; }

    /// <summary>Channels of the mean. Default: <see cref="HiddenSize"/>.</summary>
    public int? AttentionHiddenSize { get; init; }

    /// <summary>Width of the feed-forward layer. Default: 4 · <see cref="HiddenSize"/>.</summary>
    public int? IntermediateSize { get; init; }

    /// <summary>The length that the model was trained with. The state has the same size after any number of tokens, so it limits nothing. Default: 1024.</summary>
    public int TrainedLength { get; init; } = 1024;

    public double LayerNormEpsilon { get; init; } = 1e-5;

    /// <summary>Outside training everything that goes from layer to layer is halved after so many of them, so that float16 does not overflow; 0: never. Default: 6.</summary>
    public int RescaleEvery { get; init; } = 6;

    public bool TieWordEmbeddings { get; init; }

    public override string ModelType => "rwkv";

    /// <summary>No limit: the state has the same size after any number of tokens.</summary>
    public override int ContextLength => int.MaxValue;

    public override int Layers => NumHiddenLayers;

    public override int Width => HiddenSize;

    public override int AttentionWidth => 0;

    public override bool TiesHead => TieWordEmbeddings;

    public override string BasePrefix => "rwkv.";

    public override IReadOnlyList<string> HeadPrefixes => ["head."];

    public override IEnumerable<(string Alias, string Parameter)> Tied => TieWordEmbeddings ? [("head.weight", "rwkv.embeddings.weight")] : [];

    internal int Channels => AttentionHiddenSize ?? HiddenSize;

    internal int FeedForward => IntermediateSize ?? (int)Math.Min(int.MaxValue, 4L * HiddenSize);

    /// <summary>
    /// As the paper starts (appendix E): tiny embeddings behind a normalization, most projections 0, the others orthogonal; decays and mixtures spread over channels and layers.
    /// </summary>
    public override IEnumerable<ParameterSpec> Parameters()
    {
        long width = HiddenSize, channels = Channels, inner = FeedForward;
        yield return new("rwkv.embeddings.weight", [VocabSize, width], Initializer.Uniform(1e-4), ParameterRole.Embedding);
        foreach (var spec in Norm("rwkv.blocks.0.pre_ln", width)) yield return spec;
        for (var layer = 0; layer < NumHiddenLayers; layer++)
        {
            var (block, depth) = ($"rwkv.blocks.{layer}.", RwkvStart.Of(this, layer));
            foreach (var spec in (IEnumerable<ParameterSpec>)[
                .. Norm(block + "ln1", width),
                .. Norm(block + "ln2", width),
                new(block + "attention.time_decay", [channels], depth.Decay, ParameterRole.Vector),
                new(block + "attention.time_first", [channels], depth.First, ParameterRole.Vector),
                new(block + "attention.time_mix_key", [1, 1, width], depth.MixKey, ParameterRole.Vector),
                new(block + "attention.time_mix_value", [1, 1, width], depth.MixValue, ParameterRole.Vector),
                new(block + "attention.time_mix_receptance", [1, 1, width], depth.MixReceptance, ParameterRole.Vector),
                .. Affine(block + "attention.key", channels, width, Initializer.Zeros, bias: false),
                .. Affine(block + "attention.value", channels, width, RwkvStart.Orthogonal(channels, width), bias: false),
                .. Affine(block + "attention.receptance", channels, width, Initializer.Zeros, bias: false),
                .. Affine(block + "attention.output", width, channels, Initializer.Zeros, bias: false),
                new(block + "feed_forward.time_mix_key", [1, 1, width], depth.MixKey, ParameterRole.Vector),
                new(block + "feed_forward.time_mix_receptance", [1, 1, width], depth.MixKey, ParameterRole.Vector),
                .. Affine(block + "feed_forward.key", inner, width, RwkvStart.Orthogonal(inner, width), bias: false),
                .. Affine(block + "feed_forward.receptance", width, width, Initializer.Zeros, bias: false),
                .. Affine(block + "feed_forward.value", width, inner, Initializer.Zeros, bias: false)]) yield return spec;
        }
        foreach (var spec in Norm("rwkv.ln_out", width)) yield return spec;
        if (!TieWordEmbeddings) yield return new("head.weight", [VocabSize, width], RwkvStart.Orthogonal(VocabSize, width, 0.5), ParameterRole.Head);
    }

    protected override IEnumerable<string> Faults()
    {
        foreach (var fault in NotPositive(
            ("vocab_size", VocabSize), ("hidden_size", HiddenSize), ("num_hidden_layers", NumHiddenLayers), ("context_length", TrainedLength),
            ("attention_hidden_size", AttentionHiddenSize ?? 1), ("intermediate_size", IntermediateSize ?? 1))) yield return fault;
        if (RescaleEvery < 0) yield return $"rescale_every is {RescaleEvery}; allowed: 0 or more.";
        foreach (var fault in OutOfRange("layer_norm_epsilon", LayerNormEpsilon, v => v >= 0, "0 or more")) yield return fault;
    }

    public override CausalModel Build(Placement placement, ulong? seed) => new RwkvModel(this, placement, seed);

    public override JsonObject ToJson() => new()
    {
        ["architectures"] = new JsonArray("RwkvForCausalLM"),
        ["model_type"] = ModelType,
        ["vocab_size"] = VocabSize,
        ["hidden_size"] = HiddenSize,
        ["num_hidden_layers"] = NumHiddenLayers,
        ["attention_hidden_size"] = Channels,
        ["intermediate_size"] = FeedForward,
        ["context_length"] = TrainedLength,
        ["layer_norm_epsilon"] = LayerNormEpsilon,
        ["rescale_every"] = RescaleEvery,
        ["tie_word_embeddings"] = TieWordEmbeddings,
        ["bos_token_id"] = BosTokenId,
        ["eos_token_id"] = EosToJson(),
        ["dtype"] = "float32",
    };

    internal static RwkvConfig FromJson(ConfigReader fields)
    {
        var config = Given(fields);
        // What follows from the width anyway is the same as left out.
        var plain = config with { AttentionHiddenSize = null, IntermediateSize = null };
        return config with
        {
            AttentionHiddenSize = config.AttentionHiddenSize == plain.Channels ? null : config.AttentionHiddenSize,
            IntermediateSize = config.IntermediateSize == plain.FeedForward ? null : config.IntermediateSize,
        };
    }

    private static RwkvConfig Given(ConfigReader fields) => new()
    {
        VocabSize = fields.Integer("vocab_size"),
        HiddenSize = fields.Integer("hidden_size"),
        NumHiddenLayers = fields.Integer("num_hidden_layers"),
        AttentionHiddenSize = fields.OptionalInteger("attention_hidden_size"),
        IntermediateSize = fields.OptionalInteger("intermediate_size"),
        TrainedLength = fields.Integer("context_length", 1024),
        LayerNormEpsilon = fields.Number("layer_norm_epsilon", 1e-5, min: 0),
        RescaleEvery = fields.Integer("rescale_every", 6, min: 0),
        TieWordEmbeddings = fields.Flag("tie_word_embeddings", false),
    };
}
