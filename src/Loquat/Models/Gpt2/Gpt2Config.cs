using System.Text.Json.Nodes;
using Loquat.Layers;

namespace Loquat.Models.Gpt2;

/// <summary>GPT-2 (Radford et al. 2019) under the names of its `config.json`.</summary>
public sealed record Gpt2Config : ModelConfig
{
    /// <summary>Width.</summary>
    public required int NEmbd { get; init; }

    public required int NLayer { get; init; }

    public required int NHead { get; init; }

    /// <summary>The longest sequence: learned positions.</summary>
    public required int NPositions { get; init; }

    /// <summary>Width of the feed-forward layer. Default: 4 × width.</summary>
    public int? NInner { get; init; }

    public ActivationKind ActivationFunction { get; init; } = ActivationKind.GeluNew;

    public double LayerNormEpsilon { get; init; } = 1e-5;

    /// <summary>Standard deviation of matrices and embeddings at the start.</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Dropout after the embedding, of attention weights, and on what layers add. 0 to 1.</summary>
    public double EmbdPdrop { get; init; }

    public double AttnPdrop { get; init; }

    public double ResidPdrop { get; init; }

    /// <summary>Divide the scores of attention by √(head size). Default: true.</summary>
    public bool ScaleAttnWeights { get; init; } = true;

    /// <summary>Divide them by the layer's number too, from 1 (Mistral's GPT-2 runs). Default: false.</summary>
    public bool ScaleAttnByInverseLayerIdx { get; init; }

    /// <summary>The head is the embedding itself. Default: true.</summary>
    public bool TieWordEmbeddings { get; init; } = true;

    public override string ModelType => "gpt2";

    public override int ContextLength => NPositions;

    public override int Layers => NLayer;

    public override int Width => NEmbd;

    public override int AttentionWidth => NEmbd;

    public override bool TiesHead => TieWordEmbeddings;

    public override string BasePrefix => "transformer.";

    public override IReadOnlyList<string> SavedTables => [".attn.bias", ".attn.masked_bias"];

    public override bool KeepsInputsFirst => true;

    public override (int Heads, int HeadSize)? CachedKeys => (NHead, NEmbd / NHead);

    internal int Inner => NInner ?? 4 * NEmbd;

    /// <summary>Whether every layer's scores are divided by √(head size), as usual.</summary>
    internal bool ScalesPlainly => ScaleAttnWeights && !ScaleAttnByInverseLayerIdx;

    /// <summary>Factor of the scores of a layer's attention.</summary>
    internal double AttentionScale(int layer) => (ScaleAttnWeights ? 1 / Math.Sqrt(NEmbd / NHead) : 1) / (ScaleAttnByInverseLayerIdx ? layer + 1 : 1);

    /// <summary>
    /// Matrices and embeddings start normal with <see cref="InitializerRange"/>; projections into the residual stream with
    /// that divided by √(2 · layers), so that the stream's variance does not grow with depth (GPT-2 paper, section 2.3).
    /// </summary>
    public override IEnumerable<ParameterSpec> Parameters()
    {
        var start = Initializer.Normal(InitializerRange);
        var residual = Initializer.Normal(InitializerRange / Math.Sqrt(2.0 * NLayer));
        yield return new("transformer.wte.weight", [VocabSize, NEmbd], start, ParameterRole.Embedding);
        yield return new("transformer.wpe.weight", [NPositions, NEmbd], start, ParameterRole.Embedding);
        for (var layer = 0; layer < NLayer; layer++)
        {
            var prefix = $"transformer.h.{layer}.";
            foreach (var spec in (IEnumerable<ParameterSpec>)[
                .. Norm(prefix + "ln_1", NEmbd),
                .. Conv1D(prefix + "attn.c_attn", NEmbd, 3L * NEmbd, start),
                .. Conv1D(prefix + "attn.c_proj", NEmbd, NEmbd, residual),
                .. Norm(prefix + "ln_2", NEmbd),
                .. Conv1D(prefix + "mlp.c_fc", NEmbd, Inner, start),
                .. Conv1D(prefix + "mlp.c_proj", Inner, NEmbd, residual)]) yield return spec;
        }
        foreach (var spec in Norm("transformer.ln_f", NEmbd)) yield return spec;
        if (!TieWordEmbeddings) yield return new("lm_head.weight", [VocabSize, NEmbd], start, ParameterRole.Head);
    }

