using System.Text.Json.Nodes;
using Loquat.Layers;

namespace Loquat.Models.Bert;

/// <summary>`config.json` of the variants of BERT.</summary>
internal static class BertJson
{
    // How the first program of Google's pooled, which no program does any more; how classes for other tasks summed up; what loads adapters and pipelines.
    private static readonly ConfigKey[] _withoutBearing =
    [
        .. ConfigKey.Texts("directionality", "pooler_type", "summary_type", "summary_activation", "language"),
        .. ConfigKey.Counts(0, "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers", "pooler_size_per_head"),
        .. ConfigKey.Numbers("summary_last_dropout"),
        .. ConfigKey.Flags("summary_use_proj", "tie_weights_", "output_past"),
        .. ConfigKey.Objects("sentence_transformers", "custom_pipelines"),
    ];

    public static BertConfig Read(ConfigReader fields, BertVariant variant)
    {
        var config = variant == BertVariant.DistilBert ? ReadDistilBert(fields) : ReadBert(fields, variant);
        fields.Skip(_withoutBearing);
        return config with { TieWordEmbeddings = fields.Flag("tie_word_embeddings", true) };
    }

    private static BertConfig ReadBert(ConfigReader fields, BertVariant variant)
    {
        var electra = variant == BertVariant.Electra;
        fields.Only("position_embedding_type", "\"absolute\"");
        return new BertConfig
        {
            Variant = variant,
            VocabSize = fields.Integer("vocab_size"),
            HiddenSize = fields.Integer("hidden_size", electra ? 256 : 768),
            NumHiddenLayers = fields.Integer("num_hidden_layers", 12),
            NumAttentionHeads = fields.Integer("num_attention_heads", electra ? 4 : 12),
            IntermediateSize = fields.Integer("intermediate_size", electra ? 1024 : 3072),
            HiddenAct = fields.Activation("hidden_act", ActivationKind.Gelu),
            MaxPositionEmbeddings = fields.Integer("max_position_embeddings", 512),
            TypeVocabSize = fields.Integer("type_vocab_size", 2),
            EmbeddingSize = electra ? fields.Integer("embedding_size", 128) : null,
            LayerNormEps = fields.Number("layer_norm_eps", 1e-12, min: 0),
            InitializerRange = fields.Number("initializer_range", 0.02, min: 0),
            HiddenDropoutProb = fields.Number("hidden_dropout_prob", 0.1, 0, 1),
            AttentionProbsDropoutProb = fields.Number("attention_probs_dropout_prob", 0.1, 0, 1),
            ClassifierDropout = fields.OptionalNumber("classifier_dropout", 0, 1),
        }.WithHeadOf(fields, variant is BertVariant.Roberta or BertVariant.XlmRoberta ? 1 : 0);
    }

    private static BertConfig ReadDistilBert(ConfigReader fields) => new BertConfig
    {
        Variant = BertVariant.DistilBert,
        VocabSize = fields.Integer("vocab_size"),
        HiddenSize = fields.Integer("dim", 768),
        NumHiddenLayers = fields.Integer("n_layers", 6),
        NumAttentionHeads = fields.Integer("n_heads", 12),
        IntermediateSize = fields.Integer("hidden_dim", 3072),
        HiddenAct = fields.Activation("activation", ActivationKind.Gelu),
        MaxPositionEmbeddings = fields.Integer("max_position_embeddings", 512),
        InitializerRange = fields.Number("initializer_range", 0.02, min: 0),
        HiddenDropoutProb = fields.Number("dropout", 0.1, 0, 1),
        AttentionProbsDropoutProb = fields.Number("attention_dropout", 0.1, 0, 1),
        ClassifierDropout = fields.Number("seq_classif_dropout", 0.2, 0, 1),
        QaDropout = fields.Number("qa_dropout", 0.1, 0, 1),
        SinusoidalPosEmbds = fields.Flag("sinusoidal_pos_embds", false),
    }.WithHeadOf(fields, 0);

    public static JsonObject Write(BertConfig config) => config.Variant == BertVariant.DistilBert
        ? new()
        {
            ["model_type"] = config.ModelType,
            ["vocab_size"] = config.VocabSize,
            ["dim"] = config.HiddenSize,
            ["n_layers"] = config.NumHiddenLayers,
            ["n_heads"] = config.NumAttentionHeads,
            ["hidden_dim"] = config.IntermediateSize,
            ["activation"] = ActivationNames.Of(config.HiddenAct),
            ["max_position_embeddings"] = config.MaxPositionEmbeddings,
            ["sinusoidal_pos_embds"] = config.SinusoidalPosEmbds,
            ["initializer_range"] = config.InitializerRange,
            ["dropout"] = config.HiddenDropoutProb,
            ["attention_dropout"] = config.AttentionProbsDropoutProb,
            ["seq_classif_dropout"] = config.ClassifierDropout ?? config.HiddenDropoutProb,
            ["qa_dropout"] = config.QaDropout,
            ["tie_word_embeddings"] = config.TieWordEmbeddings,
            ["dtype"] = "float32",
        }
        : WriteBert(config);

    private static JsonObject WriteBert(BertConfig config)
    {
        var json = new JsonObject
        {
            ["model_type"] = config.ModelType,
            ["vocab_size"] = config.VocabSize,
            ["hidden_size"] = config.HiddenSize,
            ["num_hidden_layers"] = config.NumHiddenLayers,
            ["num_attention_heads"] = config.NumAttentionHeads,
            ["intermediate_size"] = config.IntermediateSize,
            ["hidden_act"] = ActivationNames.Of(config.HiddenAct),
            ["max_position_embeddings"] = config.MaxPositionEmbeddings,
            ["type_vocab_size"] = config.TypeVocabSize,
            ["layer_norm_eps"] = config.LayerNormEps,
            ["initializer_range"] = config.InitializerRange,
            ["hidden_dropout_prob"] = config.HiddenDropoutProb,
            ["attention_probs_dropout_prob"] = config.AttentionProbsDropoutProb,
            ["classifier_dropout"] = config.ClassifierDropout,
            ["tie_word_embeddings"] = config.TieWordEmbeddings,
            ["dtype"] = "float32",
        };
        if (config.Variant == BertVariant.Electra) json["embedding_size"] = config.TableWidth;
        return json;
    }
}
