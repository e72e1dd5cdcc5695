using System.Text.Json.Nodes;
using Loquat.Layers;
using Loquat.Models.Heads;

namespace Loquat.Models.Bert;

/// <summary>BERT and the encoders of its layers (<see cref="BertVariant"/>), under the names of BERT's `config.json`.</summary>
public sealed record BertConfig : EncoderConfig
{
    public BertVariant Variant { get; init; }

    public required int HiddenSize { get; init; }

    public required int NumHiddenLayers { get; init; }

    public required int NumAttentionHeads { get; init; }

    /// <summary>Width of the feed-forward layer.</summary>
    public required int IntermediateSize { get; init; }

    public ActivationKind HiddenAct { get; init; } = ActivationKind.Gelu;

    /// <summary>Rows of the table of positions. RoBERTa's first ones are not used, up to that of the token of padding.</summary>
    public int MaxPositionEmbeddings { get; init; } = 512;

    /// <summary>Texts that a token may belong to. DistilBERT has none of it.</summary>
    public int TypeVocabSize { get; init; } = 2;

    /// <summary>Width of the tables. Default: that of the layers.</summary>
    public int? EmbeddingSize { get; init; }

    public double LayerNormEps { get; init; } = 1e-12;

    /// <summary>Standard deviation of matrices and embeddings at the start.</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Dropout after the tables and of what layers add. 0 to 1.</summary>
    public double HiddenDropoutProb { get; init; }

    /// <summary>Dropout of attention weights. 0 to 1.</summary>
    public double AttentionProbsDropoutProb { get; init; }

    /// <summary>Dropout in heads of classes: `classifier_dropout`, DistilBERT's `seq_classif_dropout`. Null: as <see cref="HiddenDropoutProb"/>.</summary>
    public double? ClassifierDropout { get; init; }

    /// <summary>DistilBERT: dropout before the last layer of question answering.</summary>
    public double QaDropout { get; init; }

    /// <summary>DistilBERT: the table of positions is made of sines and cosines and not trained.</summary>
    public bool SinusoidalPosEmbds { get; init; }

    /// <summary>The projection of masked words is the table of tokens. Default: true.</summary>
    public bool TieWordEmbeddings { get; init; } = true;

    /// <summary>A base model without a head has the pooler that BERT and RoBERTa were trained with. Default: true; false where a file lacks it.</summary>
    public bool HasPooler { get; init; } = true;

    /// <summary>An untied projection has a bias under its own name, as newer files hold it. Default: true.</summary>
    internal bool OwnDecoderBias { get; init; } = true;

    internal BertNames Names => BertNames.Of(Variant);

    public override string ModelType => Names.ModelType;

    /// <summary>Positions of RoBERTa begin after that of padding.</summary>
    internal int FirstPosition => Variant is BertVariant.Roberta or BertVariant.XlmRoberta ? (PadTokenId ?? 0) + 1 : 0;

    public override int ContextLength => MaxPositionEmbeddings - FirstPosition;

    public override int Layers => NumHiddenLayers;

    public override int Width => HiddenSize;

    public override int AttentionWidth => HiddenSize;

    public override int TokenTypes => Variant == BertVariant.DistilBert ? 0 : TypeVocabSize;

    public override bool TiesHead => TieWordEmbeddings && Head is HeadKind.MaskedLanguage or HeadKind.Pretraining;

    public override string BasePrefix => Names.Base;

    public override IReadOnlyList<string> HeadPrefixes => BertHeads.Prefixes;

    public override IReadOnlyList<string> SavedTables => ["embeddings.position_ids", "embeddings.token_type_ids"];

    protected internal override string ClassName => Names.ClassName;

    protected internal override IReadOnlyList<(HeadKind Kind, string Suffix)> Heads => BertHeads.Of(Variant);

    internal int TableWidth => EmbeddingSize ?? HiddenSize;

    internal string TokenTable => $"{Names.Base}embeddings.word_embeddings.weight";

    internal string Layer(int layer) => $"{Names.Base}{Names.Layer}{layer}.";

    protected override Initializer HeadStart => Initializer.Normal(InitializerRange);

    public override IReadOnlyList<HeadPart> Parts(HeadKind kind) => BertHeads.Parts(this, kind);

    // The first programs called the gain gamma and the bias beta.
    public override string Renamed(string name) =>
        name.EndsWith("LayerNorm.gamma", StringComparison.Ordinal) ? name[..^5] + "weight" : name.EndsWith("LayerNorm.beta", StringComparison.Ordinal) ? name[..^4] + "bias" : name;

    public override IEnumerable<string> OtherHeads => base.OtherHeads.Concat([$"{BasePrefix}pooler.dense.weight", $"{BasePrefix}pooler.dense.bias", .. BertHeads.UnusedBiases]);

    public override ModelConfig For(IReadOnlyCollection<string> names) => this with
    {
        HasPooler = names.Contains($"{BasePrefix}pooler.dense.weight"),
        OwnDecoderBias = BertHeads.UnusedBiases.Any(bias => names.Contains(BertHeads.DecoderBias(bias))),
    };

