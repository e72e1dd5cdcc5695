using System.Globalization;

namespace Loquat.Reporting;

/// <summary>A step of a learning rate test.</summary>
/// <param name="LearningRate">The rate used.</param>
/// <param name="Loss">Mean loss of the step's tokens before it, in nats.</param>
/// <param name="SmoothedLoss">Moving average of it.</param>
public readonly record struct LearningRatePoint(double LearningRate, double Loss, double SmoothedLoss);

/// <summary>A learning rate test as a picture: loss over rate.</summary>
public static class LearningRatePlot
{
    private static readonly ScottPlot.Color _raw = new(150, 170, 195);
    private static readonly ScottPlot.Color _smoothed = new(37, 99, 170);
    private static readonly ScottPlot.Color _chosen = new(214, 88, 24);

    /// <summary>Writes a PNG; where drawing fails, as on a system without its graphics library, there is none.</summary>
    /// <param name="suggested">The rate to mark; null: none.</param>
    /// <returns>Whether it was written.</returns>
    public static bool Write(string path, IReadOnlyList<LearningRatePoint> points, double? suggested, string title) => PlotPicture.Write(path, () => Draw(points, suggested, title));

    private static byte[] Draw(IReadOnlyList<LearningRatePoint> points, double? suggested, string title)
    {
        using var plot = new ScottPlot.Plot();
        var rates = points.Select(p => Math.Log10(p.LearningRate)).ToArray();
        Line(points.Select(p => p.Loss), "loss of each step", _raw, 1.2f);
        Line(points.Select(p => p.SmoothedLoss), "loss, smoothed", _smoothed, 2.5f);
        if (suggested is { } rate)
        {
            var line = plot.Add.VerticalLine(Math.Log10(rate), 2, _chosen, ScottPlot.LinePattern.Dashed);
            line.LegendText = string.Create(CultureInfo.InvariantCulture, $"steepest fall: {rate:0.##e+0}");
        }
        // What came of a spoiled model would flatten the rest.
        var (low, first) = (points.Min(p => p.SmoothedLoss), points[0].SmoothedLoss);
        plot.Axes.SetLimitsY(low - 0.1 * Math.Max(0.1, first - low), Math.Max(first, low) + 0.35 * Math.Max(0.1, first - low));
        int[] decades = [.. Enumerable.Range((int)Math.Floor(rates[0]), (int)Math.Ceiling(rates[^1]) - (int)Math.Floor(rates[0]) + 1)];
        plot.Axes.Bottom.SetTicks([.. decades.Select(d => (double)d)], [.. decades.Select(d => d is >= -2 and <= 2 ? Math.Pow(10, d).ToString("0.##", CultureInfo.InvariantCulture) : $"1e{d}")]);
        return PlotPicture.OfLosses(plot, title, "learning rate (logarithmic)", ScottPlot.Alignment.LowerLeft);

        void Line(IEnumerable<double> losses, string name, ScottPlot.Color color, float width)
        {
            var line = plot.Add.Scatter(rates, losses.ToArray(), color);
            (line.LegendText, line.LineWidth, line.MarkerSize) = (name, width, 0);
        }
    }
}
