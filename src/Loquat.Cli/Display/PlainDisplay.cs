using Loquat.Evaluation;
using Loquat.Reporting;
using Loquat.Text.Datasets;

namespace Loquat.Cli.Display;

/// <summary>A run's progress as plain lines, for redirected output: the first step, then at most one line every few seconds, and every evaluation.</summary>
/// <param name="output">Standard error: standard output is for results.</param>
/// <param name="progress">Fresh, for this display alone.</param>
internal sealed class PlainDisplay(TextWriter output, TimeProvider clock, TrainingProgress progress) : ITrainingReporter
{
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(5);

    private long? _written;
    private long _stageStarted;
    private long? _overfitting;

    public void Started(long step, long maxSteps, bool evaluated)
    {
        progress.Started(step, maxSteps);
        if (step > 0) output.WriteLine($"resuming after step {step:N0} of {maxSteps:N0}");
    }

    public void Planned(long step, long maxSteps, long evalSteps) => progress.Planned(maxSteps, evalSteps);

    public void Step(StepReport report)
    {
        progress.Add(report);
        if (_written is { } last && clock.GetElapsedTime(last) < _interval && report.Step != progress.MaxSteps) return;
        _written = clock.GetTimestamp();
        var limit = progress.FractionOfLimit is { } fraction ? $" ({fraction:P0} of the limit)" : "";
        output.WriteLine($"step {report.Step:N0}/{progress.MaxSteps:N0}  smoothed loss {report.SmoothedLoss:F4}  {progress.TokensPerSecond:N0} tokens/s{limit}  {Left(progress.Remaining ?? default)} left");
    }

    public void Working(StageProgress stage)
    {
        progress.Working(stage);
        var now = clock.GetTimestamp();
        if (stage.Done == 0) _stageStarted = now;
        if (stage.Done == 0 || stage.Done == stage.Total || clock.GetElapsedTime(_stageStarted, now) < _interval || (_written is { } last && clock.GetElapsedTime(last, now) < _interval)) return;
        _written = now;
        var rate = stage.Done / clock.GetElapsedTime(_stageStarted, now).TotalSeconds;
        output.WriteLine($"{stage.Stage}: {stage.Done:N0} of {stage.Total:N0} {stage.Unit}  {rate:N1} {stage.Unit}/s  {Left(TimeSpan.FromSeconds((stage.Total - stage.Done) / rate))} left");
    }

    public void Evaluated(long step, EvaluationResult result, bool better)
    {
        progress.Evaluated();
        output.WriteLine($"step {step:N0}  validation loss {EvaluationReport.Estimate(result.Loss, result.LossInterval)}{EvaluationReport.Figure("  ", result)}{(better ? "  (best)" : "")}");
        // Once, when it begins.
        if (OverfittingNote.Of(result) is { } note && _overfitting != result.OverfittingSince) output.WriteLine(note);
        _overfitting = result.OverfittingSince;
    }

    public void Sampled(long step, string text) => output.WriteLine($"step {step:N0}  sample: {ScreenLine.Fit(text.ReplaceLineEndings(" "), int.MaxValue)}");

    public void Saved(long step)
    {
    }

    public void Finished() => output.Flush();

    private static string Left(TimeSpan time) => TrainingView.Duration(time);
}
