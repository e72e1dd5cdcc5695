namespace Loquat.Reporting;

/// <summary>The loss curve of a run as a picture, drawn from its `metrics.jsonl`.</summary>
public static class LossPlot
{
    private const int MostPoints = 2000;

    private static readonly ScottPlot.Color _raw = new(150, 170, 195);
    private static readonly ScottPlot.Color _smoothed = new(37, 99, 170);
    private static readonly ScottPlot.Color _validation = new(214, 88, 24);
    private static readonly ScottPlot.Color _limit = new(30, 130, 90);

    /// <summary>Writes a PNG; where drawing fails (a system without its graphics library, a full disk), the run goes on without the picture.</summary>
    /// <param name="title">Of the picture: the run's name.</param>
    /// <returns>Whether it was written.</returns>
    public static bool Write(string path, RunMetrics metrics, string title) => PlotPicture.Write(path, () => Draw(metrics, title));

    private static byte[] Draw(RunMetrics metrics, string title)
    {
        using var plot = new ScottPlot.Plot();
        var evaluations = metrics.Evaluations.Where(e => double.IsFinite(e.Loss)).ToList();
        Line(Curve.Thin(metrics.Steps.Select(s => ((double)s.Step, s.Loss)), MostPoints), "training loss of each logged step", _raw, 1.2f);
        Line(Curve.Thin(metrics.Steps.Select(s => ((double)s.Step, s.SmoothedLoss)), MostPoints), "training loss, smoothed", _smoothed, 2.5f);
        Line([.. evaluations.Select(e => ((double)e.Step, e.Loss))], "validation loss", _validation, 2, marker: 8);
        if (metrics.Limit is { } limit)
        {
            var line = plot.Add.HorizontalLine(limit, 2, _limit, ScottPlot.LinePattern.Dashed);
            line.LegendText = $"the limit: the text's true entropy, {limit:0.####}";
        }
        if (metrics.Best is { } best)
        {
            var ring = plot.Add.Marker(best.Step, best.Loss, ScottPlot.MarkerShape.OpenCircle, 16, _validation);
            ring.MarkerLineWidth = 2.5f;
            ring.LegendText = $"best: {best.Loss:0.####} at step {best.Step:N0}";
        }
        if (metrics.Steps.Count > 0) plot.Axes.SetLimitsX(0, metrics.Steps[^1].Step * 1.015);
        return PlotPicture.OfLosses(plot, title, "optimizer step", ScottPlot.Alignment.UpperRight);

        void Line(IReadOnlyList<(double X, double Y)> points, string name, ScottPlot.Color color, float width, float marker = 0)
        {
            if (points.Count == 0) return;
            var line = plot.Add.Scatter(points.Select(p => p.X).ToArray(), points.Select(p => p.Y).ToArray(), color);
            (line.LegendText, line.LineWidth, line.MarkerSize) = (name, width, points.Count == 1 ? 8 : marker);
        }
    }
}
