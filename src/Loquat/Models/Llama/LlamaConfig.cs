using System.Text.Json.Nodes;
using Loquat.Layers;

namespace Loquat.Models.Llama;

/// <summary>
/// The Llama family (Touvron et al. 2023): rotary positions, RMS normalization, gated feed-forward, shared key and value
/// heads. With <see cref="QkNorm"/> it is Qwen3, which is what Loquat's own default decoder is saved as.
/// </summary>
public sealed record LlamaConfig : ModelConfig
{
    public required int HiddenSize { get; init; }

    public required int NumHiddenLayers { get; init; }

    public required int NumAttentionHeads { get; init; }

    /// <summary>Heads of keys and values; divides <see cref="NumAttentionHeads"/>. Default: as many.</summary>
    public int? NumKeyValueHeads { get; init; }

    /// <summary>Size of a head. Default: width / heads.</summary>
    public int? HeadDim { get; init; }

    /// <summary>Width of the feed-forward layer.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Activation of the gate.</summary>
    public ActivationKind HiddenAct { get; init; } = ActivationKind.Silu;

    public required int MaxPositionEmbeddings { get; init; }

    /// <summary>Rotary frequencies.</summary>
    public RopeParameters RopeParameters { get; init; } = new();

    public double RmsNormEps { get; init; } = 1e-6;

    /// <summary>Normalize each query and key head before the rotation.</summary>
    public bool QkNorm { get; init; }

    /// <summary>The head is the embedding itself.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Standard deviation of matrices and embeddings at the start.</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Projections of attention have biases. Default: false.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Projections of the feed-forward layer have biases. Default: false.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Dropout of attention weights in training. 0 to 1.</summary>
    public double AttentionDropout { get; init; }

    /// <summary>Loquat's default decoder: a Qwen3 with tied embeddings and a gated feed-forward layer of 8/3 of the width, in multiples of 16. Its tokens are to be given.</summary>
    /// <param name="layers">Layers.</param>
    /// <param name="width">Width; a multiple of <paramref name="heads"/>.</param>
    /// <param name="context">The longest sequence, in tokens.</param>
    /// <param name="heads">Attention heads. Default: of 64 elements, or of 32 or the whole width where that does not divide it.</param>
    public static LlamaConfig Decoder(int layers, int width, int context, int? heads = null)
    {
        var count = heads ?? (width % 64 == 0 ? width / 64 : width % 32 == 0 ? width / 32 : 1);
        return new()
        {
            HiddenSize = width,
            NumHiddenLayers = layers,
            NumAttentionHeads = count,
            NumKeyValueHeads = count,
            HeadDim = count > 0 ? width / count : 1,
            IntermediateSize = (int)Math.Min(int.MaxValue, (width * 8L / 3 + 15) / 16 * 16),
            MaxPositionEmbeddings = context,
            QkNorm = true,
            TieWordEmbeddings = true,
        };
    }

    public override string ModelType => QkNorm ? "qwen3" : "llama";

    public override int ContextLength => MaxPositionEmbeddings;

    public override int Layers => NumHiddenLayers;

    public override int Width => HiddenSize;

    public override bool TiesHead => TieWordEmbeddings;

    public override int AttentionWidth => NumAttentionHeads * HeadSize;

    public override string BasePrefix => "model.";

    public override IReadOnlyList<string> SavedTables => ["rotary_emb.inv_freq"];

    internal int HeadSize => HeadDim ?? HiddenSize / NumAttentionHeads;

    internal int KeyValueHeads => NumKeyValueHeads ?? NumAttentionHeads;

