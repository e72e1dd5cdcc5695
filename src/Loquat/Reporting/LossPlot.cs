using System.Text.Json;

namespace Loquat.Reporting;

/// <summary>The loss curve of a run as a picture, drawn from its `metrics.jsonl`.</summary>
public static class LossPlot
{
    private const int Width = 960;
    private const int Height = 600;

    /// <summary>Writes a PNG; where drawing fails (a system without its graphics library), the run goes on without the picture.</summary>
    /// <returns>Whether it was written.</returns>
    public static bool Write(string path, string metricsPath)
    {
        var (training, smoothed, validation) = Read(metricsPath);
        try
        {
            Draw(path, training, smoothed, validation);
            return true;
        }
        catch (Exception error) when (error is TypeInitializationException or DllNotFoundException or IOException)
        {
            return false;
        }
    }

    // Apart, so that a missing graphics library fails here and not when Write is compiled.
    private static void Draw(string path, Curve training, Curve smoothed, Curve validation)
    {
        using var plot = new ScottPlot.Plot();
        Line(training, "training", ScottPlot.Colors.LightGray, 1);
        Line(smoothed, "training, smoothed", ScottPlot.Colors.SteelBlue, 2);
        Line(validation, "validation", ScottPlot.Colors.OrangeRed, 2);
        plot.XLabel("step");
        plot.YLabel("loss (nats per token)");
        plot.ShowLegend(ScottPlot.Alignment.UpperRight);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        plot.SavePng(path, Width, Height);

        void Line(Curve curve, string name, ScottPlot.Color color, float width)
        {
            if (curve.Steps.Count == 0) return;
            var line = plot.Add.Scatter(curve.Steps, curve.Losses, color);
            (line.LegendText, line.LineWidth, line.MarkerSize) = (name, width, curve.Steps.Count == 1 ? 6 : 0);
        }
    }

    private static (Curve Training, Curve Smoothed, Curve Validation) Read(string metricsPath)
    {
        Curve training = new([], []), smoothed = new([], []), validation = new([], []);
        foreach (var text in File.ReadLines(metricsPath))
        {
            using var line = JsonDocument.Parse(text);
            var step = line.RootElement.GetProperty("step").GetDouble();
            Add(training, "loss");
            Add(smoothed, "smoothed_loss");
            Add(validation, "eval_loss");

            void Add(Curve curve, string field)
            {
                if (!line.RootElement.TryGetProperty(field, out var value) || value.ValueKind != JsonValueKind.Number) return;
                curve.Steps.Add(step);
                curve.Losses.Add(value.GetDouble());
            }
        }
        return (training, smoothed, validation);
    }

    private sealed record Curve(List<double> Steps, List<double> Losses);
}
