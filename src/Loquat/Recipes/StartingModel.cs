using System.Text.Json;
using System.Text.Json.Nodes;
using Loquat.Checkpoints;
using Loquat.Models;
using Loquat.Reporting;
using Loquat.Text.Datasets;
using Loquat.Text.Tokenization;
using YamlDotNet.RepresentationModel;

namespace Loquat.Recipes;

/// <summary>
/// `model.from`: a run, or a Hugging Face folder, whose weights a new run begins with. Its model and tokenizer come along: keys that the recipe does not give are the
/// folder's, and those that it gives must be.
/// </summary>
public static class StartingModel
{
    // In the order in which a folder's tokenizer is looked for.
    private static readonly string[] _tokenizerFiles = ["tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt"];

    /// <summary>A recipe that begins with the weights of a folder, for code: model and tokenizer are the folder's.</summary>
    /// <param name="folder">A run, or a Hugging Face model folder.</param>
    /// <exception cref="CheckpointException">There is no model in it.</exception>
    public static Recipe StartFrom(this Recipe recipe, string folder)
    {
        var model = RunFolder.ModelOf(folder);
        return recipe with
        {
            Model = new ModelRecipe { From = Path.GetFullPath(folder), Config = ModelFolder.ReadConfig(model) with { VocabSize = 0 } },
            Tokenizer = recipe.Tokenizer with { Path = TokenizerFile(model) ?? recipe.Tokenizer.Path },
        };
    }

    /// <summary>The folder's model, with what the recipe may change of it.</summary>
    /// <param name="keys">As given beside `from`.</param>
    /// <param name="faults">Receives the keys that are not the folder's.</param>
    /// <returns>Null where the folder is gone but the keys tell the whole model, as a lock's do.</returns>
    internal static ModelConfig? ConfigOf(string from, JsonObject keys, List<string> faults)
    {
        if (!Directory.Exists(from) && keys.Count > 2) return null;
        var own = ModelSection.Write(ModelFolder.ReadConfig(RunFolder.ModelOf(from)));
        foreach (var (key, value) in keys)
        {
            if (value is null) continue;
            if (ModelSection.IsFree(key) && own.ContainsKey(key)) own[key] = value.DeepClone();
            else if (!JsonNode.DeepEquals(value, own[key]) && !SameNumber(value, own[key])) faults.Add(Difference(from, key, value, own[key]));
        }
        var config = ModelSection.Read(own, from, new Models.ConfigSource { IsRecipe = true, Faults = faults });
        // Its tokens are the folder's; a recipe speaks of the tokenizer's.
        return config with { VocabSize = 0 };
    }

    /// <summary>Where a model is not the folder's.</summary>
    internal static IEnumerable<string> Faults(Recipe recipe)
    {
        if (recipe.Model.From is not { } from) yield break;
        var own = ModelSection.Write(ModelFolder.ReadConfig(RunFolder.ModelOf(from)));
        var asked = ModelSection.Write(recipe.Model.Config);
        foreach (var key in own.Select(pair => pair.Key).Union(asked.Select(pair => pair.Key)))
            if (key != "vocab_size" && !ModelSection.IsFree(key) && !JsonNode.DeepEquals(asked[key], own[key]) && !SameNumber(asked[key], own[key])) yield return Difference(from, key, asked[key], own[key]);
    }

    private static string Difference(string from, string key, JsonNode? asked, JsonNode? own) =>
        $"model.{key} is {asked?.ToJsonString() ?? "none"}; the model of {from} has {own?.ToJsonString() ?? "none"}. Take the key out to have the folder's.";

    private static bool SameNumber(JsonNode? a, JsonNode? b) => a is JsonValue first && b is JsonValue second
        && first.GetValueKind() == JsonValueKind.Number && second.GetValueKind() == JsonValueKind.Number && Number(first) == Number(second);

