using Loquat.Reporting;

namespace Loquat.FineTuning;

/// <summary>A confusion matrix as a picture: rows are the true classes, columns what they were taken for, colors shares of a row.</summary>
public static class ConfusionPlot
{
    private const int MostClasses = 40, MostNumbers = 16, LongestName = 18;

    private static readonly ScottPlot.Color _ink = new(45, 50, 60);

    /// <summary>Writes a PNG; where drawing fails (a system without its graphics library, a full disk), the run goes on without the picture.</summary>
    /// <returns>Whether it was written; not where there are more classes than can be told apart.</returns>
    public static bool Write(string path, ConfusionCounts counts) => counts.Labels.Count <= MostClasses && PlotPicture.Write(path, () => Draw(counts));

    private static byte[] Draw(ConfusionCounts counts)
    {
        var classes = counts.Labels.Count;
        var shares = new double[classes, classes];
        for (var i = 0; i < classes; i++)
        {
            var all = Math.Max(1, counts.Counts[i].Sum());
            for (var j = 0; j < classes; j++) shares[i, j] = (double)counts.Counts[i][j] / all;
        }
        using var plot = new ScottPlot.Plot();
        for (var i = 0; i < classes; i++)
        {
            for (var j = 0; j < classes; j++)
            {
                // The first class stands at the top.
                var (x, y) = (j, classes - 1 - i);
                var cell = plot.Add.Rectangle(x - 0.5, x + 0.5, y - 0.5, y + 0.5);
                (cell.FillColor, cell.LineColor, cell.LineWidth) = (Shade(shares[i, j]), ScottPlot.Colors.White, 1);
                if (classes > MostNumbers) continue;
                var text = plot.Add.Text($"{counts.Counts[i][j]:N0}", x, y);
                text.LabelFontSize = classes <= 6 ? 20 : 13;
                text.LabelFontColor = shares[i, j] > 0.55 ? ScottPlot.Colors.White : _ink;
                text.LabelAlignment = ScottPlot.Alignment.MiddleCenter;
            }
        }
        string[] names = [.. counts.Labels.Select(Short)];
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericManual([.. Enumerable.Range(0, classes).Select(i => (double)i)], names);
        plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericManual([.. Enumerable.Range(0, classes).Select(i => (double)(classes - 1 - i))], names);
        if (classes > 6)
        {
            plot.Axes.Bottom.TickLabelStyle.Rotation = 45;
            plot.Axes.Bottom.TickLabelStyle.Alignment = ScottPlot.Alignment.MiddleLeft;
        }
        plot.Axes.Left.MinimumSize = 60 + 7 * names.Max(name => name.Length);
        plot.Axes.Bottom.MinimumSize = classes > 6 ? 40 + 5 * names.Max(name => name.Length) : 58;
        plot.Axes.Margins(0, 0);
        plot.Axes.SetLimits(-0.5, classes - 0.5, -0.5, classes - 0.5);
        plot.HideGrid();
        plot.XLabel("predicted", 15);
        plot.YLabel("true", 15);
        plot.Axes.Color(_ink);
        if (PlotPicture.Sans() is { } font) plot.Font.Set(font);
        var size = Math.Clamp(260 + 60 * classes, 420, 1400);
        return plot.GetImageBytes(size + 90, size, ScottPlot.ImageFormat.Png);
    }

    // From nearly white to the blue of the curves.
    private static ScottPlot.Color Shade(double share) => new((byte)(244 - 207 * share), (byte)(247 - 148 * share), (byte)(251 - 81 * share));

    private static string Short(string name) => name.Length <= LongestName ? name : $"{name[..(LongestName - 1)]}…";
}
