using System.Globalization;
using Loquat.Sweeps.Pruners;
using Loquat.Sweeps.Samplers;
using Loquat.Sweeps.Spaces;
using Loquat.Sweeps.Stores;
using Loquat.Sweeps.Trials;

namespace Loquat.Sweeps.Tests.Samplers;

/// <summary>Populations: who goes on from whom, with which values, and what it gains.</summary>
public sealed class PopulationTests
{
    private const int Size = 10, Generations = 8;

    private static readonly SearchSpace _space = new([
        new RealParameter("rate", 1e-4, 1) { IsLogarithmic = true }, new IntegerParameter("batch", 2, 64), new ChoiceParameter("kind", ["a", "b"]), new RealParameter("extra", 0, 1) { When = new("kind", ["b"]) }]);

    private static PopulationSampler Sampler => new() { Size = Size, Generations = Generations };

    [Fact]
    public void The_worst_go_on_from_the_best_with_values_near_theirs_and_the_others_from_themselves()
    {
        var trials = Run(_space, Sampler, seed: 3, (trial, _) => Math.Abs(Math.Log10(Number(trial, "rate")) + 2)).Trials;
        trials.Should().HaveCount(Size * Generations);
        trials.Take(Size).Should().AllSatisfy(t => t.Parent.Should().BeNull());
        trials.Select(t => t.Until).Should().Equal(Enumerable.Range(0, Size * Generations).Select(i => (long)(i / Size + 1) * 5));
        var (near, anew) = (0, 0);
        foreach (var generation in Enumerable.Range(1, Generations - 1))
        {
            var before = trials.Skip((generation - 1) * Size).Take(Size).OrderBy(t => t.Loss).ThenBy(t => t.Number).Select(t => t.Number).ToList();
            foreach (var trial in trials.Skip(generation * Size).Take(Size))
            {
                var own = trial.Number - Size;
                if (before.IndexOf(own) < Size - 2)
                {
                    trial.Parent.Should().Be(own);
                    trial.Configuration.Should().Be(trials[own].Configuration);
                    continue;
                }
                before.Take(2).Should().Contain(trial.Parent!.Value);
                var (rate, batch) = (Number(trial, "rate") / Number(trials[trial.Parent.Value], "rate"), Number(trial, "batch"));
                if (Math.Abs(rate - 1.2) < 1e-9 || Math.Abs(1 / rate - 1.2) < 1e-9) near++;
                else anew++;
                batch.Should().BeInRange(2, 64);
                trial.Configuration.TryGetValue("extra", out _).Should().Be(trial.Configuration["kind"] == "b");
            }
        }
        near.Should().BeGreaterThan(anew, "three of four values are changed a little");
        anew.Should().BePositive();
    }

    [Fact]
    public void What_it_does_depends_on_the_seed_and_not_on_who_works()
    {
        static double Loss(Trial trial, double _) => Math.Abs(Number(trial, "rate") - 0.01);
        var alone = Run(_space, Sampler, 5, Loss).Trials.Select(Line).ToList();
        Run(_space, Sampler, 5, Loss, workers: 3).Trials.Select(Line).Should().Equal(alone);
        Run(_space, Sampler, 6, Loss).Trials.Select(Line).Should().NotEqual(alone);

        static string Line(Trial t) => $"{t.Number} {t.Parent} {t.State} {t.Configuration}";
    }

    [Fact]
    public void Members_that_fail_go_on_from_others_and_where_all_fail_it_ends()
    {
        var trials = Run(_space, Sampler, 1, (trial, _) => trial.Number % 3 == 0 && trial.Number < Size ? double.NaN : trial.Number).Trials;
        trials.Count(t => t.State == TrialState.Failed).Should().Be(4);
        trials.Skip(Size).Take(Size).Should().AllSatisfy(t => trials[t.Parent!.Value].State.Should().NotBe(TrialState.Failed));
        trials.Should().HaveCount(Size * Generations);
        Run(_space, Sampler, 1, (_, _) => double.NaN).Trials.Should().HaveCount(Size);
    }

    [Fact]
    public void It_finds_what_no_member_finds_alone()
    {
        // Jaderberg et al. 2017, figure 2: each value of the configuration lets one half of the loss fall alone.
        var space = new SearchSpace([new RealParameter("first", 0, 1), new RealParameter("second", 0, 1)]);
        double Mean(bool population) => Enumerable.Range(0, 10).Average(seed =>
        {
            var states = new Dictionary<int, (double First, double Second)>();
            var sampler = new PopulationSampler { Size = 6, Generations = 10, Truncation = population ? 0.34 : 0 };
            return Run(space, sampler, (ulong)seed, (trial, steps) =>
            {
                var (first, second) = trial.Parent is { } parent ? states[parent] : (0.9, 0.9);
                for (var i = 0; i < steps; i++) (first, second) = (first - 0.05 * 2 * Number(trial, "first") * first, second - 0.05 * 2 * Number(trial, "second") * second);
                states[trial.Number] = (first, second);
                return first * first + second * second;
            }).Best!.Loss!.Value;
        });
        Mean(population: true).Should().BeLessThan(0.6 * Mean(population: false));
    }

    [Fact]
    public void A_pruner_beside_it_is_refused()
    {
        var both = () => new Study(new MemoryStore(), _space, new(), Sampler, new Asha());
        both.Should().Throw<OptionsException>().WithMessage("the pruner is asha; the sampler population decides by itself*");
    }

    private static double Number(Trial trial, string name) => double.Parse(trial.Configuration[name], CultureInfo.InvariantCulture);

    /// <summary>Trials one after the other, or a generation's by turns.</summary>
    /// <param name="loss">Told the trial and the steps of its generation.</param>
    private static Study Run(SearchSpace space, PopulationSampler sampler, ulong seed, Func<Trial, double, double> loss, int workers = 1)
    {
        var study = new Study(new MemoryStore(), space, new() { MaxTrials = 1000, MaxResource = sampler.Generations * 5, Seed = seed }, sampler);
        while (true)
        {
            var taken = Enumerable.Range(0, workers).Select(worker => study.Ask($"worker {worker}")).ToList();
            if (taken.All(t => t.Trial is null)) return taken.Any(t => t.Done) ? study : throw new InvalidOperationException("nobody works, and it is not over");
            foreach (var trial in taken.Select(t => t.Trial).OfType<Trial>().Reverse())
                if (study.Report(trial, trial.Until, loss(trial, 5)) == Verdict.GoOn) study.Reached(trial);
        }
    }
}
