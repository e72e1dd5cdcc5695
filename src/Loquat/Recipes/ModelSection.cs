using System.Text.Json.Nodes;
using Loquat.Models;

namespace Loquat.Recipes;

/// <summary>`model:` of a recipe: the keys of an architecture's own `config.json`, read and written by its family.</summary>
internal static class ModelSection
{
    public const string DefaultType = "qwen3";
    private const string TypeKey = "model_type";
    private const string HeadKey = "architectures";
    private const string VocabularyKey = "vocab_size";
    private const string Prefix = "model.";

    // About the file, or the tokenizer's.
    private static readonly HashSet<string> _left = new(StringComparer.Ordinal) { HeadKey, "dtype", "torch_dtype", "is_encoder_decoder", "label2id", VocabularyKey };

    // What keys were called before they were those of config.json, and for which type; null: for all.
    private static readonly (string Key, string? Type, string Now)[] _former = [("architecture", null, TypeKey), ("dropout", "gpt2", "embd_pdrop, attn_pdrop and resid_pdrop")];

    /// <summary>The model of a recipe that says nothing of it.</summary>
    public static ModelConfig Default { get; } = Read([], "the default recipe", new ConfigSource { IsRecipe = true });

    /// <summary>Whether a key changes nothing that is learned, so that a run may begin with a folder's weights and another value of it.</summary>
    public static bool IsFree(string key) => key.Contains("drop", StringComparison.Ordinal);

    /// <param name="keys">As given; sizes that are not are put in.</param>
    /// <param name="file">For errors.</param>
    /// <returns>The configuration; without <c>vocab_size</c> unless it is given.</returns>
    /// <exception cref="CheckpointException">A fault, where <paramref name="source"/> collects none.</exception>
    public static ModelConfig Read(JsonObject keys, string file, ConfigSource source)
    {
        keys = (JsonObject)keys.DeepClone();
        var given = new ConfigReader(file, Prefix, keys, source);
        if (keys[TypeKey] is null) keys[TypeKey] = DefaultType;
        var type = given.Choice(TypeKey, null, ModelFamilies.ModelTypes);
        // After a slip the other keys are read as those of what was probably meant.
        if (keys[TypeKey] is JsonValue named && named.TryGetValue<string>(out var name) && ModelFamilies.Find(name) is null) type = NearestName.Find(name, ModelFamilies.ModelTypes) ?? DefaultType;
        var own = keys.Any(pair => pair.Key == VocabularyKey && pair.Value is not null);
        foreach (var key in keys.Select(pair => pair.Key).Where(key => key.EndsWith("_token_id", StringComparison.Ordinal)).ToList())
        {
            Fault(given.Wrong(key, "left out: ids of special tokens are the tokenizer's"));
            keys.Remove(key);
        }
        foreach (var (key, of, now) in _former)
        {
            if (!keys.ContainsKey(key) || of is not null && of != type) continue;
            Fault(given.Fault($"{Prefix}{key} is called {now} in config.json, and so it is here."));
            keys.Remove(key);
        }
        var family = ModelFamilies.Find(type)!;
        keys[TypeKey] = type;
        family.Start(keys);
        if (!own) keys[VocabularyKey] = 1;
        // Numbers that were made here hold one .NET type only; those of a file are read as any.
        var fields = new ConfigReader(file, Prefix, (JsonObject)JsonNode.Parse(keys.ToJsonString())!, source);
        fields.Text(TypeKey);
        var config = family.Read(fields);
        fields.RefuseRest();
        if (source.Faults is null or { Count: 0 } && config.Fault() is { } fault) Fault(new($"{file}: model: {fault}"));
        return own ? config : config with { VocabSize = 0 };

        void Fault(CheckpointException error)
        {
            if (source.Faults is null) throw error;
            source.Faults.Add(error.Message);
        }
    }

    /// <summary>A folder's configuration with what a recipe may change of it.</summary>
    public static ModelConfig WithFreeKeys(ModelConfig folder, ModelConfig recipe)
    {
        var (own, asked) = (folder.ToJson(), recipe.ToJson());
        var changed = own.Select(pair => pair.Key).Where(key => IsFree(key) && !JsonNode.DeepEquals(own[key], asked[key])).ToList();
        if (changed.Count == 0) return folder;
        foreach (var key in changed) own[key] = asked[key]?.DeepClone();
        var fields = new ConfigReader("model", Prefix, (JsonObject)JsonNode.Parse(own.ToJsonString())!, new ConfigSource());
        return ModelFamilies.Find(fields.Text(TypeKey))!.Read(fields) with { VocabSize = folder.VocabSize, BosTokenId = folder.BosTokenId, EosTokenIds = folder.EosTokenIds };
    }

    /// <summary>Every key of a configuration, as a recipe has them.</summary>
    public static JsonObject Write(ModelConfig config)
    {
        var json = new JsonObject { [TypeKey] = config.ModelType };
        foreach (var (key, value) in config.ToJson())
            if (value is not null && key != TypeKey && (!_left.Contains(key) || key == HeadKey && config.Kind == ModelKind.Encoder) && !key.EndsWith("_token_id", StringComparison.Ordinal)) json[key] = value.DeepClone();
        if (config.VocabSize > 0) json[VocabularyKey] = config.VocabSize;
        // One place for the wavelength: in rope_parameters, or alone where there is nothing else to say.
        if (json["rope_parameters"] is JsonObject rope && json.ContainsKey("rope_theta"))
        {
            if (rope.Count == 2 && rope["rope_type"]?.GetValue<string>() == "default") json.Remove("rope_parameters");
            else json.Remove("rope_theta");
        }
        return json;
    }

    /// <summary>What each key of an architecture may hold.</summary>
    public static IReadOnlyDictionary<string, ConfigKeyUse> KeysOf(string type)
    {
        var keys = new Dictionary<string, ConfigKeyUse>(StringComparer.Ordinal);
        var config = Read(new JsonObject { [TypeKey] = type }, "the schema", new ConfigSource { IsRecipe = true, Keys = keys, Faults = [] });
        // What is written can be given, in whatever way it is read.
        foreach (var (key, value) in Write(config))
            keys.TryAdd(key, new(value!.GetValueKind() switch { System.Text.Json.JsonValueKind.Array => "array", System.Text.Json.JsonValueKind.Object => "object", System.Text.Json.JsonValueKind.String => "string", System.Text.Json.JsonValueKind.Number => "number", _ => "boolean" }, null, null, null, null));
        foreach (var left in keys.Keys.Where(key => (_left.Contains(key) && key is not (VocabularyKey or HeadKey)) || key == TypeKey || key.EndsWith("_token_id", StringComparison.Ordinal)).ToList()) keys.Remove(left);
        return keys;
    }
}
