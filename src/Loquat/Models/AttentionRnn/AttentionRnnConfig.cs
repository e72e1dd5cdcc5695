using System.Text.Json.Nodes;
using Loquat.Layers;

namespace Loquat.Models.AttentionRnn;

/// <summary>How a state of the decoder scores the states of the encoder.</summary>
public enum MemoryScore
{
    /// <summary>`bahdanau`: v · tanh(W s + U h), before the step, so that the step reads what was found (Bahdanau et al. 2015).</summary>
    Bahdanau,

    /// <summary>`dot`: s · h, after the step (Luong et al. 2015).</summary>
    Dot,

    /// <summary>`general`: s · W h, after the step.</summary>
    General,

    /// <summary>`concat`: v · tanh(W s + U h), after the step.</summary>
    Concat,
}

/// <summary>
/// Gated recurrent units with attention: an encoder in both directions, and a decoder that looks back at its states at every step (Bahdanau et al. 2015; Luong et al. 2015, with
/// what was found fed into the next step).
/// </summary>
public sealed record AttentionRnnConfig : EncoderDecoderConfig
{
    /// <summary>Width of the states; even: each direction of the encoder has half.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width of token vectors.</summary>
    public required int EmbeddingSize { get; init; }

    public int EncoderLayers { get; init; } = 1;

    public int DecoderLayers { get; init; } = 1;

    public MemoryScore Attention { get; init; }

    /// <summary>Dropout of token vectors and of what the head gets, in training. 0 to 1.</summary>
    public double Dropout { get; init; }

    /// <summary>Standard deviation of token vectors at the start; matrices start with 1 / √inputs.</summary>
    public double InitStd { get; init; } = 0.1;

    /// <summary>The head is the table of token vectors, which then are as wide as the states.</summary>
    public bool TieWordEmbeddings { get; init; }

    public override string ModelType => AttentionRnnFamily.Type;

    // Recurrent cells take their matrices whole.
    public override bool TakesAdapter(ParameterSpec parameter) => false;

    public override int ContextLength => int.MaxValue;

    public override int Layers => EncoderLayers + DecoderLayers;

    public override int DecoderLayerCount => DecoderLayers;

    public override int Width => HiddenSize;

    public override bool TiesHead => TieWordEmbeddings;

    public override int AttentionWidth => HiddenSize;

    public override string BasePrefix => "";

    internal bool ScoresAdditively => Attention is MemoryScore.Bahdanau or MemoryScore.Concat;

    public override IEnumerable<ParameterSpec> Parameters()
    {
        yield return new("shared.weight", [VocabSize, EmbeddingSize], Initializer.Normal(InitStd), ParameterRole.Embedding);
        for (var layer = 0; layer < EncoderLayers; layer++)
            foreach (var end in (string[])["", "_reverse"])
                foreach (var spec in Unit("encoder.rnn", $"l{layer}{end}", layer == 0 ? EmbeddingSize : HiddenSize, HiddenSize / 2)) yield return spec;
        for (var layer = 0; layer < DecoderLayers; layer++)
        {
            foreach (var spec in Affine($"decoder.bridge.{layer}", HiddenSize, HiddenSize, Start(HiddenSize))) yield return spec;
            foreach (var spec in Unit("decoder.rnn", $"l{layer}", HiddenSize + (layer == 0 ? EmbeddingSize : 0), HiddenSize)) yield return spec;
        }
        if (Attention != MemoryScore.Dot)
            foreach (var spec in Affine("decoder.attention.key", HiddenSize, HiddenSize, Start(HiddenSize), bias: false)) yield return spec;
        if (ScoresAdditively)
        {
            foreach (var spec in Affine("decoder.attention.query", HiddenSize, HiddenSize, Start(HiddenSize), bias: false)) yield return spec;
            yield return new("decoder.attention.v", [HiddenSize], Start(HiddenSize), ParameterRole.Vector);
        }
        foreach (var spec in Affine("decoder.readout", HiddenSize, 2 * HiddenSize, Start(2 * HiddenSize))) yield return spec;
        if (!TieWordEmbeddings) yield return new("lm_head.weight", [VocabSize, HiddenSize], Start(HiddenSize), ParameterRole.Head);
    }

