using System.Globalization;
using Loquat.Runs;
using Loquat.Sweeping;
using Loquat.Sweeps;
using Loquat.Sweeps.Trials;

namespace Loquat.Cli.Display;

/// <summary>Trials in words: how many there are of each kind, then a row for each, those that run first, then the best.</summary>
internal sealed class SweepTable(Sweep sweep)
{
    private const string Unknown = "–";

    private readonly string[] _keys = [.. sweep.Space!.Parameters.Select(p => p.Name)];

    /// <summary>How the sweep stands, in a line.</summary>
    public string Summary(IReadOnlyList<Trial> trials)
    {
        var counts = string.Join(", ", trials.GroupBy(t => t.State).OrderBy(g => g.Key).Select(g => $"{g.Count()} {g.Key.ToString().ToLowerInvariant()}"));
        var best = Study.BestOf(trials) is { } trial ? $"; best {Value(trial)} (trial {trial.Number})" : "";
        return $"{trials.Count} of {sweep.Budget.Trials:N0} trials{(counts.Length > 0 ? $": {counts}" : "")}; {RunSummary.Duration(trials.Sum(t => t.Seconds))} of training{best}";
    }

    /// <summary>The table.</summary>
    /// <param name="rows">Trials at most.</param>
    public IEnumerable<string> Lines(IReadOnlyList<Trial> trials, int rows)
    {
        var best = Study.BestOf(trials)?.Number;
        var shown = trials.OrderBy(t => t.State switch { TrialState.Running => 0, TrialState.Finished => 1, TrialState.Failed => 3, _ => 2 }).ThenBy(t => t.Loss ?? double.PositiveInfinity).ThenBy(t => t.Number).Take(rows).ToList();
        var names = SweepNames();
        List<string[]> cells = [["trial", "state", Title, "steps", "time", .. _keys.Select(k => names[k])]];
        cells.AddRange(shown.Select(t => (string[])
        [
            $"{t.Number}{(t.Number == best ? "*" : "")}", t.State.ToString().ToLowerInvariant(), Value(t), $"{(t.Reports.Count == 0 ? 0 : t.Reports[^1].Resource):N0}", RunSummary.Duration(t.Seconds),
            .. _keys.Select(k => t.Configuration.TryGetValue(k, out var value) ? Short(value) : Unknown),
        ]));
        var widths = Enumerable.Range(0, cells[0].Length).Select(column => cells.Max(row => row[column].Length)).ToArray();
        foreach (var row in cells) yield return string.Join("  ", row.Select((cell, column) => column == 1 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))).TrimEnd();
    }

    /// <summary>The value that a trial had last.</summary>
    public string Value(Trial trial) => trial.Loss is { } loss && double.IsFinite(loss) ? sweep.Objective.Signed(loss).ToString("F4", CultureInfo.InvariantCulture) : Unknown;

    /// <summary>What was chosen for a trial, in short.</summary>
    public string Choices(Trial trial)
    {
        var names = SweepNames();
        return string.Join(' ', trial.Configuration.Values.Select(v => $"{names[v.Key]}={Short(v.Value)}"));
    }

    public string Title => sweep.Objective.Metric switch { SweepMetric.Loss => "loss", SweepMetric.BitsPerByte => "bits/byte", _ => "score" };

    private Dictionary<string, string> SweepNames() => _keys.ToDictionary(key => key, key => _keys.Count(other => other.Split('.')[^1] == key.Split('.')[^1]) == 1 ? key.Split('.')[^1] : key);

    private static string Short(string value) => value.Length > 8 && double.TryParse(value, CultureInfo.InvariantCulture, out var number) ? number.ToString("G4", CultureInfo.InvariantCulture) : value;
}
