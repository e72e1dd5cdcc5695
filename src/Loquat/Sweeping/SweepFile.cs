using Loquat.Recipes;
using Loquat.Sweeps.Spaces;
using YamlDotNet.RepresentationModel;

namespace Loquat.Sweeping;

/// <summary>Reads sweeps: YAML, and JSON, which YAML contains.</summary>
public static class SweepFile
{
    /// <summary>Reads a sweep and the recipe that it names.</summary>
    /// <param name="set">Values of the recipe's keys, each `key.path=value`, after those of the file.</param>
    /// <exception cref="OptionsException">All faults at once: file, line, key, value, what is allowed, the nearest valid choice.</exception>
    public static Sweep Load(string path, IEnumerable<string>? set = null)
    {
        try
        {
            return Parse(File.ReadAllText(path), path, Path.GetDirectoryName(Path.GetFullPath(path))!, set);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new OptionsException($"{path}: cannot be read: {error.Message}", error);
        }
    }

    /// <param name="name">The file's name, for errors.</param>
    /// <param name="folder">Where the file of a recipe is looked for.</param>
    public static Sweep Parse(string text, string name, string folder, IEnumerable<string>? set = null)
    {
        var root = RecipeFile.ReadNode(text, name);
        var binder = new RecipeBinder(name);
        binder.Readers[typeof(RecipeSource)] = node => Recipe(node, name, folder, binder);
        binder.Readers[typeof(SearchSpace)] = node => SpaceYaml.Read(node, binder);
        binder.Readers[typeof(IReadOnlyList<string>)] = node => Settings(node, binder);
        foreach (var key in (string[])["recipe", "space"])
            if (!root.Children.ContainsKey(key)) binder.Fault($"{name}: {key} is missing. A sweep names a recipe and the space of its keys to search.");
        var sweep = binder.Bind<Sweep>(root);
        binder.ThrowIfFaulty();
        sweep = sweep with { Set = [.. sweep.Set, .. set ?? []] };
        SweepChecks.Check(sweep);
        return sweep;
    }

    private static RecipeSource? Recipe(YamlNode node, string name, string folder, RecipeBinder binder)
    {
        if (node is YamlMappingNode inline)
        {
            using var writer = new StringWriter();
            new YamlStream(new YamlDocument(inline)).Save(writer, assignAnchors: false);
            return new(writer.ToString(), $"{name} (recipe)");
        }
        if (node is YamlScalarNode { Value: { Length: > 0 } path })
        {
            try
            {
                return RecipeSource.File(Path.IsPathRooted(path) ? path : Path.GetRelativePath(".", Path.Combine(folder, path)));
            }
            catch (OptionsException error)
            {
                binder.Fault($"{binder.Place(node)}: recipe: {error.Message}");
                return null;
            }
        }
        binder.Fault($"{binder.Place(node)}: recipe must be the path of a recipe, or hold its keys.");
        return null;
    }

    private static IReadOnlyList<string>? Settings(YamlNode node, RecipeBinder binder)
    {
        if (node is YamlMappingNode mapping && mapping.Children.All(pair => pair is { Key: YamlScalarNode { Value: not null }, Value: YamlScalarNode { Value: not null } }))
            return [.. mapping.Children.Select(pair => $"{((YamlScalarNode)pair.Key).Value}={((YamlScalarNode)pair.Value).Value}")];
        binder.Fault($"{binder.Place(node)}: set must hold keys of the recipe with a value each, such as training.max_steps: 500.");
        return null;
    }
}