    protected override IEnumerable<string> Faults()
    {
        foreach (var fault in NotPositive(
            ("vocab_size", VocabSize), ("hidden_size", HiddenSize), ("embedding_size", EmbeddingSize), ("encoder_layers", EncoderLayers), ("decoder_layers", DecoderLayers))) yield return fault;
        foreach (var fault in OutOfRange("dropout", Dropout, v => v is >= 0 and <= 1, "0 to 1")) yield return fault;
        foreach (var fault in OutOfRange("init_std", InitStd, v => v >= 0, "0 or more")) yield return fault;
        if (HiddenSize % 2 != 0) yield return $"hidden_size is {HiddenSize}; each direction of the encoder has half of it, so it must be even.";
        if (HiddenSize > int.MaxValue / 3) yield return $"hidden_size is {HiddenSize}; allowed: up to {int.MaxValue / 3}.";
        if (TieWordEmbeddings && EmbeddingSize != HiddenSize) yield return $"embedding_size {EmbeddingSize} is not hidden_size {HiddenSize}; a tied head (tie_word_embeddings) needs both alike.";
    }

    public override EncoderDecoderModel Build(Placement placement, ulong? seed) => new AttentionRnnModel(this, placement, seed);

    public override JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["model_type"] = ModelType,
            ["vocab_size"] = VocabSize,
            ["hidden_size"] = HiddenSize,
            ["embedding_size"] = EmbeddingSize,
            ["encoder_layers"] = EncoderLayers,
            ["decoder_layers"] = DecoderLayers,
            ["attention"] = AttentionRnnFamily.Name(Attention),
            ["dropout"] = Dropout,
            ["init_std"] = InitStd,
            ["tie_word_embeddings"] = TieWordEmbeddings,
        };
        AddIds(json);
        json["dtype"] = "float32";
        return json;
    }

    internal static AttentionRnnConfig FromJson(ConfigReader fields)
    {
        CheckKind(fields);
        var width = fields.Integer("hidden_size");
        return new()
        {
            VocabSize = fields.Integer("vocab_size"),
            HiddenSize = width,
            EmbeddingSize = fields.Integer("embedding_size", width),
            EncoderLayers = fields.Integer("encoder_layers", 1),
            DecoderLayers = fields.Integer("decoder_layers", 1),
            Attention = AttentionRnnFamily.Score(fields.Choice("attention", AttentionRnnFamily.Name(MemoryScore.Bahdanau), AttentionRnnFamily.Names)),
            Dropout = fields.Number("dropout", 0, 0, 1),
            InitStd = fields.Number("init_std", 0.1, min: 0),
            TieWordEmbeddings = fields.Flag("tie_word_embeddings", false),
            PadTokenId = fields.OptionalInteger("pad_token_id", 0),
            DecoderStartTokenId = fields.OptionalInteger("decoder_start_token_id", 0),
        };
    }

    private static Initializer Start(int inputs) => Initializer.Normal(1 / Math.Sqrt(inputs));

    private static IEnumerable<ParameterSpec> Unit(string prefix, string end, int inputs, int outputs) =>
    [
        new($"{prefix}.weight_ih_{end}", [3 * outputs, inputs], Start(inputs), ParameterRole.Matrix),
        new($"{prefix}.weight_hh_{end}", [3 * outputs, outputs], Start(outputs), ParameterRole.Matrix),
        new($"{prefix}.bias_ih_{end}", [3 * outputs], Initializer.Zeros, ParameterRole.Vector),
        new($"{prefix}.bias_hh_{end}", [3 * outputs], Initializer.Zeros, ParameterRole.Vector),
    ];
}
