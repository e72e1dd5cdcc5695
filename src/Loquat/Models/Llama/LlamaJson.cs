using System.Text.Json.Nodes;
using Loquat.Layers;

namespace Loquat.Models.Llama;

/// <summary>`config.json` of the Llama family.</summary>
internal static class LlamaJson
{
    private const int FirstWindowLayer = 28; // max_window_layers of Qwen2 where it is not given
    private const int GemmaPattern = 6, RopePattern = 4;
    private const double LocalTheta = 10_000;

    // Slices in which the first program multiplied; the length of the training's sequences.
    private static readonly ConfigKey[] _withoutBearing = [.. ConfigKey.Counts(1, "pretraining_tp", "max_sequence_length"), .. ConfigKey.Flags("is_llama_config")];

    public static LlamaConfig Read(ConfigReader fields)
    {
        var variant = LlamaTraits.Find(fields.Text("model_type"));
        var traits = LlamaTraits.Of(variant);
        var positions = fields.Integer("max_position_embeddings", traits.Positions);
        var config = new LlamaConfig
        {
            Variant = variant,
            VocabSize = fields.Integer("vocab_size"),
            HiddenSize = fields.Integer("hidden_size"),
            NumHiddenLayers = fields.Integer("num_hidden_layers"),
            NumAttentionHeads = fields.Integer("num_attention_heads"),
            NumKeyValueHeads = fields.OptionalInteger("num_key_value_heads"),
            HeadDim = fields.OptionalInteger("head_dim") ?? traits.HeadDim,
            IntermediateSize = fields.Integer("intermediate_size"),
            HiddenAct = traits.IsGemma ? fields.Activation("hidden_activation", ActivationKind.GeluNew) : fields.Activation("hidden_act", ActivationKind.Silu),
            MaxPositionEmbeddings = positions,
            RopeParameters = RopeFields.Read(fields, positions, traits.Theta),
            RmsNormEps = fields.Number("rms_norm_eps", traits.Epsilon, min: 0),
            TieWordEmbeddings = fields.Flag("tie_word_embeddings", traits.Tied),
            AttentionBias = traits.ReadsAttentionBias && fields.Flag("attention_bias", false),
            MlpBias = traits.ReadsMlpBias && fields.Flag("mlp_bias", false),
            AttentionDropout = fields.Number("attention_dropout", 0, 0, 1),
            ResidPdrop = traits.Fused ? fields.Number("resid_pdrop", 0, 0, 1) : 0,
            InitializerRange = fields.Number("initializer_range", 0.02, min: 0),
        };
        if (!traits.ReadsAttentionBias) fields.Only("attention_bias", traits.QkvBias ? "true" : "false");
        if (!traits.ReadsMlpBias) fields.Only("mlp_bias", "false");
        if (traits.Fused) fields.Only("embd_pdrop", "0.0");
        // Rotations in three dimensions, of models that see; a layout whose weights would have to be read otherwise.
        fields.Only("use_mrope", "false");
        fields.Only("rope_interleaved", "false");
        fields.Skip(_withoutBearing);
        if (traits.Experts) config = WithExperts(fields, config);
        if (traits.IsGemma) config = WithGemma(fields, config);
        return WithLocalRope(fields, WithWindows(fields, variant == LlamaVariant.SmolLm3 ? WithoutRope(fields, config) : config));
    }

    private static LlamaConfig WithExperts(ConfigReader fields, LlamaConfig config) => config with
    {
        NumLocalExperts = fields.Integer("num_local_experts", 8),
        NumExpertsPerTok = fields.Integer("num_experts_per_tok", 2),
        OutputRouterLogits = fields.Flag("output_router_logits", false),
        RouterAuxLossCoef = fields.Number("router_aux_loss_coef", 0.001, min: 0),
        RouterJitterNoise = fields.Number("router_jitter_noise", 0, 0, 1),
    };

