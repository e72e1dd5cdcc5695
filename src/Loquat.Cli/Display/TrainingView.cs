using Loquat.Evaluation;
using Loquat.Reporting;
using Loquat.Text.Datasets;

namespace Loquat.Cli.Display;

/// <summary>
/// What a terminal shows of a run: figures, a bar, the loss curve with its axes, the last text. In few rows the figures stay and the rest gives way, the text first.
/// </summary>
/// <param name="progress">Told of every event before the view is.</param>
internal sealed class TrainingView(TrainingProgress progress)
{
    private const int Orange = 214;
    private const int Grey = 8;
    private const int LeastChart = 3;
    private const int TallestChart = 10;
    private const int WidestChart = 100;
    private const int SampleRows = 2;
    private const int AxisRows = 2;
    private const string Gap = "   ";

    private string _validation = "–";
    private string? _sample;
    private StageProgress? _stage;
    private double _stageRate;

    public void Evaluated(long step, EvaluationResult result, bool better)
    {
        _stage = null;
        _validation = $"{EvaluationReport.Estimate(result.Loss, result.LossInterval)}{EvaluationReport.Figure(", ", result)} at step {step:N0}{(better ? " (best)" : result.OverfittingSince is { } since ? $", overfitting since step {since:N0}" : "")}";
    }

    public void Sampled(string text) => _sample = text;

    /// <param name="rate">Units a second.</param>
    public void Working(StageProgress stage, double rate) => (_stage, _stageRate) = (stage, rate);

    /// <summary>The view as lines, none wider than <paramref name="width"/> columns and not more than <paramref name="height"/>.</summary>
    public IReadOnlyList<ScreenLine> Lines(int width, int height)
    {
        var lines = Figures(width).ConvertAll(line => new ScreenLine(ScreenLine.Fit(line, width)));
        var left = height - lines.Count;
        var sample = Sample(width);
        var chart = Math.Min(TallestChart, left - AxisRows - (left - AxisRows - sample.Count >= LeastChart ? sample.Count : 0));
        if (chart >= LeastChart && LossChart.WithAxes(progress.Losses, progress.FirstStep, progress.Step, Math.Min(width, WidestChart), chart) is { Count: > 0 } curve)
        {
            lines.AddRange(curve.Select(line => new ScreenLine(line, Orange)));
            left -= curve.Count;
        }
        if (left >= sample.Count) lines.AddRange(sample);
        return lines.Count <= height ? lines : lines[..height];
    }

    private List<string> Figures(int width)
    {
        var limit = progress.FractionOfLimit is { } fraction ? $"{Gap}{fraction:P0} of the machine's limit" : "";
        var left = progress.Remaining is { } time ? $"{Duration(time)} left" : "– left";
        var figures = new List<string>();
        figures.AddRange(WordWrap.Lines($"step {progress.Step:N0} of {progress.MaxSteps:N0}{Gap}{left}{Gap}smoothed loss {Number(progress.SmoothedLoss)}{Gap}learning rate {progress.LearningRate:G3}", width, Gap));
        figures.Add(Bar(width, progress.MaxSteps == 0 ? 0 : (double)progress.Step / progress.MaxSteps, ""));
        figures.AddRange(WordWrap.Lines($"{progress.TokensPerSecond:N0} tokens/s{limit}", width, Gap));
        figures.AddRange(WordWrap.Lines($"validation {_validation}", width));
        if (_stage is { Total: > 0 } stage)
        {
            var seconds = _stageRate > 0 ? $", {_stageRate:N1} {stage.Unit}/s, {Duration(TimeSpan.FromSeconds(Math.Min(8e5, (stage.Total - stage.Done) / _stageRate)))} left" : "";
            figures.Add(Bar(width, (double)stage.Done / stage.Total, $"{stage.Stage}: {stage.Done:N0} of {stage.Total:N0} {stage.Unit}{seconds}"));
        }
        return figures;
    }

    private IReadOnlyList<ScreenLine> Sample(int width)
    {
        if (_sample is null) return [];
        var text = ScreenLine.Fit(_sample.ReplaceLineEndings(" "), SampleRows * width - 1);
        return [.. WordWrap.Lines(text, width).Take(SampleRows).Select(line => new ScreenLine(ScreenLine.Fit(line, width), Grey))];
    }

    /// <summary>A bar of the width that is left beside a text.</summary>
    internal static string Bar(int width, double share, string text)
    {
        var columns = text.Length == 0 ? Math.Min(width, WidestChart) : Math.Min(24, width - ScreenLine.Columns(text) - 1);
        if (columns < 4) return text;
        var filled = (int)(Math.Clamp(share, 0, 1) * columns);
        var bar = new string('━', filled) + new string('╌', columns - filled);
        return text.Length == 0 ? bar : $"{bar} {text}";
    }

    /// <summary>Hours, minutes and seconds; days where there are any.</summary>
    internal static string Duration(TimeSpan time) => time.TotalDays >= 1 ? $"{(int)time.TotalDays} d {time:hh\\:mm\\:ss}" : $"{time:hh\\:mm\\:ss}";

    private static string Number(double value) => double.IsNaN(value) ? "–" : value.ToString("F4", null);
}
