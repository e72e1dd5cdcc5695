using System.Text.Json.Nodes;
using Loquat.Layers;

namespace Loquat.Models.GptNeoX;

/// <summary>GPT-NeoX (Black et al. 2022), of which Pythia is one: attention and the feed-forward layer side by side, a part of each head rotated.</summary>
public sealed record GptNeoXConfig : ModelConfig
{
    public required int HiddenSize { get; init; }

    public required int NumHiddenLayers { get; init; }

    /// <summary>Divides <see cref="HiddenSize"/>.</summary>
    public required int NumAttentionHeads { get; init; }

    /// <summary>Width of the feed-forward layer.</summary>
    public required int IntermediateSize { get; init; }

    public ActivationKind HiddenAct { get; init; } = ActivationKind.Gelu;

    public required int MaxPositionEmbeddings { get; init; }

    /// <summary>Rotary frequencies, and the share of a head that turns.</summary>
    public RopeParameters RopeParameters { get; init; } = new() { PartialRotaryFactor = 0.25 };

    public double LayerNormEps { get; init; } = 1e-5;

    /// <summary>Both parts of a layer read its input; otherwise the feed-forward layer reads what attention made of it. Default: true.</summary>
    public bool UseParallelResidual { get; init; } = true;

    /// <summary>Projections of attention have biases. Default: true.</summary>
    public bool AttentionBias { get; init; } = true;

    /// <summary>Dropout of attention weights in training. 0 to 1.</summary>
    public double AttentionDropout { get; init; }

    /// <summary>Dropout of embeddings and of what each part gives, in training. 0 to 1.</summary>
    public double HiddenDropout { get; init; }

    public bool TieWordEmbeddings { get; init; }

    /// <summary>Standard deviation of matrices and embeddings at the start.</summary>
    public double InitializerRange { get; init; } = 0.02;

    public override string ModelType => "gpt_neox";

    public override int ContextLength => MaxPositionEmbeddings;

    public override int Layers => NumHiddenLayers;

    public override int Width => HiddenSize;

    public override int AttentionWidth => HiddenSize;

    public override bool TiesHead => TieWordEmbeddings;

    public override string BasePrefix => "gpt_neox.";

    public override IReadOnlyList<string> HeadPrefixes => ["embed_out."];

    public override IEnumerable<(string Alias, string Parameter)> Tied => TieWordEmbeddings ? [("embed_out.weight", "gpt_neox.embed_in.weight")] : [];

    public override IReadOnlyList<string> SavedTables => ["attention.bias", "attention.masked_bias", "rotary_emb.inv_freq"];

    public override (int Heads, int HeadSize)? CachedKeys => (NumAttentionHeads, HeadSize);

    internal int HeadSize => HiddenSize / NumAttentionHeads;

    /// <summary>Matrices and embeddings start normal with <see cref="InitializerRange"/>; projections into the residual stream with that divided by √(2 · layers).</summary>
    public override IEnumerable<ParameterSpec> Parameters()
    {
        var start = Initializer.Normal(InitializerRange);
        var residual = Initializer.Normal(InitializerRange / Math.Sqrt(2.0 * NumHiddenLayers));
        yield return new("gpt_neox.embed_in.weight", [VocabSize, HiddenSize], start, ParameterRole.Embedding);
        for (var layer = 0; layer < NumHiddenLayers; layer++)
        {
            var prefix = $"gpt_neox.layers.{layer}.";
            foreach (var spec in (IEnumerable<ParameterSpec>)[
                .. Norm(prefix + "input_layernorm", HiddenSize),
                .. Affine(prefix + "attention.query_key_value", 3L * HiddenSize, HiddenSize, start, AttentionBias),
                .. Affine(prefix + "attention.dense", HiddenSize, HiddenSize, residual, AttentionBias),
                .. Norm(prefix + "post_attention_layernorm", HiddenSize),
                .. Affine(prefix + "mlp.dense_h_to_4h", IntermediateSize, HiddenSize, start, true),
                .. Affine(prefix + "mlp.dense_4h_to_h", HiddenSize, IntermediateSize, residual, true)]) yield return spec;
        }
        foreach (var spec in Norm("gpt_neox.final_layer_norm", HiddenSize)) yield return spec;
        if (!TieWordEmbeddings) yield return new("embed_out.weight", [VocabSize, HiddenSize], start, ParameterRole.Head);
    }

