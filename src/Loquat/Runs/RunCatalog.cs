using Loquat.Recipes;

namespace Loquat.Runs;

/// <summary>By what runs are put in order.</summary>
public enum RunOrder
{
    Name,
    Loss,
    BitsPerByte,
    Steps,
    Tokens,
    Time,
    TokensPerSecond,
    Parameters,
}

/// <summary>A key in whose values runs differ.</summary>
/// <param name="Key">Such as `model.hidden_size`.</param>
/// <param name="Values">Each run's value, by its path; null: its recipe does not give the key.</param>
public sealed record RecipeDifference(string Key, IReadOnlyDictionary<string, string?> Values);

/// <summary>Finds runs and compares them.</summary>
public static class RunCatalog
{
    private const int Deepest = 4;

    /// <summary>The runs that the paths name: each itself a run, or a folder with runs below it.</summary>
    /// <param name="order">Loss, bits per byte and name rise, all others fall; what has no value comes last, damaged folders after all.</param>
    /// <exception cref="DataException">A path is no folder, or there is no run in it.</exception>
    public static IReadOnlyList<RunSummary> Find(IEnumerable<string> paths, RunOrder order = RunOrder.Name)
    {
        List<RunSummary> runs = [];
        foreach (var path in paths)
        {
            if (!Directory.Exists(path)) throw new DataException($"{path}: there is no such folder. Give the folder of a run, or one with runs in it, such as runs.");
            var found = Below(path, Deepest).Order(StringComparer.Ordinal).ToList();
            if (found.Count == 0) throw new DataException($"{path}: there is no run in this folder. Make one: loquat quickstart, or loquat train RECIPE.");
            runs.AddRange(found.Select(folder => RunSummary.Read(new(folder))));
        }
        return [.. Sort(runs.DistinctBy(run => Path.GetFullPath(run.Path)), order)];
    }

    /// <summary>The keys in which the recipes of runs differ, in the order of recipes. Names, which always differ, are left out.</summary>
    public static IReadOnlyList<RecipeDifference> Differences(IEnumerable<RunSummary> runs)
    {
        var recipes = runs.Where(run => run.Recipe is not null).Select(run => (run.Path, Values: RecipeChange.Values(run.Recipe!))).ToList();
        return [.. recipes.SelectMany(recipe => recipe.Values.Keys).Distinct().Where(key => key != "name")
            .Select(key => new RecipeDifference(key, recipes.ToDictionary(recipe => recipe.Path, recipe => recipe.Values.GetValueOrDefault(key), StringComparer.Ordinal)))
            .Where(difference => difference.Values.Values.Distinct().Count() > 1)];
    }

    private static List<string> Below(string path, int depth)
    {
        if (RunSummary.IsRun(path)) return [path];
        if (depth == 0) return [];
        try
        {
            return [.. Directory.EnumerateDirectories(path).Where(folder => !Path.GetFileName(folder).StartsWith('.')).SelectMany(folder => Below(folder, depth - 1))];
        }
        catch (UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static IOrderedEnumerable<RunSummary> Sort(IEnumerable<RunSummary> runs, RunOrder order)
    {
        var whole = runs.OrderBy(run => run.State == RunState.Damaged);
        return (order switch
        {
            RunOrder.Loss => whole.ThenBy(run => run.Loss ?? double.PositiveInfinity),
            RunOrder.BitsPerByte => whole.ThenBy(run => run.BitsPerByte ?? double.PositiveInfinity),
            RunOrder.Steps => whole.ThenByDescending(run => run.Steps ?? -1),
            RunOrder.Tokens => whole.ThenByDescending(run => run.Tokens ?? -1),
            RunOrder.Time => whole.ThenByDescending(run => run.Seconds ?? -1),
            RunOrder.TokensPerSecond => whole.ThenByDescending(run => run.TokensPerSecond ?? -1),
            RunOrder.Parameters => whole.ThenByDescending(run => run.Parameters ?? -1),
            _ => whole,
        }).ThenBy(run => run.Path, StringComparer.Ordinal);
    }
}
