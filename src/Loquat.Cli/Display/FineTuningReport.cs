using System.Globalization;
using Loquat.FineTuning;

namespace Loquat.Cli.Display;

/// <summary>The result of a task in words and tables.</summary>
internal static class FineTuningReport
{
    private const int MostClasses = 20, WidestTable = 12, LongestText = 100, LongestName = 16, MostWorst = 5;

    public static IEnumerable<string> Lines(TaskResult result)
    {
        var width = result.Figures.Max(figure => figure.Name.Length) + 2;
        foreach (var figure in result.Figures)
            yield return string.Create(CultureInfo.InvariantCulture, $"{figure.Name.PadRight(width)}{figure.Value:0.0000}{(figure is { Low: { } low, High: { } high } ? $"  (95 % interval {low:0.0000} to {high:0.0000}, {result.Count:N0} test examples)" : "")}");
        foreach (var line in Classes(result.Classes)) yield return line;
        if (result.Confusion is { Labels.Count: <= WidestTable } confusion)
            foreach (var line in Confusion(confusion)) yield return line;
        if (result.Worst.Count == 0) yield break;
        yield return "";
        yield return "the surest mistakes";
        foreach (var worst in result.Worst.Take(MostWorst))
        {
            var sure = worst.Probability is { } probability ? string.Create(CultureInfo.InvariantCulture, $" ({probability:0.000})") : "";
            yield return $"  {Short(worst.Expected, LongestText)} taken for {Short(worst.Predicted, LongestText)}{sure}: {Short(worst.Text.ReplaceLineEndings(" "), LongestText)}";
        }
    }

    private static IEnumerable<string> Classes(IReadOnlyList<ClassFigure> classes)
    {
        if (classes.Count == 0) yield break;
        var width = Math.Max(5, classes.Take(MostClasses).Max(c => ScreenLine.Columns(Short(c.Label, LongestName))));
        yield return "";
        yield return $"{"class".PadRight(width)}  precision  recall      F1  examples";
        foreach (var c in classes.Take(MostClasses))
            yield return string.Create(CultureInfo.InvariantCulture, $"{Padded(Short(c.Label, LongestName), width)}  {c.Precision,9:0.000}  {c.Recall,6:0.000}  {c.F1,6:0.000}  {c.Count,8:N0}");
        if (classes.Count > MostClasses) yield return $"and {classes.Count - MostClasses} more: results.json";
    }

    private static IEnumerable<string> Confusion(ConfusionCounts confusion)
    {
        string[] names = [.. confusion.Labels.Select(label => Short(label, LongestName))];
        var first = Math.Max(4, names.Max(ScreenLine.Columns));
        var cell = Math.Max(5, names.Max(ScreenLine.Columns)) + 2;
        yield return "";
        yield return $"{"".PadRight(first)}  taken for";
        yield return $"{"true".PadRight(first)}{string.Concat(names.Select(name => new string(' ', cell - ScreenLine.Columns(name)) + name))}";
        for (var i = 0; i < names.Length; i++)
            yield return $"{Padded(names[i], first)}{string.Concat(confusion.Counts[i].Select(count => count.ToString("N0", CultureInfo.InvariantCulture).PadLeft(cell)))}";
    }

    private static string Padded(string text, int width) => text + new string(' ', Math.Max(0, width - ScreenLine.Columns(text)));

    private static string Short(string text, int most) => ScreenLine.Fit(text, most);
}
