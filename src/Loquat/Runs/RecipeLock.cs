using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Loquat.Native;
using Loquat.Recipes;
using Loquat.Text.Files;

namespace Loquat.Runs;

/// <summary>
/// `recipe.lock.yaml`: the recipe of a run with every default spelled out and, as comments, what it ran on, what its data were made from, and what was changed at
/// which step. It is itself a recipe.
/// </summary>
/// <param name="Recipe">What the run goes on with.</param>
/// <param name="Machine">Lines on program and processor, the first as the run began, later ones from another machine or version on.</param>
/// <param name="DataKey">See <see cref="Text.Datasets.TokenDataset.Key"/>; null where it is not known.</param>
/// <param name="Changes">What was changed since the start, in order.</param>
public sealed partial record RecipeLock(Recipe Recipe, IReadOnlyList<string> Machine, string? DataKey, IReadOnlyList<RecipeChange> Changes)
{
    private const string DataMark = "data ";
    private const string LibraryMark = "products by oneDNN: ";
    private const string None = "none";

    /// <summary>Which library multiplies in this run: another choice would round differently. Null where the lock does not say.</summary>
    public ProductChoice? Libraries { get; init; }

    /// <summary>Of a run that begins here and now.</summary>
    public static RecipeLock Begin(Recipe recipe, string? dataKey) => new(recipe, Here(), dataKey, []) { Libraries = Products.Choice };

    /// <exception cref="OptionsException">It cannot be read, or is no recipe.</exception>
    /// <exception cref="CheckpointException">It is empty or cut short.</exception>
    public static RecipeLock Read(string path)
    {
        if (Torn(path) is { } fault) throw RecipeFile.CutShort(path, fault);
        var recipe = RecipeFile.Load(path);
        List<string> machine = [];
        List<RecipeChange> changes = [];
        string? key = null;
        ProductChoice? libraries = null;
        foreach (var line in File.ReadLines(path).TakeWhile(line => line.StartsWith('#')).SkipWhile(line => line == RecipeFile.EndsWithEnd).Select(line => line.TrimStart('#', ' ')))
        {
            if (Change().Match(line) is { Success: true } match)
                changes.Add(new(long.Parse(match.Groups["step"].ValueSpan, CultureInfo.InvariantCulture), match.Groups["key"].Value, Value(match.Groups["before"].Value), Value(match.Groups["after"].Value)));
            else if (line.StartsWith(DataMark, StringComparison.Ordinal)) key = line[DataMark.Length..];
            else if (line.StartsWith(LibraryMark, StringComparison.Ordinal)) libraries = ProductChoice.Parse(line[LibraryMark.Length..]);
            else machine.Add(line);
        }
        return new(recipe, machine, key, changes) { Libraries = libraries };

        static string? Value(string text) => text == None ? null : text;
    }

    // A lock without the mark of its end, as they were first written, has every section, down to the last line.
    private static string? Torn(string path)
    {
        if (!File.Exists(path)) return null;
        var lines = File.ReadAllLines(path);
        if (lines.All(string.IsNullOrWhiteSpace)) return "is empty: it was cut short or never written.";
        var sections = RecipeFile.Lines(RecipeBinder.ToNode(new Recipe())).Select(line => line.Path.Split('.')[0] + ":").Distinct();
        var whole = sections.All(section => lines.Any(line => line.StartsWith(section, StringComparison.Ordinal))) && File.ReadAllText(path).EndsWith('\n');
        return whole ? null : "ends in the middle: it was cut short.";
    }

    public void Save(string path)
    {
        var text = new StringBuilder();
        text.Append(RecipeFile.EndsWithEnd).Append('\n');
        foreach (var line in Machine) text.Append("# ").Append(line).Append('\n');
        if (Libraries is not null) text.Append("# ").Append(LibraryMark).Append(Libraries).Append('\n');
        if (DataKey is not null) text.Append("# ").Append(DataMark).Append(DataKey).Append('\n');
        foreach (var change in Changes) text.Append(CultureInfo.InvariantCulture, $"# step {change.Step}: {change.ToString().ReplaceLineEndings("\\n")}\n");
        text.Append('\n').Append(RecipeFile.ToYaml(Recipe)).Append(RecipeFile.End).Append('\n');
        AtomicFolder.WriteFile(path, stream => stream.Write(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>The lock of the run as it goes on after <paramref name="step"/> steps with another recipe, here.</summary>
    /// <param name="given">Precision `auto` and the paths of text and tokenizer, which may have moved, stand for what the run has.</param>
    /// <exception cref="OptionsException">It changes what the steps made depend on; the message names each key and the reason.</exception>
    public RecipeLock GoOn(Recipe given, long step)
    {
        given = given.WithAbsolutePaths();
        if (given.Training.Precision == PrecisionKind.Auto) given = given with { Training = given.Training with { Precision = Recipe.Training.Precision } };
        var changes = RecipeChange.Between(Recipe.WithAbsolutePaths(), given, step);
        var refused = changes.Where(change => !Moved(change) && RecipeChange.WhyFixed(change.Key) is not null)
            .Select(change => $"{change.Key} is {change.After ?? None}, in the run {change.Before ?? None}: {RecipeChange.WhyFixed(change.Key)}").ToList();
        if (refused.Count > 0)
        {
            throw new OptionsException($"the run cannot go on with {(refused.Count == 1 ? "another value: " + refused[0] + ". " : "other values:\n  " + string.Join("\n  ", refused) + "\n")}" +
                "Leave it as it is, or start another run with --out; --from begins it with this run's weights.");
        }
        if (given.Training.MaxSteps < step)
            throw new OptionsException($"training.max_steps is {given.Training.MaxSteps}; the run has made {step} steps. Give {step} or more.");
        var here = string.Join("; ", Here());
        var known = Machine.Take(2).SequenceEqual(Here()) ? Machine.Count <= 2 : Machine.Count > 0 && Machine[^1].EndsWith($" on: {here}", StringComparison.Ordinal);
        return this with
        {
            Recipe = given,
            Libraries = known && Libraries is not null ? Libraries : Products.Choice,
            Machine = known || Machine.Count == 0 ? Machine : [.. Machine, string.Create(CultureInfo.InvariantCulture, $"from step {step} on: {here}")],
            Changes = [.. Changes, .. changes.Where(change => change.Key != "name")],
        };
    }

    // Text and tokenizer are known by their content, wherever they lie.
    private static bool Moved(RecipeChange change) => change is { Key: "data.path" or "data.validation_path" or "data.test_path" or "data.tokens" or "tokenizer.path", Before: not null, After: not null };

    private static string[] Here()
    {
        // Its version is known once it is loaded.
        Libtorch.Initialize();
        var version = typeof(RecipeLock).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
        return [$"loquat {version}, libtorch {Libtorch.Version}, {(Libtorch.HasCuda ? "cuda" : "cpu")}, {Libtorch.Threads} threads", Processors.Name];
    }

    [GeneratedRegex(@"^step (?<step>\d+): (?<key>[a-z0-9_.]+): (?<before>.*) -> (?<after>.*)$")]
    private static partial Regex Change();
}
