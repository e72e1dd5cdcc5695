using Loquat.Objectives;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Loquat.Recipes;

/// <summary>Reads and writes recipes: YAML, and JSON, which YAML contains.</summary>
public static class RecipeFile
{
    /// <summary>The first line of a file whose last line is <see cref="End"/>: cut short at the end of a line it would still be a recipe, of defaults.</summary>
    internal const string EndsWithEnd = "# whole with '# end' as its last line";

    internal const string End = "# end";

    /// <summary>Reads a recipe and applies overrides.</summary>
    /// <param name="overrides">Each `key.path=value`; `key.path=null` takes a key of the file out.</param>
    /// <exception cref="OptionsException">All faults at once: file, line, key, value, what is allowed, the nearest valid choice.</exception>
    /// <exception cref="CheckpointException">It is the lock file of a run and was cut short.</exception>
    public static Recipe Load(string path, IEnumerable<string>? overrides = null)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new OptionsException($"{path}: cannot be read: {error.Message}", error);
        }
        if (text.StartsWith(EndsWithEnd, StringComparison.Ordinal) && !text.EndsWith($"\n{End}\n", StringComparison.Ordinal)) throw CutShort(path);
        // Of an empty file every value would be a default: more likely it was cut short.
        if (text.Split('\n').All(line => line.AsSpan().Trim() is "" or ['#', ..]))
            throw new OptionsException($"{path}: the file is empty{(string.IsNullOrWhiteSpace(text) ? "" : " but for comments")}. A recipe holds keys and values, such as 'name: my-run'; {{}} takes every default.");
        return Parse(text, path, overrides);
    }

    internal static CheckpointException CutShort(string path, string how = "ends in the middle: it was cut short.") =>
        new($"{path}: the run's lock file {how} Put back a copy of it, or start another run with --out.");

    /// <param name="name">The file's name, for errors.</param>
    public static Recipe Parse(string text, string name, IEnumerable<string>? overrides = null)
    {
        var root = ReadNode(text, name);
        var binder = new RecipeBinder(name);
        foreach (var setting in overrides ?? []) Override(root, setting, binder);
        StartingModel.Complete(root, binder);
        var recipe = binder.Bind<Recipe>(root);
        if (!root.Children.ContainsKey("objective")) recipe = recipe with { Objective = KnownObjectives.UsualOf(recipe.Model.Config.Kind) };
        foreach (var fault in RecipeChecks.Faults(recipe)) binder.Fault(fault);
        binder.RefuseUnused(UnusedKeys.Of(recipe));
        binder.ThrowIfFaulty();
        return recipe;
    }

    /// <summary>The recipe with every default spelled out. Keys without effect are left out.</summary>
    public static string ToYaml(Recipe recipe)
    {
        using var writer = new StringWriter();
        new YamlStream(new YamlDocument(RecipeBinder.ToNode(recipe, UnusedKeys.Paths(recipe)))).Save(writer, assignAnchors: false);
        return writer.ToString().Replace("\r\n", "\n", StringComparison.Ordinal).Replace("...\n", "", StringComparison.Ordinal);
    }

    /// <summary>Every value that has an effect, as `key.path: value`.</summary>
    public static string[] Flatten(Recipe recipe) => [.. Lines(RecipeBinder.ToNode(recipe, UnusedKeys.Paths(recipe))).Select(line => $"{line.Path}: {line.Value}")];

    internal static IEnumerable<(string Path, string Value)> Lines(YamlNode node, string path = "") => node is YamlMappingNode mapping
        ? mapping.Children.SelectMany(child => Lines(child.Value, path.Length == 0 ? $"{child.Key}" : $"{path}.{child.Key}"))
        : node is YamlSequenceNode list && list.Any(child => child is YamlMappingNode)
            ? list.SelectMany((child, i) => Lines(child, $"{path}.{i}"))
            : [(path, $"{node}")];

    internal static YamlMappingNode ReadNode(string text, string name)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream.Documents.Count == 0 ? [] : stream.Documents[0].RootNode as YamlMappingNode
                ?? throw new OptionsException($"{name}: the file must hold keys and values, such as 'name: my-run'.");
        }
        catch (YamlException error)
        {
            throw new OptionsException($"{name}, line {error.Start.Line}: not valid YAML: {error.Message}", error);
        }
    }

    /// <summary>Keys beside it that a value given to a recipe takes the place of: own text that of stories, a ready tokenizer that of one to be learned.</summary>
    private static string[] Replaced(string key, string value) => key switch
    {
        "data.path" => ["story_megabytes", "story_seed"],
        "tokenizer.path" => ["type", "vocab_size"],
        "tokenizer.type" when value is "character" or "byte" => ["vocab_size"],
        _ => [],
    };

    /// <summary>Who chooses another optimizer or schedule on the command line lets go of what the file says of the old one alone.</summary>
    private static void Retype(YamlMappingNode node, NamedSection section, string type, RecipeBinder binder)
    {
        var before = node.Children.TryGetValue(NamedSections.TypeKey, out var named) ? $"{named}" : section.Default!;
        if (section.Find(before) is null || section.Find(type) is null) return;
        var gone = section.Keys(before).Select(p => RecipeBinder.Key(p.Name)).Except(section.Keys(type).Select(p => RecipeBinder.Key(p.Name))).ToHashSet(StringComparer.Ordinal);
        foreach (var key in node.Children.Keys.OfType<YamlScalarNode>().Where(key => key.Value is { } name && gone.Contains(name) && !binder.IsOverride(key)).ToList()) node.Children.Remove(key);
    }

    private static void Override(YamlMappingNode root, string setting, RecipeBinder binder)
    {
        var equals = setting.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            binder.Fault($"--set {setting}: write it as key.path=value, such as --set training.max_steps=100.");
            return;
        }
        var (keys, text) = (setting[..equals].Split('.'), setting[(equals + 1)..]);
        var node = root;
        foreach (var key in keys[..^1])
        {
            if (!node.Children.TryGetValue(key, out var child) || child is not YamlMappingNode mapping) Put(node, key, mapping = []);
            node = mapping;
        }
        if (keys[^1] == NamedSections.TypeKey && NamedSections.At(string.Join('.', keys[..^1])) is { Default: not null } section) Retype(node, section, text, binder);
        if (text == "null") node.Children.Remove(keys[^1]);
        else
        {
            Put(node, keys[^1], new YamlScalarNode(text));
            foreach (var replaced in Replaced(string.Join('.', keys), text))
                if (node.Children.TryGetValue(replaced, out var old) && !binder.IsOverride(old)) node.Children.Remove(replaced);
        }

        void Put(YamlMappingNode parent, string key, YamlNode value)
        {
            parent.Children.Remove(key);
            parent.Children.Add(binder.Override(new YamlScalarNode(key)), binder.Override(value));
        }
    }
}
