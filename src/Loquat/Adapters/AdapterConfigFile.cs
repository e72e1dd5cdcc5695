using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loquat.Layers;
using Loquat.Models;

namespace Loquat.Adapters;

/// <summary>`adapter_config.json`, as peft writes it. What it can say is built or refused by name.</summary>
public static class AdapterConfigFile
{
    private const string BaseKey = "base_model_name_or_path";
    private const string TypeKey = "peft_type";
    private const string QuantizationKey = "quantization";

    // About the file, what it was made with, and how it started.
    private static readonly string[] _skipped = [BaseKey, "auto_mapping", "inference_mode", "peft_version", "revision", "task_type", "fan_in_fan_out", "init_ia3_weights", "init_weights", "megatron_core", "qalora_group_size",
        "token_dim", "num_layers", "num_attention_heads", "encoder_hidden_size", "prefix_projection", "prompt_tuning_init", "prompt_tuning_init_text", "tokenizer_name_or_path", "tokenizer_kwargs", QuantizationKey];

    // Starts that leave the weights as they are; others, such as pissa, change those that the adapter then belongs to.
    private static readonly string[] _plainStarts = ["gaussian", "eva", "orthogonal"];

    /// <summary>The model folder or name that an adapter was trained on; null: the file names none.</summary>
    public static string? BaseOf(string path) => ConfigReader.Open(path).OptionalText(BaseKey);

    /// <exception cref="CheckpointException">Not JSON, a kind of adapter or a setting that Loquat does not build, or an impossible value; the message names it.</exception>
    public static AdapterOptions Read(string path)
    {
        var fields = ConfigReader.Open(path);
        var types = KnownAdapters.Types.Select(type => KnownAdapters.Find(type)!.PeftType).ToList();
        var type = fields.Choice(TypeKey, null, types);
        var options = KnownAdapters.Types.Select(KnownAdapters.Find).First(known => known!.PeftType == type)!;
        foreach (var key in _skipped) fields.Has(key);
        options = options switch
        {
            LoraOptions lora => Lora(fields, lora),
            Ia3Options ia3 => ia3 with { FeedforwardModules = Modules(fields, "feedforward_modules") },
            BottleneckOptions bottleneck => Bottleneck(fields, bottleneck),
            TokenAdapterOptions tokens => Tokens(fields, tokens),
            _ => options,
        };
        if (options is MapAdapterOptions maps)
        {
            if (!fields.Has("target_modules")) throw fields.Wrong("target_modules", "the names of modules: those that were adapted are not known otherwise");
            options = maps with { TargetModules = Modules(fields, "target_modules"), ExcludeModules = Modules(fields, "exclude_modules") };
        }
        options = options with { ModulesToSave = new(fields.Texts("modules_to_save")), Quantization = Enum.Parse<QuantizationKind>(fields.Choice(QuantizationKey, "none", "none", "int8", "nf4"), ignoreCase: true) };
        fields.RefuseRest();
        return options;
    }

    /// <param name="model">That it stands on.</param>
    /// <param name="basePath">Its folder; null: none is named.</param>
    public static JsonObject ToJson(Adapter adapter, ModelConfig model, string? basePath)
    {
        var (options, plan) = (adapter.Options, adapter.Plan);
        var json = new JsonObject
        {
            [TypeKey] = options.PeftType,
            [BaseKey] = basePath,
            ["task_type"] = TaskOf(model),
            ["inference_mode"] = true,
            ["modules_to_save"] = options.ModulesToSave.Count == 0 ? null : List(options.ModulesToSave),
        };
        if (options.Quantization != QuantizationKind.None) json[QuantizationKey] = Name(options.Quantization);
        if (options is MapAdapterOptions maps)
        {
            // Names in full, as all-linear and regular expressions chose them, where they are not ends of names.
            json["target_modules"] = List(maps.TargetModules is [ModuleNames.All] ? plan.Maps.Select(map => map.Map.Module) : maps.TargetModules, maps.TargetModules);
            json["exclude_modules"] = maps.ExcludeModules.Count == 0 || maps.TargetModules is [ModuleNames.All] ? null : List(maps.ExcludeModules, maps.ExcludeModules);
            if (options is not BottleneckOptions) json["fan_in_fan_out"] = model.KeepsInputsFirst;
        }
        switch (options)
        {
            case LoraOptions lora:
                (json["r"], json["lora_alpha"], json["lora_dropout"]) = (lora.R, lora.LoraAlpha, lora.LoraDropout);
                (json["use_rslora"], json["use_dora"], json["bias"], json["init_lora_weights"]) = (lora.UseRslora, lora.UseDora, Name(lora.Bias), true);
                (json["rank_pattern"], json["alpha_pattern"]) = (Pattern(lora.RankPattern, whole: true), Pattern(lora.AlphaPattern, whole: false));
                json["layers_to_transform"] = lora.LayersToTransform.Count == 0 ? null : new JsonArray([.. lora.LayersToTransform.Select(text => (JsonNode)int.Parse(text, CultureInfo.InvariantCulture))]);
                json["layers_pattern"] = lora.LayersPattern.Count == 0 ? null : List(lora.LayersPattern);
                break;
            case Ia3Options ia3:
                json["feedforward_modules"] = List(ia3.FeedforwardModules, ia3.FeedforwardModules);
                break;
            case BottleneckOptions bottleneck:
                (json["bottleneck_size"], json["non_linearity"]) = (bottleneck.BottleneckSize, ActivationNames.Of(bottleneck.NonLinearity));
                break;
            case TokenAdapterOptions tokens:
                var (heads, size) = model.CachedKeys!.Value;
                (json["num_virtual_tokens"], json["num_transformer_submodules"], json["num_layers"]) = (tokens.NumVirtualTokens, 1, model.Layers);
                (json["num_attention_heads"], json["token_dim"]) = (heads, tokens is PrefixTuningOptions ? heads * size : (int)plan.Table!.Shape[1]);
                if (tokens is PrefixTuningOptions) (json["encoder_hidden_size"], json["prefix_projection"]) = (heads * size, false);
                else json["prompt_tuning_init"] = "RANDOM";
                break;
        }
        return json;
    }

