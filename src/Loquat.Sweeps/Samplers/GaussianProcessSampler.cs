using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Loquat.Sweeps.Spaces;

namespace Loquat.Sweeps.Samplers;

/// <summary>
/// Bayesian optimization: a Gaussian process of the losses, and the point of the largest expected improvement (Jones et al. 1998). Losses are drawn together above the median, for a model of the good
/// region must not spend itself on how bad the bad ones are; running trials count as what the process expects of them (Ginsbourger et al. 2010).
/// </summary>
public sealed class GaussianProcessSampler : Sampler
{
    public override string Type => "gp";

    [Description("Trials before the first that is not Sobol's.")]
    [Range(1, 1_000_000)]
    public int StartupTrials { get; init; } = 10;

    [Description("Trials that the process knows: the best half and the latest half. The work grows with the third power.")]
    [Range(2, 10_000)]
    public int MostTrials { get; init; } = 200;

    private const int Scattered = 1000, AroundEach = 60, Refined = 4, RefiningSteps = 60;

    public override Configuration Propose(SearchSpace space, IReadOnlyList<Observation> history, int number, ulong seed)
    {
        var told = Known([.. history.Where(o => o.Loss is { } loss && !double.IsNaN(loss))]);
        if (told.Count(o => double.IsFinite(o.Loss!.Value)) < StartupTrials) return new SobolSampler().Propose(space, history, number, seed);
        var values = Standardized([.. told.Select(o => o.Loss!.Value)]);
        var points = told.Select(o => space.PointOf(o.Configuration)).ToArray();
        bool[] ordered = [.. space.Parameters.Select(p => p.IsOrdered)];
        var process = new GaussianProcess(points, values, ordered, Steps(points.Length));
        var running = history.Where(o => o.Loss is null).Select(o => space.PointOf(o.Configuration)).ToArray();
        if (running.Length > 0)
        {
            double[] believed = [.. values, .. running.Select(point => process.At(point).Mean)];
            process = new([.. points, .. running], believed, ordered, Steps(points.Length));
        }
        return Best(space, process, points, values, new UnitRandom(seed, number));
    }

    private static int Steps(int trials) => trials <= 100 ? 60 : 30;

    private List<Observation> Known(List<Observation> told)
    {
        if (told.Count <= MostTrials) return told;
        var best = told.OrderBy(o => o.Loss).Take(MostTrials / 2).Select(o => o.Number).ToHashSet();
        return [.. told.Where((o, i) => best.Contains(o.Number) || i >= told.Count - MostTrials / 2)];
    }

    private static double[] Standardized(double[] losses)
    {
        var finite = losses.Where(double.IsFinite).Order().ToArray();
        var (least, median) = (finite[0], finite[finite.Length / 2]);
        var scale = Math.Max(median - least, 1e-12 * Math.Max(1, Math.Abs(median)));
        double[] drawn = [.. losses.Select(loss => Math.Log(1 + (Math.Min(loss, finite[^1]) - least) / scale))];
        var mean = drawn.Average();
        var deviation = Math.Max(1e-9, Math.Sqrt(drawn.Average(x => (x - mean) * (x - mean))));
        return [.. drawn.Select(x => (x - mean) / deviation)];
    }

    private static Configuration Best(SearchSpace space, GaussianProcess process, double[][] points, double[] values, UnitRandom random)
    {
        var best = values.Min();
        var seen = new List<(double Score, double[] Unit, Configuration Configuration)>();
        var places = space.Parameters.Select((p, i) => (p.Name, i)).ToDictionary(p => p.Name, p => p.i, StringComparer.Ordinal);
        void Look(double[] unit)
        {
            var configuration = space.At(p => unit[places[p.Name]]);
            var (mean, deviation) = process.At(space.PointOf(configuration));
            seen.Add((LogImprovement(best, mean, deviation), unit, configuration));
        }
        for (var i = 0; i < Scattered; i++) Look([.. space.Parameters.Select(_ => random.Next())]);
        foreach (var index in Enumerable.Range(0, values.Length).OrderBy(i => values[i]).Take(3))
            for (var i = 0; i < AroundEach; i++) Look(Near(points[index], i % 3 == 0 ? 0.15 : i % 3 == 1 ? 0.04 : 0.01));
        foreach (var start in seen.OrderByDescending(s => s.Score).Take(Refined).ToList())
        {
            var at = start;
            var width = 0.08;
            for (var step = 0; step < RefiningSteps; step++)
            {
                Look(Near(at.Unit, width));
                if (seen[^1].Score > at.Score) at = seen[^1];
                else width = Math.Max(1e-4, width * 0.93);
            }
        }
        return seen.MaxBy(s => s.Score).Configuration;

        double[] Near(double[] point, double width) => [.. point.Select((x, p) => double.IsNaN(x) ? random.Next()
            : space.Parameters[p].IsOrdered ? Math.Clamp(x + width * random.Gaussian(), 0, 1)
            : random.Next() < width ? random.Next() : x)];
    }

    // In logarithms, so that where nothing is hoped for the least hopeless still shows.
    private static double LogImprovement(double best, double mean, double deviation)
    {
        var z = (best - mean) / deviation;
        if (z > -5) return Math.Log(Math.Max(1e-300, deviation * (Math.Exp(Normal.LogDensity(z)) + z * Normal.Cumulative(z))));
        return Math.Log(deviation) + Normal.LogDensity(z) - 2 * Math.Log(-z);
    }
}