    /// <summary>All matrices and tables start normal with <see cref="InitializerRange"/> (BERT's published program), gains at one, biases at zero.</summary>
    public override IEnumerable<ParameterSpec> Parameters()
    {
        var start = Initializer.Normal(InitializerRange);
        var tables = $"{Names.Base}embeddings.";
        yield return new(TokenTable, [VocabSize, TableWidth], start, ParameterRole.Embedding);
        // A table that is not trained must not decay either.
        yield return SinusoidalPosEmbds
            ? new(tables + "position_embeddings.weight", [MaxPositionEmbeddings, TableWidth], Initializer.Sinusoidal(TableWidth), ParameterRole.Vector)
            : new(tables + "position_embeddings.weight", [MaxPositionEmbeddings, TableWidth], start, ParameterRole.Embedding);
        if (TokenTypes > 0) yield return new(tables + "token_type_embeddings.weight", [TokenTypes, TableWidth], start, ParameterRole.Embedding);
        foreach (var spec in Norm(tables + "LayerNorm", TableWidth)) yield return spec;
        if (TableWidth != HiddenSize)
            foreach (var spec in Affine($"{Names.Base}embeddings_project", HiddenSize, TableWidth, start)) yield return spec;
        for (var layer = 0; layer < NumHiddenLayers; layer++)
        {
            var (prefix, names) = (Layer(layer), Names);
            foreach (var spec in (IEnumerable<ParameterSpec>)[
                .. Affine(prefix + names.Query, HiddenSize, HiddenSize, start),
                .. Affine(prefix + names.Key, HiddenSize, HiddenSize, start),
                .. Affine(prefix + names.Value, HiddenSize, HiddenSize, start),
                .. Affine(prefix + names.Out, HiddenSize, HiddenSize, start),
                .. Norm(prefix + names.AttentionNorm, HiddenSize),
                .. Affine(prefix + names.Up, IntermediateSize, HiddenSize, start),
                .. Affine(prefix + names.Down, HiddenSize, IntermediateSize, start),
                .. Norm(prefix + names.OutputNorm, HiddenSize)]) yield return spec;
        }
        if (Head == HeadKind.None && HasPooler && BertHeads.Pooler(this) is { } pooler)
            foreach (var spec in pooler.Parameters(start)) yield return spec;
        foreach (var spec in HeadParameters()) yield return spec;
    }

    protected override IEnumerable<string> Faults()
    {
        var distil = Variant == BertVariant.DistilBert;
        var sizes = NotPositive(
            ("vocab_size", VocabSize), (distil ? "dim" : "hidden_size", HiddenSize), (distil ? "n_layers" : "num_hidden_layers", NumHiddenLayers), (distil ? "n_heads" : "num_attention_heads", NumAttentionHeads),
            (distil ? "hidden_dim" : "intermediate_size", IntermediateSize), ("max_position_embeddings", MaxPositionEmbeddings), ("type_vocab_size", TypeVocabSize), ("embedding_size", EmbeddingSize ?? 1)).ToList();
        foreach (var fault in sizes) yield return fault;
        foreach (var fault in OutOfRange("layer_norm_eps", LayerNormEps, v => v >= 0, "0 or more")) yield return fault;
        foreach (var fault in OutOfRange("initializer_range", InitializerRange, v => v >= 0, "0 or more")) yield return fault;
        foreach (var (name, drop) in (IEnumerable<(string, double)>)[("hidden_dropout_prob", HiddenDropoutProb), ("attention_probs_dropout_prob", AttentionProbsDropoutProb), ("classifier_dropout", ClassifierDropout ?? 0), ("qa_dropout", QaDropout)])
            foreach (var fault in OutOfRange(name, drop, v => v is >= 0 and <= 1, "0 to 1")) yield return fault;
        foreach (var fault in HeadFaults()) yield return fault;
        if (sizes.Count > 0) yield break;
        if (HiddenSize % NumAttentionHeads != 0) yield return $"{(distil ? "dim" : "hidden_size")} {HiddenSize} is not a multiple of {(distil ? "n_heads" : "num_attention_heads")} {NumAttentionHeads}.";
        if (ContextLength < 1) yield return $"max_position_embeddings {MaxPositionEmbeddings} leaves no position: those of a {ModelType} begin after pad_token_id {PadTokenId}.";
    }

    public override EncoderModel Build(Placement placement, ulong? seed) => new BertModel(this, placement, seed);

    public override JsonObject ToJson()
    {
        var json = BertJson.Write(this);
        AddHead(json);
        (json["bos_token_id"], json["eos_token_id"]) = (BosTokenId, EosToJson());
        return json;
    }

    /// <summary>This configuration with what a `config.json` says of its head.</summary>
    internal BertConfig WithHeadOf(ConfigReader fields, int? padTokenId) => (BertConfig)WithHead(fields, padTokenId);
}
