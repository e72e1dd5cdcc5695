using Loquat.Runs;

namespace Loquat.Cli.Display;

/// <summary>Runs side by side in words: a row each, then the keys in which their recipes differ.</summary>
internal static class RunTable
{
    private const string Unknown = "–";

    public static IEnumerable<string> Lines(IReadOnlyList<RunSummary> runs, IReadOnlyList<RecipeDifference> differences)
    {
        List<string[]> rows = [["run", "state", "steps", "loss", "bits/byte", "above truth", "tokens", "time", "tokens/s", "parameters"]];
        rows.AddRange(runs.Where(run => run.State != RunState.Damaged).Select(Row));
        if (rows.Count > 1) foreach (var line in Aligned(rows)) yield return line;
        foreach (var run in runs.Where(run => run.State == RunState.Damaged)) yield return $"{run.Path}  damaged: {run.Fault}";
        if (differences.Count == 0) yield break;
        yield return "";
        yield return "what differs in their recipes:";
        var width = differences.Max(difference => difference.Key.Length);
        foreach (var (key, values) in differences)
        {
            var groups = values.GroupBy(value => value.Value).Select(group => $"{(group.Key is "" ? "\"\"" : group.Key ?? "none")} ({string.Join(", ", group.Select(value => Name(value.Key)))})");
            yield return $"  {key.PadRight(width)}  {string.Join("; ", groups)}";
        }
    }

    private static string[] Row(RunSummary run) =>
    [
        run.Path,
        run.State.ToString().ToLowerInvariant(),
        $"{run.Steps:N0}/{run.MaxSteps:N0}",
        run.Loss?.ToString("F4", null) ?? Unknown,
        run.BitsPerByte?.ToString("F4", null) ?? Unknown,
        run.DistanceToTruth?.ToString("P1", null) ?? Unknown,
        run.Tokens?.ToString("N0", null) ?? Unknown,
        run.Seconds is { } seconds ? RunSummary.Duration(seconds) : Unknown,
        run.TokensPerSecond?.ToString("N0", null) ?? Unknown,
        run.Parameters?.ToString("N0", null) ?? Unknown,
    ];

    // Words to the left, numbers to the right.
    private static IEnumerable<string> Aligned(List<string[]> rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        return rows.Select(row => string.Join("  ", row.Select((cell, column) => column < 2 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))).TrimEnd());
    }

    private static string Name(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
}