    private static LlamaConfig WithGemma(ConfigReader fields, LlamaConfig config)
    {
        fields.Only("use_bidirectional_attention", "false");
        fields.Skip(ConfigKey.Texts("hidden_act"));   // the first files' name, which the reference does not read
        return config with
        {
            QueryPreAttnScalar = fields.Positive("query_pre_attn_scalar", 256),
            AttnLogitSoftcapping = Cap("attn_logit_softcapping", config.Traits.AttentionCap),
            FinalLogitSoftcapping = Cap("final_logit_softcapping", config.Traits.FinalCap),
        };

        double? Cap(string key, double? absent) => fields.OptionalNumber(key) is null ? fields.Names(key) ? null : absent : fields.Positive(key);
    }

    /// <summary>`no_rope_layers`: 1 for each layer that does rotate.</summary>
    private static LlamaConfig WithoutRope(ConfigReader fields, LlamaConfig config)
    {
        var every = fields.Integer("no_rope_layer_interval", RopePattern);
        var given = fields.Ids("no_rope_layers");
        if (given?.Any(flag => flag is not (0 or 1)) == true) throw fields.Wrong("no_rope_layers", "a list of 1 for each layer that rotates and 0 for each that does not");
        return config with { UsesRope = new ConfigList<bool>([.. given?.Select(flag => flag == 1) ?? Enumerable.Range(1, config.NumHiddenLayers).Select(layer => layer % every != 0)]) };
    }

    private static LlamaConfig WithWindows(ConfigReader fields, LlamaConfig config)
    {
        var traits = config.Traits;
        var window = fields.OptionalInteger("sliding_window") ?? (fields.Names("sliding_window") ? null : traits.Window);
        if (!traits.WindowSwitch) fields.Only("use_sliding_window", "false");
        else if (!fields.Flag("use_sliding_window", false)) window = null;
        var first = fields.Integer("max_window_layers", FirstWindowLayer, min: 0);
        var pattern = config.Variant == LlamaVariant.Gemma3 ? fields.OptionalInteger("sliding_window_pattern") ?? fields.Integer("_sliding_window_pattern", GemmaPattern) : 2;
        var kinds = fields.Texts("layer_types");
        if (kinds.Any(kind => kind is not (RopeFields.FullAttention or RopeFields.SlidingAttention)))
            throw fields.Wrong("layer_types", $"{RopeFields.FullAttention} or {RopeFields.SlidingAttention} for each layer: Loquat builds nothing else");
        if (kinds.Count > 0 && kinds.Count != config.NumHiddenLayers) throw fields.Wrong("layer_types", $"one of each of the {config.NumHiddenLayers} layers (num_hidden_layers)");
        if (kinds.Contains(RopeFields.SlidingAttention) && window is null)
            throw fields.Wrong("layer_types", $"{RopeFields.FullAttention} for every layer, as there is no sliding_window{(traits.WindowSwitch ? " with use_sliding_window" : "")}");
        if (window is null) return config;
        List<bool> sliding = [.. kinds.Count > 0 ? kinds.Select(kind => kind == RopeFields.SlidingAttention) : Enumerable.Range(0, config.NumHiddenLayers).Select(layer => config.Variant switch
        {
            LlamaVariant.Qwen2 or LlamaVariant.Qwen3 => layer >= first,
            LlamaVariant.SmolLm3 => !config.Rotates(layer),
            LlamaVariant.Gemma2 or LlamaVariant.Gemma3 => (layer + 1) % pattern != 0,
            _ => true,
        })];
        return config with { SlidingWindow = window, IsSliding = sliding.Contains(false) ? new ConfigList<bool>(sliding) : [] };
    }

    /// <summary>Rotations by the kind of layer: Gemma 3 always has them, others where rope_parameters are given so.</summary>
    private static LlamaConfig WithLocalRope(ConfigReader fields, LlamaConfig config)
    {
        var theta = config.Variant == LlamaVariant.Gemma3 ? fields.Positive("rope_local_base_freq", LocalTheta) : config.RopeParameters.RopeTheta;
        if (fields.Section("rope_parameters") is { HoldsOnlyObjects: true } kinds && kinds.Has(RopeFields.SlidingAttention) && config.SlidingWindow is not null)
            return config with { LocalRope = RopeFields.Read(fields, RopeFields.SlidingAttention, theta, config.MaxPositionEmbeddings) };
        return config.Variant == LlamaVariant.Gemma3 ? config with { LocalRope = new RopeParameters { RopeTheta = theta } } : config;
    }

