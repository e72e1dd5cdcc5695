using Loquat.Benchmarks.Search;
using Loquat.Sweeps.Samplers;
using Loquat.Sweeps.Spaces;
using Loquat.Sweeps.Stores;

namespace Loquat.Sweeps.Tests.Samplers;

/// <summary>Samplers on functions whose minimum is known: each finds more than chance does, by a margin.</summary>
public sealed class SamplerTests
{
    private const int Trials = 60, Seeds = 6;

    private static readonly TestFunction[] _functions = [TestFunctions.Branin, TestFunctions.Hartmann, TestFunctions.Rosenbrock(4), TestFunctions.Conditional];

    public static TheoryData<string, int> Better => new() { { "tpe", 0 }, { "tpe", 1 }, { "tpe", 2 }, { "tpe", 3 }, { "gp", 0 }, { "gp", 1 }, { "gp", 2 }, { "gp", 3 }, { "cma_es", 0 }, { "cma_es", 2 } };

    [Theory, MemberData(nameof(Better))]
    public void It_finds_more_than_chance(string method, int function)
    {
        var (name, space, loss, _) = _functions[function];
        var (own, random) = (Found(method, space, loss), Found("random", space, loss));
        own.Should().BeLessThan(random, $"of the mean least loss of {name} after {Trials} trials over {Seeds} seeds");
    }

    [Fact]
    public void The_same_seed_and_history_give_the_same_proposals()
    {
        var (_, space, loss, _) = TestFunctions.Conditional;
        foreach (var method in Sampler.Names)
        {
            Run(method, space, loss, seed: 3, 24).Trials.Select(t => t.Configuration).Should().Equal(Run(method, space, loss, seed: 3, 24).Trials.Select(t => t.Configuration), method);
            if (method is not "grid") Run(method, space, loss, seed: 4, 24).Trials.Select(t => t.Configuration).Should().NotEqual(Run(method, space, loss, seed: 3, 24).Trials.Select(t => t.Configuration), method);
        }
    }

    [Fact]
    public void Sobols_points_are_spread_evenly_in_every_pair_of_dimensions()
    {
        // Of 256 points each of 16 × 16 cells has one in the first two dimensions; everywhere no half has more than the other.
        var first = Enumerable.Range(0, 256).Select(i => ((int)(16 * SobolSampler.Coordinate(i, 0, null)), (int)(16 * SobolSampler.Coordinate(i, 1, null)))).Distinct().Count();
        first.Should().Be(256);
        for (var dimension = 0; dimension < 21; dimension++)
            Enumerable.Range(0, 256).Select(i => (int)(256 * SobolSampler.Coordinate(i, dimension, 7))).Distinct().Should().HaveCount(256, $"of dimension {dimension}");
    }

    [Fact]
    public void A_grid_has_every_combination_once()
    {
        var space = new SearchSpace([new ChoiceParameter("a", ["x", "y"]), new IntegerParameter("n", 1, 3), new RealParameter("r", 0, 1)]);
        var study = Run("grid", space, _ => 1, 0, 1000);
        study.Trials.Should().HaveCount(30).And.OnlyHaveUniqueItems(t => t.Configuration);
    }

    private static double Found(string method, SearchSpace space, Func<Configuration, double> loss) =>
        Enumerable.Range(0, Seeds).Average(seed => Run(method, space, loss, (ulong)seed, Trials).Best!.Loss!.Value);

    private static Study Run(string method, SearchSpace space, Func<Configuration, double> loss, ulong seed, int trials)
    {
        var study = new Study(new MemoryStore(), space, new() { MaxTrials = trials, Seed = seed }, Sampler.Named(method));
        while (study.Ask("me").Trial is { } trial) study.Tell(trial, loss(trial.Configuration));
        return study;
    }
}
