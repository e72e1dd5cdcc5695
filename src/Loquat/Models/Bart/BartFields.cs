using System.Text.Json.Nodes;
using Loquat.Layers;

namespace Loquat.Models.Bart;

/// <summary>The keys of BART's and Marian's `config.json`, and what each means where it is absent.</summary>
internal static class BartFields
{
    // Another name of encoder_layers; heads of other tasks; the first program's name of one.
    private static readonly ConfigKey[] _withoutBearing =
        [.. ConfigKey.Counts(1, "num_hidden_layers", "extra_pos_embeddings"), .. ConfigKey.Numbers("classifier_dropout", "classif_dropout"), .. ConfigKey.Counts(0, "_num_labels")];

    public static BartConfig Read(ConfigReader fields)
    {
        var marian = fields.Text("model_type") == "marian";
        var tied = fields.Flag("tie_word_embeddings", true);
        var shared = !marian || fields.Flag("share_encoder_decoder_embeddings", true);
        var vocabulary = fields.Integer("vocab_size", marian ? 58101 : 50265);
        var config = new BartConfig
        {
            VocabSize = vocabulary,
            DModel = fields.Integer("d_model", 1024),
            EncoderLayers = fields.Integer("encoder_layers", 12),
            DecoderLayers = fields.Integer("decoder_layers", 12),
            EncoderAttentionHeads = fields.Integer("encoder_attention_heads", 16),
            DecoderAttentionHeads = fields.Integer("decoder_attention_heads", 16),
            EncoderFfnDim = fields.Integer("encoder_ffn_dim", 4096),
            DecoderFfnDim = fields.Integer("decoder_ffn_dim", 4096),
            ActivationFunction = fields.Activation("activation_function", ActivationKind.Gelu),
            MaxPositionEmbeddings = fields.Integer("max_position_embeddings", 1024),
            SinusoidalPositions = marian,
            ScaleEmbedding = fields.Flag("scale_embedding", false),
            Dropout = fields.Number("dropout", 0.1, 0, 1),
            AttentionDropout = fields.Number("attention_dropout", 0, 0, 1),
            ActivationDropout = fields.Number("activation_dropout", 0, 0, 1),
            EncoderLayerdrop = fields.Number("encoder_layerdrop", 0, 0, 1),
            DecoderLayerdrop = fields.Number("decoder_layerdrop", 0, 0, 1),
            InitStd = fields.Number("init_std", 0.02, min: 0),
            ShareEncoderDecoderEmbeddings = shared,
            DecoderVocabSize = marian ? fields.OptionalInteger("decoder_vocab_size") : null,
            TieWordEmbeddings = tied,
            TablesAreOpen = shared && !tied,
            PadTokenId = fields.OptionalInteger("pad_token_id", 0) ?? (marian ? 58100 : 1),
            DecoderStartTokenId = fields.OptionalInteger("decoder_start_token_id", 0) ?? (marian ? 58100 : 2),
        };
        // Settings of the first program, which later ones no longer know: these architectures have them so.
        fields.Only("normalize_before", "false");
        fields.Only("add_final_layer_norm", "false");
        fields.Only("add_bias_logits", "false");
        fields.Only("normalize_embedding", marian ? "false" : "true");
        fields.Only("static_position_embeddings", marian ? "true" : "false");
        fields.Skip(_withoutBearing);
        return config;
    }

    public static JsonObject Write(BartConfig config)
    {
        var json = new JsonObject
        {
            ["architectures"] = new JsonArray(config.SinusoidalPositions ? "MarianMTModel" : "BartForConditionalGeneration"),
            ["model_type"] = config.ModelType,
            ["vocab_size"] = config.VocabSize,
            ["d_model"] = config.DModel,
            ["encoder_layers"] = config.EncoderLayers,
            ["decoder_layers"] = config.DecoderLayers,
            ["encoder_attention_heads"] = config.EncoderAttentionHeads,
            ["decoder_attention_heads"] = config.DecoderAttentionHeads,
            ["encoder_ffn_dim"] = config.EncoderFfnDim,
            ["decoder_ffn_dim"] = config.DecoderFfnDim,
            ["activation_function"] = ActivationNames.Of(config.ActivationFunction),
            ["max_position_embeddings"] = config.MaxPositionEmbeddings,
            ["scale_embedding"] = config.ScaleEmbedding,
            ["dropout"] = config.Dropout,
            ["attention_dropout"] = config.AttentionDropout,
            ["activation_dropout"] = config.ActivationDropout,
            ["encoder_layerdrop"] = config.EncoderLayerdrop,
            ["decoder_layerdrop"] = config.DecoderLayerdrop,
            ["init_std"] = config.InitStd,
            ["tie_word_embeddings"] = config.TieWordEmbeddings,
        };
        if (!config.SinusoidalPositions) return json;
        json["share_encoder_decoder_embeddings"] = config.ShareEncoderDecoderEmbeddings;
        json["decoder_vocab_size"] = config.DecoderVocabSize;
        return json;
    }
}
