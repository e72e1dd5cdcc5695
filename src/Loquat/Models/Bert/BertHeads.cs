using Loquat.Layers;
using Loquat.Models.Heads;

namespace Loquat.Models.Bert;

/// <summary>The heads of the variants of BERT: the same parts under other names, with other functions between.</summary>
internal static class BertHeads
{
    private const double DistilEpsilon = 1e-12;

    public static IReadOnlyList<string> Prefixes { get; } =
    [
        "cls.", "lm_head.", "classifier.", "qa_outputs.", "vocab_transform.", "vocab_layer_norm.", "vocab_projector.", "pre_classifier.",
        "generator_predictions.", "generator_lm_head.", "discriminator_predictions.",
    ];

    /// <summary>Biases of the vocabulary that an untied projection, with a bias of its own, leaves without use.</summary>
    public static IReadOnlyList<string> UnusedBiases { get; } = ["cls.predictions.bias", "lm_head.bias"];

    public static string DecoderBias(string bias) => $"{bias[..^4]}decoder.bias";

    public static IReadOnlyList<(HeadKind Kind, string Suffix)> Of(BertVariant variant) =>
    [
        (HeadKind.None, "Model"),
        (HeadKind.MaskedLanguage, "ForMaskedLM"),
        .. variant == BertVariant.Bert ? [(HeadKind.Pretraining, "ForPreTraining"), (HeadKind.NextSentence, "ForNextSentencePrediction")] : (ReadOnlySpan<(HeadKind, string)>)[],
        .. variant == BertVariant.Electra ? [(HeadKind.ReplacedTokenDetection, "ForPreTraining")] : (ReadOnlySpan<(HeadKind, string)>)[],
        (HeadKind.SequenceClassification, "ForSequenceClassification"),
        (HeadKind.TokenClassification, "ForTokenClassification"),
        (HeadKind.QuestionAnswering, "ForQuestionAnswering"),
    ];

    /// <summary>What BERT makes of its first token; null where there is none.</summary>
    public static HeadTransform? Pooler(BertConfig config) => config.Variant is BertVariant.Bert or BertVariant.Roberta or BertVariant.XlmRoberta
        ? new($"{config.BasePrefix}pooler.dense", config.HiddenSize, config.HiddenSize, ActivationKind.Tanh)
        : null;

    public static IReadOnlyList<HeadPart> Parts(BertConfig config, HeadKind kind) => kind switch
    {
        HeadKind.None => [],
        HeadKind.MaskedLanguage => [Vocabulary(config)],
        HeadKind.Pretraining => [Vocabulary(config), NextSentence(config)],
        HeadKind.NextSentence => [NextSentence(config)],
        HeadKind.SequenceClassification => [Sequence(config)],
        HeadKind.TokenClassification => [new TokenPart(TokenLabels.Classes, "classifier", config.HiddenSize, config.Labels.Count)
        {
            Dropout = config.Variant == BertVariant.DistilBert ? config.HiddenDropoutProb : Dropout(config),
        }],
        HeadKind.QuestionAnswering => [new TokenPart(TokenLabels.Span, "qa_outputs", config.HiddenSize, 2) { Dropout = config.QaDropout }],
        HeadKind.ReplacedTokenDetection => [new TokenPart(TokenLabels.Replaced, "discriminator_predictions.dense_prediction", config.HiddenSize, 1)
        {
            Transform = new("discriminator_predictions.dense", config.HiddenSize, config.HiddenSize, config.HiddenAct),
        }],
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    private static double Dropout(BertConfig config) => config.ClassifierDropout ?? config.HiddenDropoutProb;

    private static VocabularyPart Vocabulary(BertConfig config)
    {
        var width = config.HiddenSize;
        // Where the projection comes from the table it has the table's width.
        var (transform, decoder, bias) = config.Variant switch
        {
            BertVariant.Bert => (Transform("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", width, config.HiddenAct, config.LayerNormEps), "cls.predictions.decoder", "cls.predictions.bias"),
            BertVariant.DistilBert => (Transform("vocab_transform", "vocab_layer_norm", width, config.HiddenAct, DistilEpsilon), "vocab_projector", "vocab_projector.bias"),
            BertVariant.Electra => (Transform("generator_predictions.dense", "generator_predictions.LayerNorm", config.TableWidth, ActivationKind.Gelu, config.LayerNormEps), "generator_lm_head", "generator_lm_head.bias"),
            _ => (Transform("lm_head.dense", "lm_head.layer_norm", width, ActivationKind.Gelu, config.LayerNormEps), "lm_head.decoder", "lm_head.bias"),
        };
        var own = !config.TieWordEmbeddings;
        if (own && config.OwnDecoderBias && UnusedBiases.Contains(bias)) bias = DecoderBias(bias);
        return new(own ? $"{decoder}.weight" : config.TokenTable, config.VocabSize, transform.Outputs)
        {
            Transform = transform,
            Bias = bias,
            OwnsWeight = own,
            WeightAlias = $"{decoder}.weight",
            BiasAlias = $"{decoder}.bias",
        };

        HeadTransform Transform(string dense, string norm, int outputs, ActivationKind activation, double epsilon) =>
            new(dense, width, outputs, activation) { Norm = norm, NormEpsilon = epsilon };
    }

    private static RowPart NextSentence(BertConfig config) => new("cls.seq_relationship", config.HiddenSize, 2) { Transform = Pooler(config), Problem = ProblemType.SingleLabelClassification };

    private static RowPart Sequence(BertConfig config)
    {
        var (width, labels) = (config.HiddenSize, config.Labels.Count);
        return config.Variant switch
        {
            BertVariant.Bert => new RowPart("classifier", width, labels) { Transform = Pooler(config), Dropout = Dropout(config), Problem = config.ProblemType },
            BertVariant.DistilBert => new RowPart("classifier", width, labels) { Transform = new("pre_classifier", width, width, ActivationKind.Relu), Dropout = Dropout(config), Problem = config.ProblemType },
            _ => new RowPart("classifier.out_proj", width, labels)
            {
                Transform = new("classifier.dense", width, width, config.Variant == BertVariant.Electra ? ActivationKind.Gelu : ActivationKind.Tanh),
                InputDropout = Dropout(config),
                Dropout = Dropout(config),
                Problem = config.ProblemType,
            },
        };
    }
}