    protected override IEnumerable<string> Faults()
    {
        var sizes = NotPositive(("vocab_size", VocabSize), ("n_embd", NEmbd), ("n_layer", NLayer), ("n_head", NHead), ("n_positions", NPositions), ("n_inner", NInner ?? 1)).ToList();
        foreach (var fault in sizes) yield return fault;
        foreach (var (name, drop) in (IEnumerable<(string, double)>)[("embd_pdrop", EmbdPdrop), ("attn_pdrop", AttnPdrop), ("resid_pdrop", ResidPdrop)])
            foreach (var fault in OutOfRange(name, drop, v => v is >= 0 and <= 1, "0 to 1")) yield return fault;
        foreach (var fault in OutOfRange("layer_norm_epsilon", LayerNormEpsilon, v => v >= 0, "0 or more")) yield return fault;
        foreach (var fault in OutOfRange("initializer_range", InitializerRange, v => v >= 0, "0 or more")) yield return fault;
        if (NInner is null && NEmbd > int.MaxValue / 4) yield return $"n_embd {NEmbd} is above {int.MaxValue / 4}, and there is no n_inner.";
        if (sizes.Count == 0 && NEmbd % NHead != 0) yield return $"n_embd {NEmbd} is not a multiple of n_head {NHead}.";
    }

    /// <summary>An affine map whose matrix is kept transposed, as GPT-2's files have it.</summary>
    private static ParameterSpec[] Conv1D(string name, long inputs, long outputs, Initializer initializer) =>
    [
        new($"{name}.weight", [inputs, outputs], initializer, ParameterRole.Matrix),
        new($"{name}.bias", [outputs], Initializer.Zeros, ParameterRole.Vector),
    ];

    public override CausalModel Build(Placement placement, ulong? seed) => new Gpt2Model(this, placement, seed);

    public override JsonObject ToJson() => new()
    {
        ["architectures"] = new JsonArray("GPT2LMHeadModel"),
        ["model_type"] = ModelType,
        ["vocab_size"] = VocabSize,
        ["n_embd"] = NEmbd,
        ["n_layer"] = NLayer,
        ["n_head"] = NHead,
        ["n_positions"] = NPositions,
        ["n_inner"] = NInner,
        ["activation_function"] = ActivationNames.Of(ActivationFunction),
        ["layer_norm_epsilon"] = LayerNormEpsilon,
        ["initializer_range"] = InitializerRange,
        ["embd_pdrop"] = EmbdPdrop,
        ["attn_pdrop"] = AttnPdrop,
        ["resid_pdrop"] = ResidPdrop,
        ["bos_token_id"] = BosTokenId,
        ["eos_token_id"] = EosToJson(),
        ["scale_attn_weights"] = ScaleAttnWeights,
        ["scale_attn_by_inverse_layer_idx"] = ScaleAttnByInverseLayerIdx,
        ["tie_word_embeddings"] = TieWordEmbeddings,
        ["dtype"] = "float32",
    };

    // Heads of classification, which have no part in writing; the length of the mask that older files hold.
    private static readonly ConfigKey[] _withoutBearing =
    [
        .. ConfigKey.Flags("reorder_and_upcast_attn", "summary_use_proj", "summary_proj_to_labels", "predict_special_tokens"),
        .. ConfigKey.Texts("summary_type", "summary_activation"),
        .. ConfigKey.Numbers("summary_first_dropout"),
    ];

    internal static Gpt2Config FromJson(ConfigReader fields)
    {
        var config = new Gpt2Config
        {
            VocabSize = fields.Integer("vocab_size"),
            NEmbd = fields.Integer("n_embd"),
            NLayer = fields.Integer("n_layer"),
            NHead = fields.Integer("n_head"),
            NPositions = fields.Integer("n_positions", 1024),
            NInner = fields.OptionalInteger("n_inner"),
            ActivationFunction = fields.Activation("activation_function", ActivationKind.GeluNew),
            LayerNormEpsilon = fields.Number("layer_norm_epsilon", 1e-5, min: 0),
            InitializerRange = fields.Number("initializer_range", 0.02, min: 0),
            EmbdPdrop = fields.Number("embd_pdrop", 0.1, 0, 1),
            AttnPdrop = fields.Number("attn_pdrop", 0.1, 0, 1),
            ResidPdrop = fields.Number("resid_pdrop", 0.1, 0, 1),
            ScaleAttnWeights = fields.Flag("scale_attn_weights", true),
            ScaleAttnByInverseLayerIdx = fields.Flag("scale_attn_by_inverse_layer_idx", false),
            TieWordEmbeddings = fields.Flag("tie_word_embeddings", true),
        };
        fields.Only("n_ctx", $"{config.NPositions}");
        fields.Skip(_withoutBearing);
        return config;
    }
}
