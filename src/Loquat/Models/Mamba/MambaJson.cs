using System.Text.Json;
using System.Text.Json.Nodes;
using Loquat.Layers;

namespace Loquat.Models.Mamba;

/// <summary>The `config.json` of Mamba.</summary>
internal static class MambaJson
{
    public static MambaConfig Read(ConfigReader fields)
    {
        var automatic = fields.Raw("time_step_rank") is JsonValue rank && rank.GetValueKind() == JsonValueKind.String && rank.GetValue<string>() == "auto";
        var config = new MambaConfig
        {
            VocabSize = fields.Integer("vocab_size"),
            HiddenSize = fields.Integer("hidden_size"),
            NumHiddenLayers = fields.Integer("num_hidden_layers"),
            StateSize = fields.Integer("state_size", 16),
            Expand = fields.Integer("expand", 2),
            IntermediateSize = fields.OptionalInteger("intermediate_size"),
            ConvKernel = fields.Integer("conv_kernel", 4),
            TimeStepRank = automatic ? null : fields.OptionalInteger("time_step_rank"),
            UseBias = fields.Flag("use_bias", false),
            UseConvBias = fields.Flag("use_conv_bias", true),
            HiddenAct = fields.Activation("hidden_act", ActivationKind.Silu),
            LayerNormEpsilon = fields.Number("layer_norm_epsilon", 1e-5, min: 0),
            ResidualInFp32 = fields.Flag("residual_in_fp32", true),
            TieWordEmbeddings = fields.Flag("tie_word_embeddings", true),
            InitializerRange = fields.Number("initializer_range", 0.1, min: 0),
            TimeStepMin = fields.Positive("time_step_min", 0.001),
            TimeStepMax = fields.Positive("time_step_max", 0.1),
            TimeStepFloor = fields.Positive("time_step_floor", 1e-4),
            TimeStepScale = fields.Number("time_step_scale", 1, min: 0),
            ConstantTimeSteps = fields.Choice("time_step_init_scheme", "random", "random", "constant") == "constant",
            RescalePrenormResidual = fields.Flag("rescale_prenorm_residual", false),
        };
        // How others compute the same, and the authors' names for what is said above.
        fields.Skip([
            .. ConfigKey.Flags("use_mambapy", "use_associative_scan", "fused_add_norm"),
            .. ConfigKey.Counts(1, "d_inner", "d_model", "n_layer", "pad_vocab_size_multiple")]);
        fields.Only("rms_norm", "true");
        fields.Only("ssm_cfg", "{}");
        // What follows from the other sizes anyway is the same as left out.
        var plain = config with { IntermediateSize = null, TimeStepRank = null };
        return config with
        {
            IntermediateSize = config.IntermediateSize == plain.Channels ? null : config.IntermediateSize,
            TimeStepRank = config.TimeStepRank == plain.Rank ? null : config.TimeStepRank,
        };
    }

    public static JsonObject Write(MambaConfig config, JsonNode? eos) => new()
    {
        ["architectures"] = new JsonArray("MambaForCausalLM"),
        ["model_type"] = config.ModelType,
        ["vocab_size"] = config.VocabSize,
        ["hidden_size"] = config.HiddenSize,
        ["num_hidden_layers"] = config.NumHiddenLayers,
        ["state_size"] = config.StateSize,
        ["expand"] = config.Expand,
        ["intermediate_size"] = config.Channels,
        ["conv_kernel"] = config.ConvKernel,
        ["time_step_rank"] = config.Rank,
        ["use_bias"] = config.UseBias,
        ["use_conv_bias"] = config.UseConvBias,
        ["hidden_act"] = ActivationNames.Of(config.HiddenAct),
        ["layer_norm_epsilon"] = config.LayerNormEpsilon,
        ["residual_in_fp32"] = config.ResidualInFp32,
        ["tie_word_embeddings"] = config.TieWordEmbeddings,
        ["initializer_range"] = config.InitializerRange,
        ["time_step_min"] = config.TimeStepMin,
        ["time_step_max"] = config.TimeStepMax,
        ["time_step_floor"] = config.TimeStepFloor,
        ["time_step_scale"] = config.TimeStepScale,
        ["time_step_init_scheme"] = config.ConstantTimeSteps ? "constant" : "random",
        ["rescale_prenorm_residual"] = config.RescalePrenormResidual,
        ["bos_token_id"] = config.BosTokenId,
        ["eos_token_id"] = eos,
        ["dtype"] = "float32",
    };
}