    protected override IEnumerable<string> Faults()
    {
        var sizes = NotPositive(
            ("vocab_size", VocabSize), ("hidden_size", HiddenSize), ("num_hidden_layers", NumHiddenLayers), ("num_attention_heads", NumAttentionHeads),
            ("intermediate_size", IntermediateSize), ("max_position_embeddings", MaxPositionEmbeddings)).ToList();
        foreach (var fault in sizes) yield return fault;
        foreach (var (name, value) in (IEnumerable<(string, double)>)[("attention_dropout", AttentionDropout), ("hidden_dropout", HiddenDropout)])
            foreach (var fault in OutOfRange(name, value, v => v is >= 0 and <= 1, "0 to 1")) yield return fault;
        foreach (var fault in OutOfRange("layer_norm_eps", LayerNormEps, v => v >= 0, "0 or more")) yield return fault;
        foreach (var fault in OutOfRange("initializer_range", InitializerRange, v => v >= 0, "0 or more")) yield return fault;
        foreach (var fault in OutOfRange("rope_theta", RopeParameters.RopeTheta, v => v > 0, "above 0")) yield return fault;
        if (sizes.Count > 0) yield break;
        if (HiddenSize % NumAttentionHeads != 0)
        {
            yield return $"hidden_size {HiddenSize} is not a multiple of num_attention_heads {NumAttentionHeads}.";
            yield break;
        }
        if (RopeParameters.PartialRotaryFactor == 1 && HeadSize % 2 != 0) yield return $"a head has {HeadSize} elements; rotary positions need an even number.";
        foreach (var fault in RopeParameters.Faults(HeadSize)) yield return fault;
    }

    public override CausalModel Build(Placement placement, ulong? seed) => new GptNeoXModel(this, placement, seed);

    public override JsonObject ToJson() => new()
    {
        ["architectures"] = new JsonArray("GPTNeoXForCausalLM"),
        ["model_type"] = ModelType,
        ["vocab_size"] = VocabSize,
        ["hidden_size"] = HiddenSize,
        ["num_hidden_layers"] = NumHiddenLayers,
        ["num_attention_heads"] = NumAttentionHeads,
        ["intermediate_size"] = IntermediateSize,
        ["hidden_act"] = ActivationNames.Of(HiddenAct),
        ["max_position_embeddings"] = MaxPositionEmbeddings,
        // transformers 5 reads rope_parameters, older versions the two others.
        ["rope_parameters"] = RopeFields.ToJson(RopeParameters, always: true),
        ["rotary_emb_base"] = RopeParameters.RopeTheta,
        ["rotary_pct"] = RopeParameters.PartialRotaryFactor,
        ["layer_norm_eps"] = LayerNormEps,
        ["use_parallel_residual"] = UseParallelResidual,
        ["attention_bias"] = AttentionBias,
        ["attention_dropout"] = AttentionDropout,
        ["hidden_dropout"] = HiddenDropout,
        ["tie_word_embeddings"] = TieWordEmbeddings,
        ["initializer_range"] = InitializerRange,
        ["bos_token_id"] = BosTokenId,
        ["eos_token_id"] = EosToJson(),
        ["dtype"] = "float32",
    };

    internal static GptNeoXConfig FromJson(ConfigReader fields)
    {
        var positions = fields.Integer("max_position_embeddings", 2048);
        var config = new GptNeoXConfig
        {
            VocabSize = fields.Integer("vocab_size"),
            HiddenSize = fields.Integer("hidden_size"),
            NumHiddenLayers = fields.Integer("num_hidden_layers"),
            NumAttentionHeads = fields.Integer("num_attention_heads"),
            IntermediateSize = fields.Integer("intermediate_size"),
            HiddenAct = fields.Activation("hidden_act", ActivationKind.Gelu),
            MaxPositionEmbeddings = positions,
            RopeParameters = RopeFields.Read(fields, positions, thetaKey: "rotary_emb_base", partial: fields.Number("rotary_pct", 0.25, double.Epsilon, 1)),
            LayerNormEps = fields.Number("layer_norm_eps", 1e-5, min: 0),
            UseParallelResidual = fields.Flag("use_parallel_residual", true),
            AttentionBias = fields.Flag("attention_bias", true),
            AttentionDropout = fields.Number("attention_dropout", 0, 0, 1),
            HiddenDropout = fields.Number("hidden_dropout", 0, 0, 1),
            TieWordEmbeddings = fields.Flag("tie_word_embeddings", false),
            InitializerRange = fields.Number("initializer_range", 0.02, min: 0),
        };
        fields.Skip(ConfigKey.Numbers("classifier_dropout"));   // of a head that has no part in writing
        return config;
    }
}
