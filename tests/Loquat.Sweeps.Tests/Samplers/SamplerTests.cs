using System.Globalization;
using Loquat.Sweeps.Samplers;
using Loquat.Sweeps.Spaces;
using Loquat.Sweeps.Stores;

namespace Loquat.Sweeps.Tests.Samplers;

/// <summary>Samplers on functions whose minimum is known: each finds more than chance does, by a margin.</summary>
public sealed class SamplerTests
{
    private const int Trials = 60, Seeds = 6;

    private static readonly (string Name, SearchSpace Space, Func<Configuration, double> Loss)[] _functions =
    [
        ("branin", new([new RealParameter("x", -5, 10), new RealParameter("y", 0, 15)]), c => Branin(Number(c, "x"), Number(c, "y"))),
        ("hartmann 6", new([.. Enumerable.Range(0, 6).Select(i => new RealParameter($"x{i}", 0, 1))]), c => Hartmann([.. Enumerable.Range(0, 6).Select(i => Number(c, $"x{i}"))])),
        ("rosenbrock 4", new([.. Enumerable.Range(0, 4).Select(i => new RealParameter($"x{i}", -2, 2))]), c => Rosenbrock([.. Enumerable.Range(0, 4).Select(i => Number(c, $"x{i}"))])),
        ("conditional", new([new ChoiceParameter("kind", ["a", "b", "c"]), new RealParameter("rate", 1e-5, 1) { IsLogarithmic = true }, new RealParameter("extra", 0, 1) { When = new("kind", ["b"]) }, new IntegerParameter("size", 1, 64) { IsLogarithmic = true }]),
            c => Math.Pow(Math.Log10(Number(c, "rate")) + 2.5, 2) + (c["kind"] == "b" ? 3 * Math.Pow(Number(c, "extra") - 0.7, 2) : c["kind"] == "a" ? 1 : 0.5) + 0.2 * Math.Pow(Math.Log2(Number(c, "size")) - 4, 2)),
    ];

    public static TheoryData<string, int> Better => new() { { "tpe", 0 }, { "tpe", 1 }, { "tpe", 2 }, { "tpe", 3 }, { "gp", 0 }, { "gp", 1 }, { "gp", 2 }, { "gp", 3 }, { "cma_es", 0 }, { "cma_es", 2 } };

    [Theory, MemberData(nameof(Better))]
    public void It_finds_more_than_chance(string method, int function)
    {
        var (name, space, loss) = _functions[function];
        var (own, random) = (Found(method, space, loss), Found("random", space, loss));
        own.Should().BeLessThan(random, $"of the mean least loss of {name} after {Trials} trials over {Seeds} seeds");
    }

    [Fact]
    public void The_same_seed_and_history_give_the_same_proposals()
    {
        var (_, space, loss) = _functions[3];
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

    private static double Number(Configuration configuration, string name) => double.Parse(configuration[name], CultureInfo.InvariantCulture);

    private static double Branin(double x, double y) => Math.Pow(y - 5.1 / (4 * Math.PI * Math.PI) * x * x + 5 / Math.PI * x - 6, 2) + 10 * (1 - 1 / (8 * Math.PI)) * Math.Cos(x) + 10;

    private static double Rosenbrock(double[] x) => Enumerable.Range(0, x.Length - 1).Sum(i => 100 * Math.Pow(x[i + 1] - x[i] * x[i], 2) + Math.Pow(1 - x[i], 2));

    // Dixon and Szegö 1978.
    private static double Hartmann(double[] x)
    {
        double[] alpha = [1, 1.2, 3, 3.2];
        double[][] a = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]];
        double[][] p = [[0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886], [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991], [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650], [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381]];
        return -Enumerable.Range(0, 4).Sum(i => alpha[i] * Math.Exp(-Enumerable.Range(0, 6).Sum(j => a[i][j] * Math.Pow(x[j] - p[i][j], 2))));
    }
}