    private static LoraOptions Lora(ConfigReader fields, LoraOptions lora)
    {
        fields.Only("lora_bias", "false");
        fields.Only("use_qalora", "false");
        fields.Only("loftq_config", "{}");
        fields.Only("ensure_weight_tying", "false");
        if (fields.Raw("init_lora_weights") is { } start && start.GetValueKind() is not (JsonValueKind.True or JsonValueKind.False) && !(start.GetValueKind() == JsonValueKind.String && _plainStarts.Contains(start.GetValue<string>())))
            throw fields.Wrong("init_lora_weights", $"true, false or one of {string.Join(", ", _plainStarts)}: others change the weights of the model at the start. Convert the adapter to plain LoRA (peft: save_pretrained with path_initial_model_for_weight_conversion)");
        return lora with
        {
            R = fields.Integer("r", lora.R),
            LoraAlpha = fields.Positive("lora_alpha", lora.LoraAlpha),
            LoraDropout = fields.Number("lora_dropout", 0, 0, 1),
            UseRslora = fields.Flag("use_rslora", false),
            UseDora = fields.Flag("use_dora", false),
            Bias = fields.Choice("bias", "none", "none", "all", "lora_only") switch { "all" => LoraBias.All, "lora_only" => LoraBias.LoraOnly, _ => LoraBias.None },
            RankPattern = Pattern(fields, "rank_pattern"),
            AlphaPattern = Pattern(fields, "alpha_pattern"),
            LayersToTransform = new([.. (fields.Ids("layers_to_transform") ?? []).Select(layer => layer.ToString(CultureInfo.InvariantCulture))]),
            LayersPattern = new(fields.Texts("layers_pattern")),
        };
    }

    private static BottleneckOptions Bottleneck(ConfigReader fields, BottleneckOptions bottleneck)
    {
        fields.Only("use_parallel_adapter", "false");
        fields.Only("use_adapterp", "false");
        fields.Only("scaling", "1");
        fields.Only("adapter_dropout", "0");
        return bottleneck with { BottleneckSize = fields.Integer("bottleneck_size"), NonLinearity = fields.Activation("non_linearity", bottleneck.NonLinearity) };
    }

    private static TokenAdapterOptions Tokens(ConfigReader fields, TokenAdapterOptions tokens)
    {
        fields.Only("num_transformer_submodules", "1");
        return tokens with { NumVirtualTokens = fields.Integer("num_virtual_tokens") };
    }

    // One text is a regular expression, or all-linear; a list has ends of names.
    private static TextList Modules(ConfigReader fields, string key) => new(fields.Texts(key));

    private static TextList Pattern(ConfigReader fields, string key) => new([.. (fields.Object(key) ?? []).Select(pair => pair.Value?.GetValueKind() == JsonValueKind.Number
        ? $"{pair.Key}={pair.Value.ToJsonString()}"
        : throw fields.Wrong(key, "an object of names and numbers"))]);

    private static JsonObject Pattern(TextList pattern, bool whole) => new(LoraOptions.Pairs(pattern).Select(pair => KeyValuePair.Create(pair.Name, whole ? (JsonNode?)(int)pair.Value! : pair.Value)));

    private static JsonNode List(IEnumerable<string> texts, TextList? given = null) => given is not null && ModuleNames.IsPattern(given) ? given[0] : new JsonArray([.. texts.Select(text => (JsonNode)text)]);

    private static string Name(Enum value) => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    private static string? TaskOf(ModelConfig model) => model switch
    {
        EncoderConfig { Head: Models.Heads.HeadKind.SequenceClassification } => "SEQ_CLS",
        EncoderConfig { Head: Models.Heads.HeadKind.TokenClassification } => "TOKEN_CLS",
        EncoderConfig { Head: Models.Heads.HeadKind.QuestionAnswering } => "QUESTION_ANS",
        EncoderDecoderConfig => "SEQ_2_SEQ_LM",
        { Kind: ModelKind.Causal } => "CAUSAL_LM",
        _ => null,
    };
}