    private static double Number(JsonValue value) => double.Parse(value.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Puts the folder's tokenizer where a file that names a folder gives none: that of the model it begins with, or of its teacher.</summary>
    internal static void Complete(YamlMappingNode root, RecipeBinder binder)
    {
        if (Child(root, "model") is not { } model || Text(model, "from") is not { } from)
        {
            CompleteFromTeacher(root, binder);
            return;
        }
        if (!Directory.Exists(from)) return;
        var folder = RunFolder.ModelOf(from);
        if (TokenizerOf(root, binder) is { } tokenizer) CompleteTokenizer(tokenizer, from, folder, binder);
    }

    /// <summary>Who says anything of the tokenizer, or has tokens already, is checked against the teacher when it is loaded.</summary>
    private static void CompleteFromTeacher(YamlMappingNode root, RecipeBinder binder)
    {
        if (Child(root, "distillation") is not { } distillation || Text(distillation, "teacher") is not { } teacher || !Directory.Exists(teacher)) return;
        if (Child(root, "data") is { } data && Text(data, "tokens") is not null) return;
        if (Child(root, "tokenizer") is { } given && ((string[])["path", "type", "vocab_size"]).Any(key => Text(given, key) is not null)) return;
        if (TokenizerFile(RunFolder.ModelOf(teacher)) is not { } file || TokenizerOf(root, binder) is not { } tokenizer) return;
        tokenizer.Children.Remove("path");
        tokenizer.Children.Add(binder.Override(new YamlScalarNode("path")), binder.Override(new YamlScalarNode(file)));
    }

    /// <summary>The section of the file, a new one where it has none; null: it holds something else.</summary>
    private static YamlMappingNode? TokenizerOf(YamlMappingNode root, RecipeBinder binder)
    {
        if (Child(root, "tokenizer") is { } tokenizer) return tokenizer;
        if (root.Children.ContainsKey("tokenizer")) return null;
        root.Children.Add(binder.Override(new YamlScalarNode("tokenizer")), tokenizer = binder.Override(new YamlMappingNode()));
        return tokenizer;
    }

    private static void CompleteTokenizer(YamlMappingNode tokenizer, string from, string folder, RecipeBinder binder)
    {
        if (TokenizerFile(folder) is not { } file)
        {
            if (Text(tokenizer, "path") is null) binder.Fault($"{from}: the folder holds no tokenizer. Name the one that its weights belong to with tokenizer.path.");
            return;
        }
        if (Text(tokenizer, "path") is { } path)
        {
            if (Path.GetFullPath(path) != file && File.Exists(path) && FileHash.Of(path) != FileHash.Of(file))
                binder.Fault($"tokenizer.path is {path}; the weights of {from} belong to another tokenizer, {file}. Take the key out to have it.");
            return;
        }
        tokenizer.Children.Remove("path");
        tokenizer.Children.Add(binder.Override(new YamlScalarNode("path")), binder.Override(new YamlScalarNode(file)));
        var known = Tokenizer.Load(file);
        if (Text(tokenizer, "type") is { } type && Kinds(type) is { } wanted && ModelType(file) is { } has && !wanted.Contains(has))
            binder.Fault($"tokenizer.type is {type}; the tokenizer of {from} is a {has} model. Take the key out to have the folder's.");
        if (Text(tokenizer, "vocab_size") is { } size && Text(tokenizer, "type") is not ("character" or "byte") && size.Replace("_", "", StringComparison.Ordinal) != known.VocabSize.ToString(System.Globalization.CultureInfo.InvariantCulture))
            binder.Fault($"tokenizer.vocab_size is {size}; the tokenizer of {from} has {known.VocabSize} tokens. Take the key out to have the folder's.");
    }

    /// <summary>The `type` that `tokenizer.json` has for a kind of tokenizer; null where the kind is not known here.</summary>
    private static string[]? Kinds(string type) => type switch
    {
        "bpe" or "bpe_metaspace" or "bpe_suffix" => ["BPE"],
        "wordpiece" => ["WordPiece"],
        "unigram" => ["Unigram"],
        _ => null,
    };

    private static string? ModelType(string file)
    {
        if (!file.EndsWith(".json", StringComparison.Ordinal)) return null;
        using var json = JsonDocument.Parse(File.ReadAllText(file));
        return json.RootElement.TryGetProperty("model", out var model) && model.ValueKind == JsonValueKind.Object && model.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString() : null;
    }

    private static string? TokenizerFile(string folder) => _tokenizerFiles.Select(name => Path.GetFullPath(Path.Combine(folder, name))).FirstOrDefault(File.Exists);

    private static YamlMappingNode? Child(YamlMappingNode node, string key) => node.Children.TryGetValue(key, out var child) ? child as YamlMappingNode : null;

    private static string? Text(YamlMappingNode node, string key) => node.Children.TryGetValue(key, out var child) && child is YamlScalarNode { Value: { Length: > 0 } text } && text is not ("null" or "~") ? text : null;
}
