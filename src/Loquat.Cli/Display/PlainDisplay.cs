using Loquat.Evaluation;
using Loquat.Reporting;

namespace Loquat.Cli.Display;

/// <summary>A run's progress as plain lines, for redirected output: the first step, then at most one line every few seconds, and every evaluation.</summary>
/// <param name="output">Standard error: standard output is for results.</param>
/// <param name="limitTokensPerSecond">The machine's limit; null where not known.</param>
internal sealed class PlainDisplay(TextWriter output, TimeProvider clock, double? limitTokensPerSecond = null) : ITrainingReporter
{
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(5);

    private readonly TrainingProgress _progress = new(limitTokensPerSecond);
    private long? _written;

    public void Started(long step, long maxSteps, bool evaluated)
    {
        _progress.Started(step, maxSteps);
        if (step > 0) output.WriteLine($"resuming after step {step:N0} of {maxSteps:N0}");
    }

    public void Step(StepReport report)
    {
        _progress.Add(report);
        if (_written is { } last && clock.GetElapsedTime(last) < _interval && report.Step != _progress.MaxSteps) return;
        _written = clock.GetTimestamp();
        var limit = _progress.FractionOfLimit is { } fraction ? $" ({fraction:P0} of the limit)" : "";
        output.WriteLine($"step {report.Step:N0}/{_progress.MaxSteps:N0}  smoothed loss {report.SmoothedLoss:F4}  {_progress.TokensPerSecond:N0} tokens/s{limit}  {_progress.Remaining:hh\\:mm\\:ss} left");
    }

    public void Evaluated(long step, EvaluationResult result, bool better) =>
        output.WriteLine($"step {step:N0}  validation loss {result.Loss:F4} ± {result.LossInterval:F4}  {result.BitsPerByte:F4} bits per byte{(better ? "  (best)" : "")}");

    public void Sampled(long step, string text) => output.WriteLine($"step {step:N0}  sample: {text.ReplaceLineEndings(" ")}");

    public void Saved(long step)
    {
    }

    public void Finished() => output.Flush();
}
