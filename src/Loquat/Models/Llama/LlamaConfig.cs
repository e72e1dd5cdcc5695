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

    /// <summary>Base of the rotary wavelengths.</summary>
    public double RopeTheta { get; init; } = 10000;

    public double RmsNormEps { get; init; } = 1e-6;

    /// <summary>Normalize each query and key head before the rotation.</summary>
    public bool QkNorm { get; init; }

    /// <summary>The head is the embedding itself.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Standard deviation of matrices and embeddings at the start.</summary>
    public double InitializerRange { get; init; } = 0.02;

    public int? BosTokenId { get; init; }

    public int? EosTokenId { get; init; }

    public override string ModelType => QkNorm ? "qwen3" : "llama";

    public override int ContextLength => MaxPositionEmbeddings;

    public override int Layers => NumHiddenLayers;

    public override int Width => HiddenSize;

    public override bool TiesHead => TieWordEmbeddings;

    public override int AttentionWidth => NumAttentionHeads * HeadSize;

    internal int HeadSize => HeadDim ?? HiddenSize / NumAttentionHeads;

    internal int KeyValueHeads => NumKeyValueHeads ?? NumAttentionHeads;

    /// <summary>
    /// Matrices and embeddings start normal with <see cref="InitializerRange"/>; projections into the residual stream with
    /// that divided by √(2 · layers) (GPT-2 paper, section 2.3); gains at one.
    /// </summary>
    public override IReadOnlyList<ParameterSpec> Parameters()
    {
        var start = Initializer.Normal(InitializerRange);
        var residual = Initializer.Normal(InitializerRange / Math.Sqrt(2 * NumHiddenLayers));
        var (queries, keys) = (AttentionWidth, KeyValueHeads * HeadSize);
        var specs = new List<ParameterSpec> { new("model.embed_tokens.weight", [VocabSize, HiddenSize], start, ParameterRole.Embedding) };
        for (var layer = 0; layer < NumHiddenLayers; layer++)
        {
            var prefix = $"model.layers.{layer}.";
            Gain(prefix + "input_layernorm", HiddenSize);
            Matrix(prefix + "self_attn.q_proj", queries, HiddenSize, start);
            Matrix(prefix + "self_attn.k_proj", keys, HiddenSize, start);
            Matrix(prefix + "self_attn.v_proj", keys, HiddenSize, start);
            if (QkNorm)
            {
                Gain(prefix + "self_attn.q_norm", HeadSize);
                Gain(prefix + "self_attn.k_norm", HeadSize);
            }
            Matrix(prefix + "self_attn.o_proj", HiddenSize, queries, residual);
            Gain(prefix + "post_attention_layernorm", HiddenSize);
            Matrix(prefix + "mlp.gate_proj", IntermediateSize, HiddenSize, start);
            Matrix(prefix + "mlp.up_proj", IntermediateSize, HiddenSize, start);
            Matrix(prefix + "mlp.down_proj", HiddenSize, IntermediateSize, residual);
        }
        Gain("model.norm", HiddenSize);
        if (!TieWordEmbeddings) specs.Add(new("lm_head.weight", [VocabSize, HiddenSize], start, ParameterRole.Head));
        return specs;

        void Gain(string name, int width) => specs.Add(new($"{name}.weight", [width], Initializer.Ones, ParameterRole.Vector));

        void Matrix(string name, int outputs, int inputs, Initializer initializer) =>
            specs.Add(new($"{name}.weight", [outputs, inputs], initializer, ParameterRole.Matrix));
    }

    private protected override IEnumerable<string> Faults()
    {
        var sizes = NotPositive(
            ("vocab_size", VocabSize), ("hidden_size", HiddenSize), ("num_hidden_layers", NumHiddenLayers), ("num_attention_heads", NumAttentionHeads),
            ("num_key_value_heads", KeyValueHeads), ("head_dim", HeadDim ?? 1), ("intermediate_size", IntermediateSize), ("max_position_embeddings", MaxPositionEmbeddings)).ToList();
        foreach (var fault in sizes) yield return fault;
        foreach (var fault in OutOfRange("rope_theta", RopeTheta, v => v > 0, "above 0")) yield return fault;
        foreach (var fault in OutOfRange("rms_norm_eps", RmsNormEps, v => v >= 0, "0 or more")) yield return fault;
        foreach (var fault in OutOfRange("initializer_range", InitializerRange, v => v >= 0, "0 or more")) yield return fault;
        if (sizes.Count > 0) yield break;
        if (HeadDim is null && HiddenSize % NumAttentionHeads != 0) yield return $"hidden_size {HiddenSize} is not a multiple of num_attention_heads {NumAttentionHeads}.";
        else if (HeadSize % 2 != 0) yield return $"a head has {HeadSize} elements; rotary positions need an even number.";
        if (NumAttentionHeads % KeyValueHeads != 0) yield return $"num_attention_heads {NumAttentionHeads} is not a multiple of num_key_value_heads {KeyValueHeads}.";
    }

    public override CausalModel Build(Placement placement, ulong seed) => new LlamaModel(this, placement, seed);

    public override JsonObject ToJson() => new()
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
        ["hidden_act"] = HiddenAct switch { ActivationKind.GeluNew => "gelu_new", ActivationKind.Relu2 => "relu2", _ => "silu" },
        ["max_position_embeddings"] = MaxPositionEmbeddings,
        // transformers 5 reads rope_parameters, older versions rope_theta.
        ["rope_parameters"] = new JsonObject { ["rope_theta"] = RopeTheta, ["rope_type"] = "default" },
        ["rope_theta"] = RopeTheta,
        ["rms_norm_eps"] = RmsNormEps,
        ["tie_word_embeddings"] = TieWordEmbeddings,
        ["attention_bias"] = false,
        ["initializer_range"] = InitializerRange,
        ["bos_token_id"] = BosTokenId,
        ["eos_token_id"] = EosTokenId,
        ["dtype"] = "float32",
    };

    internal static LlamaConfig FromJson(ConfigReader fields)
    {
        var config = new LlamaConfig
        {
            VocabSize = fields.Integer("vocab_size"),
            HiddenSize = fields.Integer("hidden_size"),
            NumHiddenLayers = fields.Integer("num_hidden_layers"),
            NumAttentionHeads = fields.Integer("num_attention_heads"),
            NumKeyValueHeads = fields.Id("num_key_value_heads"),
            HeadDim = fields.Id("head_dim"),
            IntermediateSize = fields.Integer("intermediate_size"),
            HiddenAct = fields.Activation("hidden_act", "silu"),
            MaxPositionEmbeddings = fields.Integer("max_position_embeddings", 2048),
            RopeTheta = fields.RopeTheta(10000),
            RmsNormEps = fields.Number("rms_norm_eps", 1e-6),
            QkNorm = fields.Text("model_type") == "qwen3",
            TieWordEmbeddings = fields.Flag("tie_word_embeddings", false),
            InitializerRange = fields.Number("initializer_range", 0.02),
            BosTokenId = fields.Id("bos_token_id"),
            EosTokenId = fields.Id("eos_token_id"),
        };
        if (config.NumAttentionHeads % config.KeyValueHeads != 0)
            throw fields.Fault($"num_attention_heads {config.NumAttentionHeads} is not a multiple of num_key_value_heads {config.KeyValueHeads}.");
        if (config.HeadSize % 2 != 0) throw fields.Fault($"head_dim {config.HeadSize} is odd; rotary positions need an even one.");
        if (fields.Flag("attention_bias", false) || fields.Flag("mlp_bias", false)) throw fields.Fault("attention_bias and mlp_bias must be false.");
        if (fields.Flag("use_sliding_window", false)) throw fields.Fault("use_sliding_window must be false.");
        return config;
    }
}