    /// <summary>
    /// Matrices and embeddings start normal with <see cref="InitializerRange"/>; projections into the residual stream with
    /// that divided by √(2 · layers) (GPT-2 paper, section 2.3); gains at one.
    /// </summary>
    public override IEnumerable<ParameterSpec> Parameters()
    {
        var start = Initializer.Normal(InitializerRange);
        var residual = Initializer.Normal(InitializerRange / Math.Sqrt(2.0 * NumHiddenLayers));
        var (queries, keys) = (AttentionWidth, KeyValueHeads * HeadSize);
        yield return new("model.embed_tokens.weight", [VocabSize, HiddenSize], start, ParameterRole.Embedding);
        for (var layer = 0; layer < NumHiddenLayers; layer++)
        {
            var prefix = $"model.layers.{layer}.";
            foreach (var spec in (IEnumerable<ParameterSpec>)[
                Gain(prefix + "input_layernorm", HiddenSize),
                .. Affine(prefix + "self_attn.q_proj", queries, HiddenSize, start, AttentionBias),
                .. Affine(prefix + "self_attn.k_proj", keys, HiddenSize, start, AttentionBias),
                .. Affine(prefix + "self_attn.v_proj", keys, HiddenSize, start, AttentionBias),
                .. QkNorm ? [Gain(prefix + "self_attn.q_norm", HeadSize), Gain(prefix + "self_attn.k_norm", HeadSize)] : (ParameterSpec[])[],
                .. Affine(prefix + "self_attn.o_proj", HiddenSize, queries, residual, AttentionBias),
                Gain(prefix + "post_attention_layernorm", HiddenSize),
                .. Affine(prefix + "mlp.gate_proj", IntermediateSize, HiddenSize, start, MlpBias),
                .. Affine(prefix + "mlp.up_proj", IntermediateSize, HiddenSize, start, MlpBias),
                .. Affine(prefix + "mlp.down_proj", HiddenSize, IntermediateSize, residual, MlpBias)]) yield return spec;
        }
        yield return Gain("model.norm", HiddenSize);
        if (!TieWordEmbeddings) yield return new("lm_head.weight", [VocabSize, HiddenSize], start, ParameterRole.Head);
    }

    protected override IEnumerable<string> Faults()
    {
        var sizes = NotPositive(
            ("vocab_size", VocabSize), ("hidden_size", HiddenSize), ("num_hidden_layers", NumHiddenLayers), ("num_attention_heads", NumAttentionHeads),
            ("num_key_value_heads", KeyValueHeads), ("head_dim", HeadDim ?? 1), ("intermediate_size", IntermediateSize), ("max_position_embeddings", MaxPositionEmbeddings)).ToList();
        foreach (var fault in sizes) yield return fault;
        foreach (var fault in OutOfRange("rope_theta", RopeParameters.RopeTheta, v => v > 0, "above 0")) yield return fault;
        foreach (var fault in OutOfRange("rms_norm_eps", RmsNormEps, v => v >= 0, "0 or more")) yield return fault;
        foreach (var fault in OutOfRange("initializer_range", InitializerRange, v => v >= 0, "0 or more")) yield return fault;
        if (sizes.Count > 0) yield break;
        if (HeadDim is null && HiddenSize % NumAttentionHeads != 0) yield return $"hidden_size {HiddenSize} is not a multiple of num_attention_heads {NumAttentionHeads}.";
        else if (HeadSize % 2 != 0) yield return $"a head has {HeadSize} elements; rotary positions need an even number.";
        if ((long)NumAttentionHeads * HeadSize > int.MaxValue) yield return $"num_attention_heads {NumAttentionHeads} times the {HeadSize} elements of a head is above {int.MaxValue}.";
        foreach (var fault in RopeParameters.Faults(HeadSize)) yield return fault;
        if (NumAttentionHeads % KeyValueHeads != 0) yield return $"num_attention_heads {NumAttentionHeads} is not a multiple of num_key_value_heads {KeyValueHeads}.";
    }

    private static ParameterSpec Gain(string name, int width) => new($"{name}.weight", [width], Initializer.Ones, ParameterRole.Vector);

    private static ParameterSpec[] Affine(string name, int outputs, int inputs, Initializer initializer, bool bias)
    {
        var weight = new ParameterSpec($"{name}.weight", [outputs, inputs], initializer, ParameterRole.Matrix);
        return bias ? [weight, new($"{name}.bias", [outputs], Initializer.Zeros, ParameterRole.Vector)] : [weight];
    }

    public override CausalModel Build(Placement placement, ulong? seed) => new LlamaModel(this, placement, seed);

    public override JsonObject ToJson()
    {
        var json = CommonJson();
        if (!QkNorm) json["mlp_bias"] = MlpBias;
        return json;
    }

