using Loquat.Evaluation;
using Loquat.Tasks;

namespace Loquat.Cli.Display;

/// <summary>Results of tasks in words: a row a metric with its interval, the categories below, then what the numbers do not say.</summary>
internal static class TaskTable
{
    public static IEnumerable<string> Lines(IReadOnlyList<TaskResult> results)
    {
        var several = results.Select(r => r.Model).Distinct().Count() > 1;
        List<string[]> rows = [["task", "model", "metric", "value", "95 % interval", "stderr", "n", "few-shot"]];
        foreach (var result in results)
        {
            rows.AddRange(result.Metrics.Select(m => Row(result.Task.Name, result, m, result.Documents.Count)));
            foreach (var category in result.Categories.Concat(result.Contamination)) rows.AddRange(category.Metrics.Take(1).Select(m => Row($"  {category.Name}", result, m, category.Count)));
        }
        foreach (var line in Aligned(rows, several ? [] : [1])) yield return line;
        foreach (var task in results.Select(r => r.Task).Where(t => t.Caveat is not null).DistinctBy(t => t.Name))
        {
            yield return "";
            foreach (var line in WordWrap.Lines($"{task.Name}: {task.Caveat}", 110)) yield return line;
        }
    }

    public static IEnumerable<string> Lines(IReadOnlyList<ModelComparison> comparisons, string first, string second)
    {
        yield return $"{second} less {first}:";
        List<string[]> rows = [["task", "metric", "difference", "95 % interval", "p", "test", "verdict"]];
        rows.AddRange(comparisons.Select(c => new[]
        {
            c.Task, c.Metric, Signed(c.Difference.Value), Interval(c.Difference), c.PValue < 0.0001 ? "<0.0001" : $"{c.PValue:F4}", c.Test,
            c.IsDifference ? $"{(c.SecondIsBetter ? second : first)} is better" : "no difference shown",
        }));
        foreach (var line in Aligned(rows, [])) yield return line;
    }

    private static string[] Row(string name, TaskResult result, TaskMetric metric, int count) =>
        [name, result.Model, $"{metric.Name}{(metric.LowerIsBetter ? " (lower)" : "")}", Number(metric.Estimate.Value), Interval(metric.Estimate), Number(metric.Estimate.StandardError), $"{count:N0}", $"{result.FewShot}"];

    private static string Interval(Estimate estimate) => double.IsFinite(estimate.Low) ? $"{Number(estimate.Low)} to {Number(estimate.High)}" : "–";

    private static string Number(double value) => double.IsFinite(value) ? Math.Abs(value) >= 1000 ? $"{value:N1}" : $"{value:F4}" : "–";

    private static string Signed(double value) => value >= 0 ? $"+{Number(value)}" : Number(value);

    private static IEnumerable<string> Aligned(List<string[]> rows, int[] without)
    {
        int[] columns = [.. Enumerable.Range(0, rows[0].Length).Except(without)];
        var widths = columns.ToDictionary(c => c, c => rows.Max(row => row[c].Length));
        return rows.Select(row => string.Join("  ", columns.Select(c => row[c].PadRight(widths[c]))).TrimEnd());
    }
}
