using Loquat.Sweeps.Pruners;
using Loquat.Sweeps.Samplers;
using Loquat.Sweeps.Spaces;
using Loquat.Sweeps.Stores;
using Loquat.Sweeps.Trials;
using Loquat.Tests;

namespace Loquat.Sweeps.Tests.Stores;

/// <summary>Many workers on one file: no trial twice, none lost, whoever dies.</summary>
public sealed class StudyStoreTests : IDisposable
{
    private static readonly SearchSpace _space = new([new RealParameter("x", 0, 1), new ChoiceParameter("c", ["a, b", "ü \"1\""])]);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Eight_workers_that_die_by_chance_leave_every_trial_done_once()
    {
        const int Most = 60;
        var clock = new LateClock();
        var done = new System.Collections.Concurrent.ConcurrentBag<int>();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() =>
        {
            var random = new Random(worker);
            for (var life = 0; ; life++)
            {
                using var store = new SqliteStore(_folder.File("study.db"));
                store.Begin("the same");
                var study = new Study(store, _space, new() { MaxTrials = Most, Seed = 1 }, new RandomSampler(), clock: clock);
                while (true)
                {
                    var (trial, over) = study.Ask($"{worker}.{life}");
                    if (over) return;
                    if (trial is null)
                    {
                        // The others' dead are found when time has passed.
                        clock.Pass();
                        continue;
                    }
                    if (random.NextDouble() < 0.2) break; // dies with the trial in its hands
                    if (study.Tell(trial, double.Parse(trial.Configuration["x"], System.Globalization.CultureInfo.InvariantCulture)) == Verdict.GoOn) done.Add(trial.Number);
                }
            }
        }, TestContext.Current.CancellationToken)));
        done.Order().Should().Equal(Enumerable.Range(0, Most));
        using var again = new SqliteStore(_folder.File("study.db"));
        var trials = again.Trials;
        trials.Should().HaveCount(Most).And.OnlyContain(t => t.State == TrialState.Finished);
        trials.Select(t => t.Configuration["c"]).Distinct().Should().BeEquivalentTo("a, b", "ü \"1\"");
    }

    [Fact]
    public void A_trial_comes_back_from_the_file_as_it_was_told()
    {
        using (var store = new SqliteStore(_folder.File("a.db")))
        {
            store.Begin("a");
            var study = new Study(store, _space, new() { MaxTrials = 3, MaxResource = 100 }, new TpeSampler(), new MedianPruner());
            var trial = study.Ask("w").Trial!;
            study.Report(trial, 10, 2.5).Should().Be(Verdict.GoOn);
            study.Report(trial, 20, 1.5);
            // Taken up again from a checkpoint before.
            study.Report(trial, 15, 2.25);
            study.Reached(trial, new(Seconds: 12, Tokens: 3));
            study.Report(study.Ask("w").Trial!, 10, double.NaN).Should().Be(Verdict.Pruned);
        }
        using var again = new SqliteStore(_folder.File("a.db"));
        again.Begin("a");
        var trials = again.Trials;
        trials[0].Reports.Should().Equal(new TrialReport(10, 2.5), new TrialReport(15, 2.25));
        (trials[0].State, trials[0].Seconds, trials[0].Tokens, trials[0].Worker).Should().Be((TrialState.Finished, 12, 3, "w"));
        (trials[1].State, trials[1].Loss).Should().Be((TrialState.Failed, double.PositiveInfinity));
        ((Action)(() => again.Begin("b"))).Should().Throw<OptionsException>().WithMessage("*another study*");
    }

    [Fact]
    public void A_worker_that_was_thought_dead_is_told()
    {
        var clock = new LateClock();
        var study = new Study(new MemoryStore(), _space, new() { MaxTrials = 1, LostAfter = TimeSpan.FromSeconds(50) }, new RandomSampler(), clock: clock);
        var slow = study.Ask("slow").Trial!;
        clock.Pass();
        var taken = study.Ask("quick").Trial!;
        taken.Number.Should().Be(slow.Number);
        study.Report(slow, 1, 0.5).Should().Be(Verdict.Lost);
        study.Tell(taken, 0.25).Should().Be(Verdict.GoOn);
        study.Best!.Loss.Should().Be(0.25);
    }

    [Fact]
    public void A_worker_that_stops_or_is_known_to_be_gone_hands_its_trial_on_at_once()
    {
        var study = new Study(new MemoryStore(), _space, new() { MaxTrials = 2 }, new RandomSampler()) { IsGone = trial => trial.Worker == "gone" };
        var first = study.Ask("a").Trial!;
        study.Release(first, new(2, 5)).Should().Be(Verdict.GoOn);
        study.Ask("gone").Trial!.Number.Should().Be(first.Number);
        var taken = study.Ask("b").Trial!;
        (taken.Number, taken.Seconds, taken.Tokens).Should().Be((first.Number, 2, 5));
        study.Ask("c").Trial!.Number.Should().NotBe(first.Number);
    }

    [Fact]
    public void Nothing_begins_once_tokens_or_time_are_spent()
    {
        foreach (var options in (StudyOptions[])[new() { MaxTrials = 9, MaxTokens = 100 }, new() { MaxTrials = 9, MaxTime = TimeSpan.FromSeconds(20) }])
        {
            var study = new Study(new MemoryStore(), _space, options, new RandomSampler());
            var (first, second) = (study.Ask("a").Trial!, study.Ask("b").Trial!);
            study.Report(first, 1, 0.5, new(20, 100)).Should().Be(Verdict.GoOn, "a trial that runs goes on");
            study.Ask("c").Should().Be(new Assignment(null, Done: false));
            study.Reached(first);
            study.Tell(second, 1);
            study.Ask("c").Should().Be(new Assignment(null, Done: true));
            study.Trials.Should().HaveCount(2);
        }
    }

    [Fact]
    public void A_file_that_is_no_database_is_said_to_be_none()
    {
        File.WriteAllText(_folder.File("text.db"), string.Concat(Enumerable.Repeat("no database. ", 100)));
        using var store = new SqliteStore(_folder.File("text.db"));
        ((Action)(() => store.Begin("a"))).Should().Throw<MachineException>().WithMessage("*text.db: the study cannot be read or written*");
    }

    [Theory]
    [InlineData("asha"), InlineData("hyperband"), InlineData("halving")]
    public void Trials_that_pause_and_go_on_end_with_few_at_the_end(string name)
    {
        Pruner pruner = name == "asha" ? new Asha { Rungs = 3 } : name == "hyperband" ? new Hyperband { Ratio = 9 } : new SuccessiveHalving { Rungs = 3 };
        var study = new Study(new MemoryStore(), _space, new() { MaxTrials = 27, MaxResource = 90 }, new RandomSampler(), pruner);
        var spent = 0L;
        while (study.Ask("w") is { Done: false, Trial: { } trial })
        {
            spent += trial.Until - (trial.Reports.Count == 0 ? 0 : trial.Reports[^1].Resource);
            study.Report(trial, trial.Until, double.Parse(trial.Configuration["x"], System.Globalization.CultureInfo.InvariantCulture) + 1.0 / trial.Until);
            study.Reached(trial);
        }
        study.Trials.Should().NotContain(t => t.State == TrialState.Running);
        study.Trials.Count(t => t.State == TrialState.Finished).Should().BeInRange(1, 12);
        spent.Should().BeLessThan(27 * 90 / 2, "what is worse is stopped early");
        // The best of all is among those that went to the end.
        study.Best!.Number.Should().Be(study.Trials.MinBy(t => double.Parse(t.Configuration["x"], System.Globalization.CultureInfo.InvariantCulture))!.Number);
    }

    private sealed class LateClock : TimeProvider
    {
        private long _minutes;

        public void Pass() => Interlocked.Add(ref _minutes, 2);

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddMinutes(Interlocked.Read(ref _minutes));
    }
}
