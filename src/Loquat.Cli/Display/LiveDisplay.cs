using Loquat.Evaluation;
using Loquat.Reporting;
using Spectre.Console;
using Spectre.Console.Rendering;
using Words = Spectre.Console.Text;

namespace Loquat.Cli.Display;

/// <summary>A run's progress in a terminal: figures, a bar and the loss curve, drawn anew a few times a second.</summary>
internal sealed class LiveDisplay : ITrainingReporter
{
    private const int ChartHeight = 6;
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(200);

    private readonly LiveDisplayContext _context;
    private readonly TimeProvider _clock;
    private readonly TrainingProgress _progress;
    private readonly int _width;
    private string _validation = "–";
    private string? _sample;
    private long? _drawn;

    private LiveDisplay(LiveDisplayContext context, TimeProvider clock, double? limitTokensPerSecond, int width)
    {
        (_context, _clock, _width) = (context, clock, Math.Clamp(width - 4, 20, 100));
        _progress = new TrainingProgress(limitTokensPerSecond);
    }

    /// <summary>Shows what <paramref name="run"/> reports for as long as it runs.</summary>
    public static T Run<T>(IAnsiConsole console, TimeProvider clock, double? limitTokensPerSecond, Func<ITrainingReporter, T> run) =>
        console.Live(new Words("")).AutoClear(false).Start(context => run(new LiveDisplay(context, clock, limitTokensPerSecond, console.Profile.Width)));

    public void Started(long step, long maxSteps, bool evaluated)
    {
        _progress.Started(step, maxSteps);
        Draw();
    }

    public void Step(StepReport report)
    {
        _progress.Add(report);
        if (_drawn is { } last && _clock.GetElapsedTime(last) < _interval && report.Step != _progress.MaxSteps) return;
        Draw();
    }

    public void Evaluated(long step, EvaluationResult result, bool better)
    {
        _validation = $"{result.Loss:F4} ± {result.LossInterval:F4}, {result.BitsPerByte:F4} bits per byte at step {step:N0}{(better ? " (best)" : "")}";
        Draw();
    }

    public void Sampled(long step, string text)
    {
        _sample = text.ReplaceLineEndings(" ");
        Draw();
    }

    public void Saved(long step)
    {
    }

    public void Finished() => Draw();

    private void Draw()
    {
        _drawn = _clock.GetTimestamp();
        var rows = new List<IRenderable>
        {
            new Words($"step {_progress.Step:N0} of {_progress.MaxSteps:N0}   smoothed loss {Number(_progress.SmoothedLoss)}   lr {_progress.LearningRate:G3}"),
            new Words($"{_progress.TokensPerSecond:N0} tokens/s{Limit}   {Left} left"),
            new Words($"validation {_validation}"),
            new Words(Bar),
        };
        rows.AddRange(LossChart.Draw(_progress.Losses, _width, ChartHeight).Select(line => new Words(line, new Style(Color.Orange1))));
        if (_sample is { } sample) rows.Add(new Words(sample.Length > 2 * _width ? sample[..(2 * _width)] + "…" : sample, new Style(Color.Grey)));
        _context.UpdateTarget(new Panel(new Rows(rows)).Header("training").RoundedBorder());
    }

    private string Limit => _progress.FractionOfLimit is { } fraction ? $", {fraction:P0} of the machine's limit" : "";

    private string Left => _progress.Remaining is { } left ? $"{left:hh\\:mm\\:ss}" : "–";

    private string Bar
    {
        get
        {
            var filled = _progress.MaxSteps == 0 ? 0 : (int)(_progress.Step * _width / _progress.MaxSteps);
            return new string('━', filled) + new string('╌', _width - filled);
        }
    }

    private static string Number(double value) => double.IsNaN(value) ? "–" : value.ToString("F4", null);
}