    private JsonObject CommonJson() => new()
    {
        ["architectures"] = new JsonArray(QkNorm ? "Qwen3ForCausalLM" : "LlamaForCausalLM"),
        ["model_type"] = ModelType,
        ["vocab_size"] = VocabSize,
        ["hidden_size"] = HiddenSize,
        ["num_hidden_layers"] = NumHiddenLayers,
        ["num_attention_heads"] = NumAttentionHeads,
        ["num_key_value_heads"] = KeyValueHeads,
        ["head_dim"] = HeadSize,
        ["intermediate_size"] = IntermediateSize,
        ["hidden_act"] = ActivationNames.Of(HiddenAct),
        ["max_position_embeddings"] = MaxPositionEmbeddings,
        // transformers 5 reads rope_parameters, older versions rope_theta.
        ["rope_parameters"] = RopeFields.ToJson(RopeParameters),
        ["rope_theta"] = RopeParameters.RopeTheta,
        ["rms_norm_eps"] = RmsNormEps,
        ["tie_word_embeddings"] = TieWordEmbeddings,
        ["attention_bias"] = AttentionBias,
        ["attention_dropout"] = AttentionDropout,
        ["initializer_range"] = InitializerRange,
        ["bos_token_id"] = BosTokenId,
        ["eos_token_id"] = EosToJson(),
        ["dtype"] = "float32",
    };

    // Slices in which the first program multiplied; where windows of attention would begin; the length of the training's sequences.
    private static readonly ConfigKey[] _withoutBearing = [.. ConfigKey.Counts(1, "pretraining_tp", "max_sequence_length"), .. ConfigKey.Counts(0, "max_window_layers")];

    internal static LlamaConfig FromJson(ConfigReader fields)
    {
        var isQwen3 = fields.Text("model_type") == "qwen3";
        var positions = fields.Integer("max_position_embeddings", isQwen3 ? 32768 : 2048);
        var config = new LlamaConfig
        {
            VocabSize = fields.Integer("vocab_size"),
            HiddenSize = fields.Integer("hidden_size"),
            NumHiddenLayers = fields.Integer("num_hidden_layers"),
            NumAttentionHeads = fields.Integer("num_attention_heads"),
            NumKeyValueHeads = fields.OptionalInteger("num_key_value_heads"),
            HeadDim = fields.OptionalInteger("head_dim") ?? (isQwen3 ? 128 : null),
            IntermediateSize = fields.Integer("intermediate_size"),
            HiddenAct = fields.Activation("hidden_act", ActivationKind.Silu),
            MaxPositionEmbeddings = positions,
            RopeParameters = RopeFields.Read(fields, positions),
            RmsNormEps = fields.Number("rms_norm_eps", 1e-6, min: 0),
            QkNorm = isQwen3,
            TieWordEmbeddings = fields.Flag("tie_word_embeddings", false),
            AttentionBias = fields.Flag("attention_bias", false),
            MlpBias = !isQwen3 && fields.Flag("mlp_bias", false),
            AttentionDropout = fields.Number("attention_dropout", 0, 0, 1),
            InitializerRange = fields.Number("initializer_range", 0.02, min: 0),
        };
        CheckWindows(fields, config, isQwen3);
        if (isQwen3) fields.Only("mlp_bias", "false");
        fields.Skip(_withoutBearing);
        return config;
    }

    /// <summary>Sliding windows are not built: settings that ask for one are refused, those that leave it off are not.</summary>
    private static void CheckWindows(ConfigReader fields, LlamaConfig config, bool hasSwitch)
    {
        var window = fields.OptionalInteger("sliding_window");
        if (hasSwitch ? fields.Flag("use_sliding_window", false) : window < config.MaxPositionEmbeddings)
            throw hasSwitch ? fields.Wrong("use_sliding_window", "false: Loquat does not build sliding windows") : fields.Wrong("sliding_window", "null: Loquat does not build sliding windows");
        if (!hasSwitch) fields.Only("use_sliding_window", "false");
        var kinds = fields.Texts("layer_types");
        if (kinds.Any(kind => kind != "full_attention")) throw fields.Wrong("layer_types", "full_attention for every layer: Loquat builds nothing else");
        if (kinds.Count > 0 && kinds.Count != config.NumHiddenLayers) throw fields.Wrong("layer_types", $"one of each of the {config.NumHiddenLayers} layers (num_hidden_layers)");
    }
}
