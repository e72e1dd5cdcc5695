using System.Text.Json.Nodes;
using Loquat.Layers;
using Loquat.Models.Heads;

namespace Loquat.Models.ModernBert;

/// <summary>ModernBERT (Warner et al. 2024) under the names of its `config.json`: rotary positions, gated feed-forward, a normalization before each part, attention to all tokens in some layers and to those nearby in the others.</summary>
public sealed record ModernBertConfig : EncoderConfig
{
    public required int HiddenSize { get; init; }

    public required int NumHiddenLayers { get; init; }

    public required int NumAttentionHeads { get; init; }

    /// <summary>Width of the gated unit.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Activation of the gate.</summary>
    public ActivationKind HiddenActivation { get; init; } = ActivationKind.Gelu;

    public int MaxPositionEmbeddings { get; init; } = 8192;

    /// <summary>For each layer, whether attention goes to tokens nearby only. Default: all but every third.</summary>
    public required IReadOnlyList<bool> IsLocal { get; init => field = new ConfigList<bool>(value); }

    /// <summary>Tokens that local attention spans, half of them on either side.</summary>
    public int LocalAttention { get; init; } = 128;

    /// <summary>Rotary frequencies of layers that attend to all.</summary>
    public RopeParameters GlobalRope { get; init; } = new() { RopeTheta = 160_000 };

    /// <summary>Rotary frequencies of the others.</summary>
    public RopeParameters LocalRope { get; init; } = new() { RopeTheta = 10_000 };

    public double NormEps { get; init; } = 1e-5;

    /// <summary>Normalizations have a bias. Default: false.</summary>
    public bool NormBias { get; init; }

    /// <summary>Projections of attention have biases. Default: false.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Projections of the feed-forward layer have biases. Default: false.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Standard deviation of matrices and embeddings at the start, which end at <see cref="InitializerCutoffFactor"/> times it.</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>0.1 or more. Default: 2.</summary>
    public double InitializerCutoffFactor { get; init; } = 2;

    public double EmbeddingDropout { get; init; }

    public double AttentionDropout { get; init; }

    public double MlpDropout { get; init; }

    public double ClassifierDropout { get; init; }

    /// <summary>Which state stands for a row. Default: that of the first token.</summary>
    public RowState ClassifierPooling { get; init; }

    public ActivationKind ClassifierActivation { get; init; } = ActivationKind.Gelu;

    /// <summary>The transform of heads has a bias. Default: false.</summary>
    public bool ClassifierBias { get; init; }

    /// <summary>The projection to the vocabulary has a bias. Default: true.</summary>
    public bool DecoderBias { get; init; } = true;

    public bool TieWordEmbeddings { get; init; } = true;

    public override string ModelType => "modernbert";

    public override int ContextLength => MaxPositionEmbeddings;

    public override int Layers => NumHiddenLayers;

    public override int Width => HiddenSize;

    public override int AttentionWidth => HiddenSize;

    public override bool TiesHead => TieWordEmbeddings && Head == HeadKind.MaskedLanguage;

    public override string BasePrefix => "model.";

    public override IReadOnlyList<string> HeadPrefixes => ["head.", "decoder.", "classifier."];

    public override IReadOnlyList<string> SavedTables => ["inv_freq"];

    protected internal override string ClassName => "ModernBert";

    protected internal override IReadOnlyList<(HeadKind Kind, string Suffix)> Heads => _heads;

    private static readonly (HeadKind, string)[] _heads =
    [
        (HeadKind.None, "Model"), (HeadKind.MaskedLanguage, "ForMaskedLM"), (HeadKind.SequenceClassification, "ForSequenceClassification"),
        (HeadKind.TokenClassification, "ForTokenClassification"), (HeadKind.QuestionAnswering, "ForQuestionAnswering"),
    ];

    internal const string TokenTable = "model.embeddings.tok_embeddings.weight";

    internal int HeadSize => HiddenSize / NumAttentionHeads;

    protected override Initializer HeadStart => Out;

    private Initializer In => Start(InitializerRange);

    private Initializer Out => Start(InitializerRange / Math.Sqrt(2.0 * NumHiddenLayers));

    private Initializer Start(double deviation) => Initializer.TruncatedNormal(deviation, InitializerCutoffFactor);

