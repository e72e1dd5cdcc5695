using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Text.Files;

namespace Loquat.Runs;

/// <summary>What the model wrote at a step.</summary>
public sealed record RunSample(long Step, string Text);

/// <summary>Everything about one run, as its folder tells it: what the HTML page shows.</summary>
public sealed record RunReport
{
    /// <summary>The figures of <see cref="RunCatalog"/>.</summary>
    public required RunSummary Summary { get; init; }

    /// <summary>Curves and evaluations.</summary>
    public required RunMetrics Metrics { get; init; }

    /// <summary>The recipe with its machine, data and changes; null where it cannot be read.</summary>
    public required RecipeLock? Lock { get; init; }

    /// <summary>The text of `recipe.lock.yaml`.</summary>
    public required string RecipeText { get; init; }

    /// <summary>What the model wrote, by step, in order.</summary>
    public required IReadOnlyList<RunSample> Samples { get; init; }

    /// <summary>When this was read.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Reads a run's folder, also while the run writes it.</summary>
    /// <param name="clock">Default: the system's.</param>
    /// <exception cref="LoquatException">There is no run, or its metrics are damaged.</exception>
    public static RunReport Read(RunFolder folder, TimeProvider? clock = null) => Read(folder, clock, atEnd: false);

    internal static RunReport Read(RunFolder folder, TimeProvider? clock, bool atEnd)
    {
        var summary = RunSummary.Read(folder);
        if (atEnd && summary.State == RunState.Running) summary = summary with { State = RunState.Stopped };
        if (summary.State == RunState.Damaged) throw new DataException($"{folder.Root}: {summary.Fault}");
        return new()
        {
            Summary = summary,
            Metrics = RunMetrics.Read(folder.Metrics),
            Lock = RecipeLock.Read(folder.Recipe),
            RecipeText = File.ReadAllText(folder.Recipe),
            Samples = ReadSamples(folder.Samples),
            At = (clock ?? TimeProvider.System).GetUtcNow(),
        };
    }

    /// <summary>Writes the page: one file that needs no other and no network.</summary>
    /// <exception cref="MachineException">It cannot be written.</exception>
    public void WriteHtml(string path)
    {
        var page = HtmlReport.Page(this);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        AtomicFolder.WriteFile(path, file => file.Write(System.Text.Encoding.UTF8.GetBytes(page)));
    }

    private static List<RunSample> ReadSamples(string folder)
    {
        if (!Directory.Exists(folder)) return [];
        return [.. Directory.EnumerateFiles(folder, "*.txt")
            .Select(file => (Step: long.TryParse(Path.GetFileNameWithoutExtension(file), out var step) ? step : -1, File: file))
            .Where(sample => sample.Step >= 0).OrderBy(sample => sample.Step)
            .Select(sample => new RunSample(sample.Step, File.ReadAllText(sample.File).TrimEnd('\n')))];
    }
}
