using Loquat.Cli.Display;
using Loquat.Evaluation;
using Loquat.Reporting;
using Loquat.Text.Datasets;

namespace Loquat.EndToEnd.Tests;

/// <summary>What a person sees of a run, at every size of terminal.</summary>
public sealed class DisplayTests
{
    private readonly ManualTime _clock = new();

    [Fact]
    public void It_fits_every_terminal_and_keeps_its_figures()
    {
        var view = View(out _);
        for (var width = 1; width <= 130; width += 3)
        {
            for (var height = 1; height <= 40; height++)
            {
                var lines = view.Lines(width, height);
                lines.Count.Should().BeInRange(1, height);
                lines.Should().OnlyContain(line => ScreenLine.Columns(line.Text) <= width, $"of {width} columns");
                lines.Should().OnlyContain(line => !line.Text.Any(char.IsControl));
                if (width >= 12) lines[0].Text.Should().StartWith("step 200");
            }
        }
        Text(view.Lines(100, 6)).Should().Contain("step 200 of 1,000").And.Contain("tokens/s").And.Contain("left").And.Contain("validation 2.5000 ± 0.1000").And.NotContain("┤", "figures stay where there are few rows");
    }

    [Fact]
    public void The_curve_has_axes()
    {
        var text = Text(View(out var progress).Lines(100, 30));
        text.Should().Contain($"{progress.Losses.Max():F2} ┤").And.Contain($"{progress.Losses.Min():F2} ┤").And.Contain("└──").And.Contain("step 200").And.Contain("Once");
        LossChart.WithAxes([1, 2], 1, 2, 3, 3).Should().BeEmpty("there is no room");
        LossChart.WithAxes([1], 1, 1, 50, 3).Should().BeEmpty();
    }

    [Fact]
    public void An_evaluation_shows_its_progress()
    {
        var view = View(out _);
        view.Working(new("evaluating", 8, 32, "rows"), 2);
        Text(view.Lines(100, 10)).Should().Contain("evaluating: 8 of 32 rows, 2.0 rows/s, 00:00:12 left").And.Contain("━━━━━━╌");
        view.Evaluated(250, Result(), better: false);
        Text(view.Lines(100, 10)).Should().NotContain("evaluating").And.Contain("at step 250");
        StageDisplay.Line(new("evaluating", 8, 32, "rows"), 100, 4).Should().Contain("━").And.Contain("25 %").And.Contain("2 rows/s").And.Contain("00:00:12 left");
    }

    [Fact]
    public void The_time_left_counts_evaluations()
    {
        var progress = new TrainingProgress(null, evalSteps: 100, finalRows: 64, _clock);
        progress.Started(0, 1000);
        Evaluate(progress, rows: 32, seconds: 16);
        Step(progress, 1, 0.1);
        // Nine multiples below 1,000 and one after the last step, 64 rows at the end.
        progress.Remaining!.Value.TotalSeconds.Should().BeApproximately(999 * 0.1 + 10 * 16 + 64 * 0.5, 1);
        for (var step = 2; step <= 100; step++) Step(progress, step, 0.1);
        Evaluate(progress, rows: 32, seconds: 16);
        Step(progress, 101, 0.1);
        progress.Remaining!.Value.TotalSeconds.Should().BeApproximately(899 * 0.1 + 9 * 16 + 64 * 0.5, 1);
        var none = new TrainingProgress(null);
        none.Started(0, 10);
        Step(none, 1, 2);
        none.Remaining!.Value.TotalSeconds.Should().BeApproximately(18, 1e-6);
    }

    [Fact]
    public void Facts_wrap_at_words_in_a_terminal_and_stay_whole_elsewhere()
    {
        const string Value = "a model of four layers and a width of 128, because the text is small and the time is short";
        var lines = Screen.FactLines("model", Value, 40).ToList();
        lines.Should().HaveCountGreaterThan(2).And.OnlyContain(line => line.Length <= 40);
        lines[0].Should().StartWith("model       a model");
        lines.Skip(1).Should().OnlyContain(line => line.StartsWith("            ") && line[12] != ' ');
        string.Join(' ', lines.Select(line => line[12..])).Should().Be(Value);
        Screen.FactLines("model", Value, null).Should().ContainSingle();
        Screen.FactLines("run", "/a/path/longer/than/the/terminal/is/wide/and/without/a/space", 40).Should().ContainSingle("a path is not torn");
    }

    [Fact]
    public void Wide_and_control_characters_are_counted_and_left_out()
    {
        ScreenLine.Fit("日本語", 5).Should().Be("日本…");
        ScreenLine.Fit("日本語", 6).Should().Be("日本語");
        ScreenLine.Fit("a\u001b[2Jb\t", 20).Should().Be("a [2Jb ");
        ScreenLine.Columns("日本").Should().Be(4);
    }

    private TrainingView View(out TrainingProgress progress)
    {
        progress = new TrainingProgress(10_000, 100, 64, _clock);
        progress.Started(0, 1000);
        for (var step = 1; step <= 200; step++) Step(progress, step, 0.1);
        var view = new TrainingView(progress);
        view.Evaluated(100, Result(), better: true);
        view.Sampled("Once upon\na \u001b[2Jtime 日本語 " + new string('x', 300));
        return view;
    }

    private void Step(TrainingProgress progress, long step, double seconds)
    {
        _clock.Advance(seconds);
        progress.Add(new StepReport(step, 5, 6 - step / 100.0, 1e-3, 1, 512, seconds));
    }

    private void Evaluate(TrainingProgress progress, int rows, double seconds)
    {
        progress.Working(new StageProgress("evaluating", 0, rows, "rows"));
        _clock.Advance(seconds);
        progress.Working(new StageProgress("evaluating", rows, rows, "rows"));
        progress.Evaluated();
    }

    private static EvaluationResult Result() => new() { Loss = 2.5, LossInterval = 0.1, Tokens = 1000, Bytes = 4000 };

    private static string Text(IEnumerable<ScreenLine> lines) => string.Join('\n', lines.Select(line => line.Text));

    private sealed class ManualTime : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(double seconds) => _ticks += TimeSpan.FromSeconds(seconds).Ticks;
    }
}
