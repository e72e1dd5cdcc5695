using System.Text.Json.Nodes;
using Loquat.Layers;

namespace Loquat.Models.Llama;

/// <summary>
/// The Llama family (Touvron et al. 2023): rotary positions, RMS normalization, gated feed-forward, shared key and value
/// heads. <see cref="Variant"/> says which member it is, and with that which parts it has; the rest are settings.
/// </summary>
public sealed partial record LlamaConfig : ModelConfig
{
    /// <summary>The member of the family. Default: Llama.</summary>
    public LlamaVariant Variant { get; init; } = LlamaVariant.Llama;

    public required int HiddenSize { get; init; }

    public required int NumHiddenLayers { get; init; }

    public required int NumAttentionHeads { get; init; }

    /// <summary>Heads of keys and values; divides <see cref="NumAttentionHeads"/>. Default: as many.</summary>
    public int? NumKeyValueHeads { get; init; }

    /// <summary>Size of a head. Default: width / heads.</summary>
    public int? HeadDim { get; init; }

    /// <summary>Width of the feed-forward layer, or of one expert.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Activation of the gate.</summary>
    public ActivationKind HiddenAct { get; init; } = ActivationKind.Silu;

    public required int MaxPositionEmbeddings { get; init; }

    /// <summary>Rotary frequencies.</summary>
    public RopeParameters RopeParameters { get; init; } = new();

    /// <summary>Rotary frequencies of layers with a window. Default: those of the others.</summary>
    public RopeParameters? LocalRope { get; init; }

    /// <summary>Whether each layer rotates its queries and keys; empty: all do.</summary>
    public IReadOnlyList<bool> UsesRope { get; init; } = [];

    /// <summary>In layers with a window a token sees so many, itself included. 1 or more; null: no layer has a window.</summary>
    public int? SlidingWindow { get; init; }

    /// <summary>Whether each layer has the window; empty: all have.</summary>
    public IReadOnlyList<bool> IsSliding { get; init; } = [];

    public double RmsNormEps { get; init; } = 1e-6;

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

    /// <summary>Dropout of what each part adds to the residual stream, in training. 0 to 1.</summary>
    public double ResidPdrop { get; init; }

    /// <summary>Scores are divided by the root of this. Above 0. Default: the size of a head.</summary>
    public double? QueryPreAttnScalar { get; init; }

    /// <summary>Scores s become cap · tanh(s / cap). Above 0; null: they do not.</summary>
    public double? AttnLogitSoftcapping { get; init; }

    /// <summary>The same of the logits.</summary>
    public double? FinalLogitSoftcapping { get; init; }

    /// <summary>Experts of each layer, where there are any.</summary>
    public int NumLocalExperts { get; init; } = 8;

    /// <summary>Experts that a token passes through.</summary>
    public int NumExpertsPerTok { get; init; } = 2;

    /// <summary>Whether the loss holds the balance of the experts (Fedus et al. 2021, eq. 4), by <see cref="RouterAuxLossCoef"/>.</summary>
    public bool OutputRouterLogits { get; init; }

    /// <summary>Factor of the balance loss. 0 or more.</summary>
    public double RouterAuxLossCoef { get; init; } = 0.001;

    /// <summary>In training, what router and experts read is multiplied by noise from 1 - this to 1 + this. 0 to 1.</summary>
    public double RouterJitterNoise { get; init; }

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
            Variant = LlamaVariant.Qwen3,
            HiddenSize = width,
            NumHiddenLayers = layers,
            NumAttentionHeads = count,
            NumKeyValueHeads = count,
            HeadDim = count > 0 ? width / count : 1,
            IntermediateSize = (int)Math.Min(int.MaxValue, (width * 8L / 3 + 15) / 16 * 16),
            MaxPositionEmbeddings = context,
            TieWordEmbeddings = true,
        };
    }

    public override string ModelType => Traits.ModelType;

    public override int ContextLength => MaxPositionEmbeddings;

    public override int Layers => NumHiddenLayers;

    public override int Width => HiddenSize;

    public override bool TiesHead => TieWordEmbeddings;

    public override int AttentionWidth => NumAttentionHeads * HeadSize;

    public override string BasePrefix => "model.";

    public override IReadOnlyList<string> SavedTables => ["rotary_emb.inv_freq"];

    internal LlamaTraits Traits => LlamaTraits.Of(Variant);

    public override (int Heads, int HeadSize)? CachedKeys => (KeyValueHeads, HeadSize);

    internal int HeadSize => HeadDim ?? HiddenSize / NumAttentionHeads;

    internal int KeyValueHeads => NumKeyValueHeads ?? NumAttentionHeads;

    internal bool HasQkvBias => AttentionBias || Traits.QkvBias;

    /// <summary>Factor of the scores; null: 1 / √(head size).</summary>
    internal double? AttentionScale => QueryPreAttnScalar is { } scalar && scalar != HeadSize ? 1 / Math.Sqrt(scalar) : null;

    /// <summary>How many tokens a token of a layer sees, itself included; null: all before it.</summary>
    internal int? Window(int layer) => SlidingWindow is { } window && (IsSliding.Count == 0 || IsSliding[layer]) ? window : null;

    internal bool Rotates(int layer) => UsesRope.Count == 0 || UsesRope[layer];

    public override CausalModel Build(Placement placement, ulong? seed) => new LlamaModel(this, placement, seed);

    public override JsonObject ToJson() => LlamaJson.Write(this);

    public override long ProductsPerToken(int context) =>
        base.ProductsPerToken(context) - (Traits.Experts ? 3L * HiddenSize * IntermediateSize * (NumLocalExperts - NumExpertsPerTok) * NumHiddenLayers : 0);
}