    public override IReadOnlyList<HeadPart> Parts(HeadKind kind)
    {
        var transform = new HeadTransform("head.dense", HiddenSize, HiddenSize, ClassifierActivation) { Bias = ClassifierBias, Norm = "head.norm", NormBias = NormBias, NormEpsilon = NormEps };
        var output = Start(1 / Math.Sqrt(Math.Max(1, HiddenSize)));
        return kind switch
        {
            HeadKind.None => [],
            HeadKind.MaskedLanguage => [new VocabularyPart(TieWordEmbeddings ? TokenTable : "decoder.weight", VocabSize, HiddenSize)
            {
                Transform = transform,
                Bias = DecoderBias ? "decoder.bias" : null,
                OwnsWeight = !TieWordEmbeddings,
                WeightAlias = "decoder.weight",
            }],
            HeadKind.SequenceClassification => [new RowPart("classifier", HiddenSize, Labels.Count) { Transform = transform, State = ClassifierPooling, Dropout = ClassifierDropout, Problem = ProblemType, OutputStart = output }],
            HeadKind.TokenClassification => [new TokenPart(TokenLabels.Classes, "classifier", HiddenSize, Labels.Count) { Transform = transform, Dropout = ClassifierDropout, OutputStart = output }],
            HeadKind.QuestionAnswering => [new TokenPart(TokenLabels.Span, "classifier", HiddenSize, 2) { Transform = transform, Dropout = ClassifierDropout, OutputStart = output }],
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
        };
    }

    /// <summary>Normal, cut off; projections into the residual stream and the transform of heads with the deviation divided by √(2 · layers) (the paper, section 2.2.2).</summary>
    public override IEnumerable<ParameterSpec> Parameters()
    {
        yield return new(TokenTable, [VocabSize, HiddenSize], In, ParameterRole.Embedding);
        foreach (var spec in Norm("model.embeddings.norm", HiddenSize, NormBias)) yield return spec;
        for (var layer = 0; layer < NumHiddenLayers; layer++)
        {
            var prefix = $"model.layers.{layer}.";
            foreach (var spec in (IEnumerable<ParameterSpec>)[
                .. layer == 0 ? [] : Norm(prefix + "attn_norm", HiddenSize, NormBias),   // the tables' own has just been applied
                .. Affine(prefix + "attn.Wqkv", 3 * HiddenSize, HiddenSize, In, AttentionBias),
                .. Affine(prefix + "attn.Wo", HiddenSize, HiddenSize, Out, AttentionBias),
                .. Norm(prefix + "mlp_norm", HiddenSize, NormBias),
                .. Affine(prefix + "mlp.Wi", 2 * IntermediateSize, HiddenSize, In, MlpBias),
                .. Affine(prefix + "mlp.Wo", HiddenSize, IntermediateSize, Out, MlpBias)]) yield return spec;
        }
        foreach (var spec in Norm("model.final_norm", HiddenSize, NormBias)) yield return spec;
        foreach (var spec in HeadParameters()) yield return spec;
    }

    protected override IEnumerable<string> Faults()
    {
        var sizes = NotPositive(
            ("vocab_size", VocabSize), ("hidden_size", HiddenSize), ("num_hidden_layers", NumHiddenLayers), ("num_attention_heads", NumAttentionHeads), ("intermediate_size", IntermediateSize),
            ("max_position_embeddings", MaxPositionEmbeddings), ("local_attention", LocalAttention)).ToList();
        foreach (var fault in sizes) yield return fault;
        foreach (var fault in OutOfRange("norm_eps", NormEps, v => v >= 0, "0 or more")) yield return fault;
        foreach (var fault in OutOfRange("initializer_range", InitializerRange, v => v >= 0, "0 or more")) yield return fault;
        foreach (var fault in OutOfRange("initializer_cutoff_factor", InitializerCutoffFactor, v => v >= 0.1, "0.1 or more")) yield return fault;
        foreach (var (name, drop) in (IEnumerable<(string, double)>)[("embedding_dropout", EmbeddingDropout), ("attention_dropout", AttentionDropout), ("mlp_dropout", MlpDropout), ("classifier_dropout", ClassifierDropout)])
            foreach (var fault in OutOfRange(name, drop, v => v is >= 0 and <= 1, "0 to 1")) yield return fault;
        foreach (var fault in HeadFaults()) yield return fault;
        if (sizes.Count > 0) yield break;
        if (IsLocal.Count != NumHiddenLayers) yield return $"layer_types has {IsLocal.Count} kinds; there are {NumHiddenLayers} layers (num_hidden_layers).";
        if (IntermediateSize > int.MaxValue / 2) yield return $"intermediate_size {IntermediateSize} is above {int.MaxValue / 2}.";
        if (HiddenSize % NumAttentionHeads != 0) yield return $"hidden_size {HiddenSize} is not a multiple of num_attention_heads {NumAttentionHeads}.";
        else if (HeadSize % 2 != 0) yield return $"a head has {HeadSize} elements; rotary positions need an even number.";
        foreach (var fault in GlobalRope.Faults(HeadSize).Concat(LocalRope.Faults(HeadSize))) yield return fault;
    }

    public override EncoderModel Build(Placement placement, ulong? seed) => new ModernBertModel(this, placement, seed);

    public override JsonObject ToJson()
    {
        var json = ModernBertJson.Write(this);
        AddHead(json);
        (json["bos_token_id"], json["eos_token_id"]) = (BosTokenId, EosToJson());
        return json;
    }

    /// <summary>This configuration with what a `config.json` says of its head.</summary>
    internal ModernBertConfig WithHeadOf(ConfigReader fields, int? padTokenId) => (ModernBertConfig)WithHead(fields, padTokenId);
}
