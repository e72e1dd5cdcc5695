using System.Text.Json.Nodes;
using Loquat.Layers;
using Loquat.Models.Heads;

namespace Loquat.Models.ModernBert;

/// <summary>`config.json` of ModernBERT.</summary>
internal static class ModernBertJson
{
    private const string Full = "full_attention", Sliding = "sliding_attention";
    private const int EveryLayers = 3;

    // How the reference runs; the loss over labelled positions alone, which is what is computed in any case.
    private static readonly ConfigKey[] _withoutBearing =
    [
        .. ConfigKey.Flags("deterministic_flash_attn", "reference_compile", "repad_logits_with_grad", "sparse_prediction"),
        .. ConfigKey.Texts("position_embedding_type"),
        .. ConfigKey.Numbers("layer_norm_eps"),   // written by the first conversion beside norm_eps, and not read
        .. ConfigKey.Objects("sentence_transformers"),
    ];

    public static ModernBertConfig Read(ConfigReader fields)
    {
        var (layers, positions) = (fields.Integer("num_hidden_layers", 22), fields.Integer("max_position_embeddings", 8192));
        var theta = fields.Positive("global_rope_theta", 160_000);
        var config = new ModernBertConfig
        {
            VocabSize = fields.Integer("vocab_size"),
            HiddenSize = fields.Integer("hidden_size", 768),
            NumHiddenLayers = layers,
            NumAttentionHeads = fields.Integer("num_attention_heads", 12),
            IntermediateSize = fields.Integer("intermediate_size", 1152),
            HiddenActivation = fields.Activation("hidden_activation", ActivationKind.Gelu),
            MaxPositionEmbeddings = positions,
            IsLocal = ReadKinds(fields, layers),
            LocalAttention = fields.Integer("local_attention", 128),
            GlobalRope = RopeFields.Read(fields, Full, theta, positions),
            LocalRope = RopeFields.Read(fields, Sliding, fields.Positive("local_rope_theta", 10_000), positions),
            NormEps = fields.Number("norm_eps", 1e-5, min: 0),
            NormBias = fields.Flag("norm_bias", false),
            AttentionBias = fields.Flag("attention_bias", false),
            MlpBias = fields.Flag("mlp_bias", false),
            InitializerRange = fields.Number("initializer_range", 0.02, min: 0),
            InitializerCutoffFactor = fields.Number("initializer_cutoff_factor", 2, min: 0.1),
            EmbeddingDropout = fields.Number("embedding_dropout", 0, 0, 1),
            AttentionDropout = fields.Number("attention_dropout", 0, 0, 1),
            MlpDropout = fields.Number("mlp_dropout", 0, 0, 1),
            ClassifierDropout = fields.Number("classifier_dropout", 0, 0, 1),
            ClassifierPooling = (fields.OptionalText("classifier_pooling") ?? "cls") switch
            {
                "cls" => RowState.First,
                "mean" => RowState.Mean,
                _ => throw fields.Wrong("classifier_pooling", "cls or mean"),
            },
            ClassifierActivation = fields.Activation("classifier_activation", ActivationKind.Gelu),
            ClassifierBias = fields.Flag("classifier_bias", false),
            DecoderBias = fields.Flag("decoder_bias", true),
            TieWordEmbeddings = fields.Flag("tie_word_embeddings", true),
        };
        fields.Only("sparse_pred_ignore_index", "-100");
        fields.Skip(_withoutBearing);
        return config.WithHeadOf(fields, config.VocabSize > 50283 ? 50283 : null);
    }

    private static IReadOnlyList<bool> ReadKinds(ConfigReader fields, int layers)
    {
        var every = fields.Integer("global_attn_every_n_layers", EveryLayers);
        var kinds = fields.Texts("layer_types");
        if (kinds.Count == 0) return [.. Enumerable.Range(0, layers).Select(layer => layer % every != 0)];
        if (kinds.Any(kind => kind is not (Full or Sliding))) throw fields.Wrong("layer_types", $"{Full} or {Sliding} for each layer");
        if (kinds.Count != layers) throw fields.Wrong("layer_types", $"one of each of the {layers} layers (num_hidden_layers)");
        return [.. kinds.Select(kind => kind == Sliding)];
    }

    public static JsonObject Write(ModernBertConfig config) => new()
    {
        ["model_type"] = config.ModelType,
        ["vocab_size"] = config.VocabSize,
        ["hidden_size"] = config.HiddenSize,
        ["num_hidden_layers"] = config.NumHiddenLayers,
        ["num_attention_heads"] = config.NumAttentionHeads,
        ["intermediate_size"] = config.IntermediateSize,
        ["hidden_activation"] = ActivationNames.Of(config.HiddenActivation),
        ["max_position_embeddings"] = config.MaxPositionEmbeddings,
        ["layer_types"] = new JsonArray([.. config.IsLocal.Select(local => (JsonNode)(local ? Sliding : Full))]),
        ["local_attention"] = config.LocalAttention,
        ["rope_parameters"] = new JsonObject { [Full] = RopeFields.ToJson(config.GlobalRope), [Sliding] = RopeFields.ToJson(config.LocalRope) },
        ["norm_eps"] = config.NormEps,
        ["norm_bias"] = config.NormBias,
        ["attention_bias"] = config.AttentionBias,
        ["mlp_bias"] = config.MlpBias,
        ["initializer_range"] = config.InitializerRange,
        ["initializer_cutoff_factor"] = config.InitializerCutoffFactor,
        ["embedding_dropout"] = config.EmbeddingDropout,
        ["attention_dropout"] = config.AttentionDropout,
        ["mlp_dropout"] = config.MlpDropout,
        ["classifier_dropout"] = config.ClassifierDropout,
        ["classifier_pooling"] = config.ClassifierPooling == RowState.Mean ? "mean" : "cls",
        ["classifier_activation"] = ActivationNames.Of(config.ClassifierActivation),
        ["classifier_bias"] = config.ClassifierBias,
        ["decoder_bias"] = config.DecoderBias,
        ["tie_word_embeddings"] = config.TieWordEmbeddings,
        ["dtype"] = "float32",
    };
}
