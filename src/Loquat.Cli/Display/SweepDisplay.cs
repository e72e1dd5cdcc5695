using Loquat.Reporting;
using Loquat.Runs;
using Loquat.Sweeping;
using Loquat.Sweeps.Trials;
using Loquat.Text.Datasets;
using Spectre.Console;

namespace Loquat.Cli.Display;

/// <summary>A sweep while it goes on: in a terminal a table that is painted anew in place, elsewhere a line for each thing that happens.</summary>
/// <param name="terminal">Null: plain lines.</param>
internal sealed class SweepDisplay(TextWriter output, IAnsiConsole? terminal, Sweep sweep, TimeProvider clock) : ISweepReporter, IDisposable
{
    private const int Orange = 214, HeadRows = 4;
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(250);

    private readonly SweepTable _table = new(sweep);
    private readonly LiveRegion? _region = terminal is null ? null : new(terminal);
    private IReadOnlyList<Trial> _trials = [];
    private string _now = "";
    private double _share;
    private long? _painted;

    public void Known(IReadOnlyList<Trial> trials)
    {
        _trials = trials;
        Paint(mayWait: false);
    }

    public void Began(Trial trial)
    {
        (_now, _share) = ($"trial {trial.Number}: {_table.Choices(trial)}", 0);
        if (_region is null) output.WriteLine($"trial {trial.Number} {(trial.Reports.Count == 0 ? "begins" : "goes on")}: {_table.Choices(trial)}");
        else Paint(mayWait: false);
    }

    public void Noted(string line)
    {
        if (_region is null) output.WriteLine(line);
    }

    public void Working(StageProgress stage)
    {
        if (_region is null) return;
        (_now, _share) = ($"{stage.Stage}: {stage.Done:N0}{(stage.Total > 0 ? $" of {stage.Total:N0}" : "")} {stage.Unit}", stage.Total > 0 ? (double)stage.Done / stage.Total : 0);
        Paint(mayWait: true);
    }

    public void Stepped(Trial trial, StepReport report, long maxSteps)
    {
        if (_region is null) return;
        (_now, _share) = ($"trial {trial.Number}: step {report.Step:N0} of {maxSteps:N0}   smoothed loss {report.SmoothedLoss:F4}   {report.Tokens / Math.Max(1e-9, report.Seconds):N0} tokens/s", (double)report.Step / maxSteps);
        Paint(mayWait: true);
    }

    public void Evaluated(Trial trial, long step, double value)
    {
        if (_region is null) output.WriteLine($"trial {trial.Number}  step {step:N0}  {_table.Title} {value:F4}");
    }

    public void Ended(Trial trial)
    {
        if (_region is not null) return;
        var reason = trial.Error is { } error ? $": {error}" : $": {_table.Title} {_table.Value(trial)}";
        output.WriteLine($"trial {trial.Number} {trial.State.ToString().ToLowerInvariant()}{reason}{(trial.Error is null ? $" after {RunSummary.Duration(trial.Seconds)}" : "")}");
    }

    public void Dispose() => _region?.Close();

    private void Paint(bool mayWait)
    {
        if (_region is null || (mayWait && _painted is { } last && clock.GetElapsedTime(last) < _interval)) return;
        _painted = clock.GetTimestamp();
        var (width, height) = _region.Size;
        List<ScreenLine> lines = [new(ScreenLine.Fit(_table.Summary(_trials), width), Orange), new(ScreenLine.Fit(TrainingView.Bar(width, _share, _now), width))];
        if (height > HeadRows && _trials.Count > 0) lines.AddRange(_table.Lines(_trials, height - HeadRows).Select(line => new ScreenLine(ScreenLine.Fit(line, width))));
        _region.Paint(lines.Count <= height ? lines : lines[..height]);
    }
}
