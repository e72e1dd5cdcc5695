using System.Text.Json;
using Loquat.Checkpoints;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Models.Gpt2;
using Loquat.Models.Llama;
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
            Model = Of(ModelFolder.ReadConfig(model)) with { From = Path.GetFullPath(folder) },
            Tokenizer = recipe.Tokenizer with { Path = TokenizerFile(model) ?? recipe.Tokenizer.Path },
        };
    }

    /// <summary>A configuration in the keys of recipes; what these cannot say stays with the folder.</summary>
    internal static ModelRecipe Of(ModelConfig config) => config switch
    {
        Gpt2Config gpt2 => new()
        {
            Architecture = ArchitectureKind.Gpt2,
            HiddenSize = gpt2.NEmbd,
            NumHiddenLayers = gpt2.NLayer,
            NumAttentionHeads = gpt2.NHead,
            IntermediateSize = gpt2.NInner ?? 4 * gpt2.NEmbd,
            MaxPositionEmbeddings = gpt2.NPositions,
            InitializerRange = gpt2.InitializerRange,
            Dropout = gpt2.EmbdPdrop,
        },
        LlamaConfig llama => new()
        {
            Architecture = llama.QkNorm ? ArchitectureKind.Qwen3 : ArchitectureKind.Llama,
            HiddenSize = llama.HiddenSize,
            NumHiddenLayers = llama.NumHiddenLayers,
            NumAttentionHeads = llama.NumAttentionHeads,
            NumKeyValueHeads = llama.NumKeyValueHeads ?? llama.NumAttentionHeads,
            IntermediateSize = llama.IntermediateSize,
            HiddenAct = llama.HiddenAct switch { ActivationKind.Relu2 => HiddenActivation.Relu2, ActivationKind.GeluNew => HiddenActivation.GeluNew, _ => HiddenActivation.Silu },
            MaxPositionEmbeddings = llama.MaxPositionEmbeddings,
            RopeTheta = llama.RopeParameters.RopeTheta,
            TieWordEmbeddings = llama.TieWordEmbeddings,
            InitializerRange = llama.InitializerRange,
        },
        _ => throw new CheckpointException($"a {config.ModelType} model cannot be trained on from a recipe."),
    };

    /// <summary>Where a given key is not the folder's.</summary>
    internal static IEnumerable<string> Faults(Recipe recipe)
    {
        if (recipe.Model.From is not { } from) yield break;
        var known = Of(ModelFolder.ReadConfig(RunFolder.ModelOf(from))) with { From = from, Dropout = recipe.Model.Dropout };
        // A width that follows from another key is given as that number or not at all.
        var asked = recipe.Model with { NumKeyValueHeads = recipe.Model.NumKeyValueHeads ?? known.NumKeyValueHeads, IntermediateSize = recipe.Model.FeedForward };
        if (recipe.Model.IntermediateSize is null) asked = asked with { IntermediateSize = known.IntermediateSize };
        var (given, own) = (Values(asked), Values(known));
        foreach (var key in own.Keys.Union(given.Keys))
            if (given.GetValueOrDefault(key) is var value && own.GetValueOrDefault(key) is var folder && value != folder)
                yield return $"{key} is {value ?? "none"}; the model of {from} has {folder ?? "none"}. Take the key out to have the folder's.";

        static Dictionary<string, string> Values(ModelRecipe model)
        {
            var whole = new Recipe { Model = model };
            return RecipeFile.Lines(RecipeBinder.ToNode(whole, UnusedKeys.Paths(whole))).Where(line => line.Path.StartsWith("model.", StringComparison.Ordinal)).ToDictionary(line => line.Path, line => line.Value, StringComparer.Ordinal);
        }
    }

    /// <summary>Puts the folder's values where a file that names one gives none. A lock, which gives all, is good without the folder.</summary>
    /// <returns>Whether anything was put in.</returns>
    internal static bool Complete(YamlMappingNode root, RecipeBinder binder)
    {
        if (Child(root, "model") is not { } model || Text(model, "from") is not { } from) return false;
        if (!Directory.Exists(from) && ((string[])["architecture", "hidden_size", "num_hidden_layers"]).All(key => model.Children.ContainsKey(key))) return false;
        var folder = RunFolder.ModelOf(from);
        var recipe = new Recipe { Model = Of(ModelFolder.ReadConfig(folder)) };
        var given = model.Children.Count;
        foreach (var (key, value) in ((YamlMappingNode)((YamlMappingNode)RecipeBinder.ToNode(recipe, UnusedKeys.Paths(recipe))).Children["model"]).Children)
            if (!model.Children.ContainsKey(key)) model.Children.Add(binder.Override(new YamlScalarNode(((YamlScalarNode)key).Value)), binder.Override(value));
        var tokenizer = Child(root, "tokenizer");
        if (tokenizer is null)
        {
            if (root.Children.ContainsKey("tokenizer")) return model.Children.Count > given;
            root.Children.Add(binder.Override(new YamlScalarNode("tokenizer")), tokenizer = binder.Override(new YamlMappingNode()));
        }
        CompleteTokenizer(tokenizer, from, folder, binder);
        return model.Children.Count > given;
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
