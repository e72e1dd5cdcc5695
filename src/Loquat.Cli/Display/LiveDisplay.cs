using System.Runtime.InteropServices;
using Loquat.Evaluation;
using Loquat.Reporting;
using Loquat.Text.Datasets;
using Spectre.Console;

namespace Loquat.Cli.Display;

/// <summary>A run's progress in a terminal, painted anew a few times a second and whenever the terminal's size changes.</summary>
internal sealed class LiveDisplay : ITrainingReporter, IDisposable
{
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(200);

    private readonly LiveRegion _region;
    private readonly TimeProvider _clock;
    private readonly TrainingProgress _progress;
    private readonly TrainingView _view;
    private readonly PosixSignalRegistration? _resized;
    private readonly Lock _gate = new();
    private long? _drawn;
    private string? _stage;
    private long _stageStarted;

    /// <param name="progress">Fresh, for this display alone.</param>
    public LiveDisplay(IAnsiConsole console, TimeProvider clock, TrainingProgress progress)
    {
        (_region, _clock, _progress, _view) = (new LiveRegion(console), clock, progress, new TrainingView(progress));
        if (!OperatingSystem.IsWindows()) _resized = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => Draw(() => { }));
    }

    public void Started(long step, long maxSteps, bool evaluated) => Draw(() => _progress.Started(step, maxSteps));

    public void Planned(long step, long maxSteps, long evalSteps) => Draw(() => _progress.Planned(maxSteps, evalSteps));

    public void Step(StepReport report) => Draw(() => _progress.Add(report), mayWait: report.Step != _progress.MaxSteps);

    public void Working(StageProgress stage) => Draw(
        () =>
        {
            _progress.Working(stage);
            var now = _clock.GetTimestamp();
            if (stage.Stage != _stage || stage.Done == 0) (_stage, _stageStarted) = (stage.Stage, now);
            _view.Working(stage, stage.Done / Math.Max(1e-3, _clock.GetElapsedTime(_stageStarted, now).TotalSeconds));
        },
        mayWait: stage.Done > 0 && stage.Done < stage.Total);

    public void Evaluated(long step, EvaluationResult result, bool better) => Draw(() =>
    {
        _stage = null;
        _progress.Evaluated();
        _view.Evaluated(step, result, better);
    });

    public void Sampled(long step, string text) => Draw(() => _view.Sampled(text));

    public void Saved(long step)
    {
    }

    public void Finished() => Draw(() => { });

    public void Dispose()
    {
        _resized?.Dispose();
        lock (_gate) _region.Close();
    }

    // The signal comes on a thread of its own.
    private void Draw(Action change, bool mayWait = false)
    {
        lock (_gate)
        {
            change();
            if (mayWait && _drawn is { } last && _clock.GetElapsedTime(last) < _interval) return;
            _drawn = _clock.GetTimestamp();
            var (width, height) = _region.Size;
            _region.Paint(_view.Lines(width, height));
        }
    }
}
