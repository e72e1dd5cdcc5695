using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Loquat.Sweeps.Spaces;

namespace Loquat.Sweeps.Samplers;

/// <summary>
/// Tree-structured Parzen estimator (Bergstra et al. 2011): a density of the better trials, one of the others, and of some points drawn from the first the one
/// where it is largest against the second, over all parameters together, or for each by itself (<see cref="Multivariate"/>). Each density is a mixture of a kernel around every trial and the even distribution.
/// Running trials count among the others, so that workers do not try the same.
/// </summary>
public sealed class TpeSampler : Sampler
{
    public override string Type => "tpe";

    [Description("Trials before the first that is not Sobol's.")]
    [Range(1, 1_000_000)]
    public int StartupTrials { get; init; } = 10;

    [Description("Points compared for each trial, or without multivariate for each parameter of it.")]
    [Range(1, 100_000)]
    public int Candidates { get; init; } = 24;

    [Description("Whether a density is of all parameters together and not of each by itself: more is found where parameters depend on each other.")]
    public bool Multivariate { get; init; } = true;

    /// <summary>The share of trials that counts as better, and the most of them.</summary>
    private const double BetterShare = 0.1;
    private const int MostBetter = 25;

    public override Configuration Propose(SearchSpace space, IReadOnlyList<Observation> history, int number, ulong seed)
    {
        var told = history.Where(o => o.Loss is not null).ToList();
        if (told.Count < StartupTrials) return new SobolSampler().Propose(space, history, number, seed);
        var random = new UnitRandom(seed, number);
        // Who got further is known better: of those stopped early even the best are behind (as in BOHB, the widest budget decides first).
        var ranked = told.OrderByDescending(o => o.Resource).ThenBy(o => double.IsNaN(o.Loss!.Value) ? double.PositiveInfinity : o.Loss!.Value).ThenBy(o => o.Number).ToList();
        var count = Math.Min(MostBetter, (int)Math.Ceiling(BetterShare * ranked.Count));
        double[][] good = [.. ranked.Take(count).Select(o => space.PointOf(o.Configuration))];
        double[][] bad = [.. ranked.Skip(count).Concat(history.Where(o => o.Loss is null)).Select(o => space.PointOf(o.Configuration))];
        return Multivariate ? Together(space, good, bad, random) : EachAlone(space, good, bad, random);
    }

    private Configuration EachAlone(SearchSpace space, double[][] good, double[][] bad, UnitRandom random)
    {
        var at = 0;
        var places = space.Parameters.ToDictionary(p => p.Name, _ => at++, StringComparer.Ordinal);
        return space.At(parameter =>
        {
            var place = places[parameter.Name];
            var (better, others) = (new TpeMarginal(parameter, Known(good, place)), new TpeMarginal(parameter, Known(bad, place)));
            var (best, most) = (double.NaN, double.NegativeInfinity);
            for (var candidate = 0; candidate < Candidates; candidate++)
            {
                var point = better.Draw(random);
                var score = better.LogDensity(point) - others.LogDensity(point);
                if (score > most || double.IsNaN(best)) (best, most) = (point, score);
            }
            return best;
        });
    }

    private static double[] Known(double[][] points, int place) => [.. points.Select(point => point[place]).Where(at => !double.IsNaN(at))];

    private Configuration Together(SearchSpace space, double[][] good, double[][] bad, UnitRandom random)
    {
        var (better, others) = (new Mixture(space, good), new Mixture(space, bad));
        Configuration? best = null;
        var bestScore = double.NegativeInfinity;
        for (var candidate = 0; candidate < Candidates; candidate++)
        {
            var configuration = better.Draw(random);
            var point = space.PointOf(configuration);
            var score = better.LogDensity(point) - others.LogDensity(point);
            if (score > bestScore || best is null) (best, bestScore) = (configuration, score);
        }
        return best!;
    }

    /// <summary>A kernel around each point, and the even distribution, all of the same weight. Along each parameter a kernel is as wide as one of <see cref="TpeMarginal"/>.</summary>
    private sealed class Mixture
    {
        private readonly SearchSpace _space;
        private readonly double[][] _points;
        private readonly TpeMarginal?[][] _kernels;

        public Mixture(SearchSpace space, double[][] points)
        {
            (_space, _points) = (space, points);
            _kernels = [.. points.Select(_ => new TpeMarginal?[space.Parameters.Count])];
            for (var p = 0; p < space.Parameters.Count; p++)
            {
                var known = Enumerable.Range(0, points.Length).Where(i => !double.IsNaN(points[i][p])).ToList();
                var widths = TpeMarginal.Widths([.. known.Select(i => points[i][p])]);
                for (var i = 0; i < known.Count; i++) _kernels[known[i]][p] = TpeMarginal.OfOne(space.Parameters[p], points[known[i]][p], widths[i], points.Length + 1);
            }
        }

        public Configuration Draw(UnitRandom random)
        {
            var chosen = random.Next(_points.Length + 1);
            var at = 0;
            var places = _space.Parameters.ToDictionary(p => p.Name, _ => at++, StringComparer.Ordinal);
            return _space.At(p => chosen < _points.Length && _kernels[chosen][places[p.Name]] is { } kernel ? kernel.Draw(random) : random.Next());
        }

        public double LogDensity(double[] point)
        {
            var logs = new double[_points.Length + 1];
            for (var i = 0; i < _points.Length; i++)
                for (var p = 0; p < point.Length; p++)
                    if (!double.IsNaN(point[p]) && _kernels[i][p] is { } kernel) logs[i] += kernel.LogDensity(point[p]);
            var most = logs.Max();
            return most + Math.Log(logs.Sum(log => Math.Exp(log - most)) / logs.Length);
        }
    }
}