    public static JsonObject Write(LlamaConfig config)
    {
        var traits = config.Traits;
        var rope = RopeFields.ToJson(config.RopeParameters);
        var json = new JsonObject
        {
            ["architectures"] = new JsonArray(traits.ClassName),
            ["model_type"] = config.ModelType,
            ["vocab_size"] = config.VocabSize,
            ["hidden_size"] = config.HiddenSize,
            ["num_hidden_layers"] = config.NumHiddenLayers,
            ["num_attention_heads"] = config.NumAttentionHeads,
            ["num_key_value_heads"] = config.KeyValueHeads,
            ["head_dim"] = config.HeadSize,
            ["intermediate_size"] = config.IntermediateSize,
            [traits.IsGemma ? "hidden_activation" : "hidden_act"] = traits.IsGemma && config.HiddenAct == ActivationKind.GeluNew ? "gelu_pytorch_tanh" : ActivationNames.Of(config.HiddenAct),
            ["max_position_embeddings"] = config.MaxPositionEmbeddings,
            // transformers 5 reads rope_parameters, older versions rope_theta.
            ["rope_parameters"] = config.LocalRope is { } local ? new JsonObject { [RopeFields.FullAttention] = rope, [RopeFields.SlidingAttention] = RopeFields.ToJson(local) } : rope,
            ["rope_theta"] = config.RopeParameters.RopeTheta,
            ["rms_norm_eps"] = config.RmsNormEps,
            ["tie_word_embeddings"] = config.TieWordEmbeddings,
            ["attention_dropout"] = config.AttentionDropout,
            ["initializer_range"] = config.InitializerRange,
            ["bos_token_id"] = config.BosTokenId,
            ["eos_token_id"] = config.EosToJson(),
            ["dtype"] = "float32",
        };
        if (config.RopeParameters.PartialRotaryFactor != 1) json["partial_rotary_factor"] = config.RopeParameters.PartialRotaryFactor;
        if (config.RopeParameters.OriginalMaxPositionEmbeddings is { } original && config.Variant == LlamaVariant.Phi3) json["original_max_position_embeddings"] = original;
        if (traits.ReadsAttentionBias) json["attention_bias"] = config.AttentionBias;
        if (traits.ReadsMlpBias) json["mlp_bias"] = config.MlpBias;
        if (traits.Fused) (json["resid_pdrop"], json["embd_pdrop"]) = (config.ResidPdrop, 0.0);
        if (config.UsesRope.Count > 0) json["no_rope_layers"] = new JsonArray([.. config.UsesRope.Select(uses => (JsonNode)(uses ? 1 : 0))]);
        WriteWindows(config, json);
        if (traits.IsGemma)
            (json["query_pre_attn_scalar"], json["attn_logit_softcapping"], json["final_logit_softcapping"]) =
                (config.QueryPreAttnScalar ?? config.HeadSize, config.AttnLogitSoftcapping, config.FinalLogitSoftcapping);
        if (!traits.Experts) return json;
        (json["num_local_experts"], json["num_experts_per_tok"], json["output_router_logits"]) = (config.NumLocalExperts, config.NumExpertsPerTok, config.OutputRouterLogits);
        (json["router_aux_loss_coef"], json["router_jitter_noise"]) = (config.RouterAuxLossCoef, config.RouterJitterNoise);
        return json;
    }

    private static void WriteWindows(LlamaConfig config, JsonObject json)
    {
        if (config.SlidingWindow is null && config.Traits is { Window: null, WindowSwitch: false }) return;
        json["sliding_window"] = config.SlidingWindow;
        if (config.Traits.WindowSwitch) json["use_sliding_window"] = config.SlidingWindow is not null;
        if (config.SlidingWindow is null) return;
        json["layer_types"] = new JsonArray([.. Enumerable.Range(0, config.NumHiddenLayers)
            .Select(layer => (JsonNode)(config.Window(layer) is null ? RopeFields.FullAttention : RopeFields.SlidingAttention))]);
    }
}
