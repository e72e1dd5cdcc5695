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

    public int? BosTokenId { get; init; }

    public int? EosTokenId { get; init; }

    public override string ModelType => "gpt2";

    public override int ContextLength => NPositions;

    public override int Layers => NLayer;

    public override int Width => NEmbd;

    public override int AttentionWidth => NEmbd;

    public override bool TiesHead => true;

    internal int Inner => NInner ?? 4 * NEmbd;

    /// <summary>
    /// Matrices and embeddings start normal with <see cref="InitializerRange"/>; projections into the residual stream with
    /// that divided by √(2 · layers), so that the stream's variance does not grow with depth (GPT-2 paper, section 2.3).
    /// </summary>
    public override IReadOnlyList<ParameterSpec> Parameters()
    {
        var start = Initializer.Normal(InitializerRange);
        var residual = Initializer.Normal(InitializerRange / Math.Sqrt(2 * NLayer));
        var specs = new List<ParameterSpec>
        {
            new("transformer.wte.weight", [VocabSize, NEmbd], start, ParameterRole.Embedding),
            new("transformer.wpe.weight", [NPositions, NEmbd], start, ParameterRole.Embedding),
        };
        for (var layer = 0; layer < NLayer; layer++)
        {
            var prefix = $"transformer.h.{layer}.";
            Norm(prefix + "ln_1");
            Affine(prefix + "attn.c_attn", NEmbd, 3 * NEmbd, start);
            Affine(prefix + "attn.c_proj", NEmbd, NEmbd, residual);
            Norm(prefix + "ln_2");
            Affine(prefix + "mlp.c_fc", NEmbd, Inner, start);
            Affine(prefix + "mlp.c_proj", Inner, NEmbd, residual);
        }
        Norm("transformer.ln_f");
        return specs;

        void Norm(string name)
        {
            specs.Add(new($"{name}.weight", [NEmbd], Initializer.Ones, ParameterRole.Vector));
            specs.Add(new($"{name}.bias", [NEmbd], Initializer.Zeros, ParameterRole.Vector));
        }

        void Affine(string name, int inputs, int outputs, Initializer initializer)
        {
            specs.Add(new($"{name}.weight", [inputs, outputs], initializer, ParameterRole.Matrix));
            specs.Add(new($"{name}.bias", [outputs], Initializer.Zeros, ParameterRole.Vector));
        }
    }

    private protected override IEnumerable<string> Faults()
    {
        var sizes = NotPositive(("vocab_size", VocabSize), ("n_embd", NEmbd), ("n_layer", NLayer), ("n_head", NHead), ("n_positions", NPositions), ("n_inner", NInner ?? 1)).ToList();
        foreach (var fault in sizes) yield return fault;
        foreach (var (name, drop) in (IEnumerable<(string, double)>)[("embd_pdrop", EmbdPdrop), ("attn_pdrop", AttnPdrop), ("resid_pdrop", ResidPdrop)])
            foreach (var fault in OutOfRange(name, drop, v => v is >= 0 and <= 1, "0 to 1")) yield return fault;
        foreach (var fault in OutOfRange("layer_norm_epsilon", LayerNormEpsilon, v => v >= 0, "0 or more")) yield return fault;
        foreach (var fault in OutOfRange("initializer_range", InitializerRange, v => v >= 0, "0 or more")) yield return fault;
        if (sizes.Count == 0 && NEmbd % NHead != 0) yield return $"n_embd {NEmbd} is not a multiple of n_head {NHead}.";
    }

    public override CausalModel Build(Placement placement, ulong seed) => new Gpt2Model(this, placement, seed);

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
        ["activation_function"] = "gelu_new",
        ["layer_norm_epsilon"] = LayerNormEpsilon,
        ["initializer_range"] = InitializerRange,
        ["embd_pdrop"] = EmbdPdrop,
        ["attn_pdrop"] = AttnPdrop,
        ["resid_pdrop"] = ResidPdrop,
        ["bos_token_id"] = BosTokenId,
        ["eos_token_id"] = EosTokenId,
        ["tie_word_embeddings"] = true,
        ["dtype"] = "float32",
    };

    internal static Gpt2Config FromJson(ConfigReader fields)
    {
        var config = new Gpt2Config
        {
            VocabSize = fields.Integer("vocab_size"),
            NEmbd = fields.Integer("n_embd"),
            NLayer = fields.Integer("n_layer"),
            NHead = fields.Integer("n_head"),
            NPositions = fields.Integer("n_positions", 1024),
            NInner = fields.Id("n_inner"),
            ActivationFunction = fields.Activation("activation_function", "gelu_new"),
            LayerNormEpsilon = fields.Number("layer_norm_epsilon", 1e-5),
            InitializerRange = fields.Number("initializer_range", 0.02),
            EmbdPdrop = fields.Number("embd_pdrop", 0.1),
            AttnPdrop = fields.Number("attn_pdrop", 0.1),
            ResidPdrop = fields.Number("resid_pdrop", 0.1),
            BosTokenId = fields.Id("bos_token_id"),
            EosTokenId = fields.Id("eos_token_id"),
        };
        if (config.NEmbd % config.NHead != 0) throw fields.Fault($"n_embd {config.NEmbd} is not a multiple of n_head {config.NHead}.");
        if (!fields.Flag("tie_word_embeddings", true)) throw fields.Fault("tie_word_embeddings is false; GPT-2's head is its embedding.");
        if (fields.Flag("scale_attn_by_inverse_layer_idx", false)) throw fields.Fault("scale_attn_by_inverse_layer_idx is not known to Loquat.");
        return config;
    }
}
