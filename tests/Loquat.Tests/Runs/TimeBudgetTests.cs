using Loquat.Models.Llama;
using Loquat.Optimization.Schedules;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;

namespace Loquat.Tests.Runs;

/// <summary>A run by the clock ends in time whatever its steps take, its rate falls without jumps, and it is the run that its lock tells.</summary>
public sealed class TimeBudgetTests : IDisposable
{
    private static readonly Recipe _recipe = new()
    {
        Data = new() { StoryMegabytes = 0.05 },
        Tokenizer = new() { Type = Text.Tokenization.TokenizerKind.Byte },
        Model = LlamaConfig.Decoder(layers: 1, width: 16, context: 16, heads: 2),
        Training = new()
        {
            MaxSteps = 60,
            PerDeviceTrainBatchSize = 1,
            EvalSteps = 30,
            EvalRows = 2,
            SaveSteps = 6,
            LoggingSteps = 1,
            LrScheduler = new WarmupStableDecayOptions { WarmupSteps = 2, DecaySteps = 40, MinLrRatio = 0.02 },
        },
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1.0)] // as planned
    [InlineData(0.4)] // faster from the first step
    [InlineData(3.0)] // slower
    [InlineData(1.0, 0.5, 0.5)] // faster in the plateau
    [InlineData(1.0, 1.0, 1.0, 1.0, 0.7)] // faster in the decay
    [InlineData(0.5, 0.5, 1.0, 1.0, 2.0)] // slower in the decay
    public void It_ends_in_time_and_its_rate_falls_smoothly(params double[] secondsPerStep)
    {
        var run = new RunFolder(_folder.File("run"));
        var clock = new SteppingClock(step => secondsPerStep[Math.Min(secondsPerStep.Length - 1, (int)step / 8)]);
        var outcome = Train(run, clock);
        outcome.State.Step.Should().Be(outcome.MaxSteps);
        clock.Seconds.Should().BeInRange(48, 66, "60 s were given, and steps are counted at every tenth of the run");

        var rates = RunMetrics.Read(run.Metrics).Steps.Select(s => s.LearningRate / _recipe.Training.Optimizer.LearningRate).ToList();
        var decay = rates.SkipWhile((_, i) => i < 2).SkipWhile(rate => rate >= 1).Prepend(1).ToList();
        decay.Should().BeInDescendingOrder().And.HaveCountGreaterThan(rates.Count / 2);
        decay.Zip(decay.Skip(1), (before, after) => before - after).Max().Should().BeLessThan(3.5 / decay.Count, "no step falls far");
        decay[^1].Should().BeApproximately(0.02, 2.0 / decay.Count);
    }

    [Fact]
    public void It_is_the_run_that_the_changes_of_its_lock_make_by_hand()
    {
        var timed = new RunFolder(_folder.File("timed"));
        Train(timed, new SteppingClock(step => step < 20 ? 0.8 : 0.5));
        var changes = RecipeLock.Read(timed.Recipe).Changes;
        changes.Select(change => change.Step).Distinct().Should().HaveCountGreaterThan(1);

        var byHand = new RunFolder(_folder.File("by-hand"));
        var recipe = _recipe;
        using var dataset = new TrainingRun(recipe, byHand).PrepareData();
        foreach (var group in changes.GroupBy(change => change.Step))
        {
            using var stop = new CancellationTokenSource();
            var stopped = () => new TrainingRun(recipe, byHand).Train(dataset, [new StopAt(group.Key, stop)], stop.Token);
            stopped.Should().Throw<OperationCanceledException>();
            recipe = RecipeFile.Load(byHand.Recipe, [.. group.Select(change => $"{change.Key}={change.After}")]);
        }
        new TrainingRun(recipe, byHand).Train(dataset, []);
        Untimed(byHand).Should().Equal(Untimed(timed));
        RecipeLock.Read(byHand.Recipe).Changes.Should().Equal(changes);
    }

    [Fact]
    public void Stopped_it_goes_on_as_planned_last()
    {
        var (whole, stopped) = (new RunFolder(_folder.File("whole")), new RunFolder(_folder.File("stopped")));
        Train(whole, new SteppingClock(_ => 0.5));
        using var stop = new CancellationTokenSource();
        using (var dataset = new TrainingRun(_recipe, stopped).PrepareData())
        {
            var clock = new SteppingClock(_ => 0.5);
            var run = () => new TrainingRun(_recipe, stopped, clock) { Time = TimeSpan.FromSeconds(60) }.Train(dataset, [clock, new StopAt(100, stop)], stop.Token);
            run.Should().Throw<OperationCanceledException>();
        }
        new TrainingRun(RecipeFile.Load(stopped.Recipe), stopped).Train();
        Untimed(stopped).Should().Equal(Untimed(whole));
    }

    [Fact]
    public void Schedules_that_must_know_their_end_are_refused()
    {
        var cosine = _recipe with { Training = _recipe.Training with { LrScheduler = new CosineOptions { WarmupSteps = 2 } } };
        var train = (Recipe recipe, double seconds) => () => new TrainingRun(recipe, new RunFolder(_folder.File("no"))) { Time = TimeSpan.FromSeconds(seconds) }.Train();
        train(cosine, 5).Should().Throw<OptionsException>().WithMessage("*lr_scheduler.type*warmup_stable_decay*");
        train(_recipe, 0).Should().Throw<OptionsException>().WithMessage("*0 s; allowed: above 0*");
    }

    private static TrainingOutcome Train(RunFolder folder, SteppingClock clock)
    {
        using var dataset = new TrainingRun(_recipe, folder).PrepareData();
        return new TrainingRun(_recipe, folder, clock) { Time = TimeSpan.FromSeconds(60) }.Train(dataset, [clock]);
    }

    private static IEnumerable<string> Untimed(RunFolder folder) => File.ReadLines(folder.Metrics).Select(line =>
        System.Text.RegularExpressions.Regex.Replace(line, "\"(seconds|tokens_per_second)\":[^,}]*", ""));

    /// <summary>Time that passes in steps alone.</summary>
    private sealed class SteppingClock(Func<long, double> secondsOf) : TimeProvider, ITrainingReporter
    {
        public double Seconds { get; private set; }

        public override long TimestampFrequency => 1_000_000;

        public override long GetTimestamp() => (long)(Seconds * TimestampFrequency);

        public void Step(StepReport report) => Seconds += secondsOf(report.Step);
    }

    private sealed class StopAt(long step, CancellationTokenSource stop) : ITrainingReporter
    {
        public void Step(StepReport report)
        {
            if (report.Step == step) stop.Cancel();
        }
    }
}
