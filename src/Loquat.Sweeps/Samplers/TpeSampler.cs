using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Loquat.Sweeps.Spaces;

namespace Loquat.Sweeps.Samplers;

/// <summary>
/// Tree-structured Parzen estimator (Bergstra et al. 2011), over all parameters together: a density of the better trials, one of the others, and of some points drawn from the first the one
/// where it is largest against the second. Each density is a mixture of a kernel around every trial and the even distribution; a kernel's width falls with the
/// number of trials as n^(-1/(d + 4)) (Scott's rule, as in Falkner et al. 2018). Running trials count among the others, so that workers do not try the same.
/// </summary>
public sealed class TpeSampler : Sampler
{
    public override string Type => "tpe";

    [Description("Trials before the first that is not Sobol's.")]
    [Range(1, 1_000_000)]
    public int StartupTrials { get; init; } = 10;

    [Description("Points compared for each trial.")]
    [Range(1, 100_000)]
    public int Candidates { get; init; } = 48;

    /// <summary>Width of a kernel of a single trial, as a share of the range.</summary>
    private const double WidestShare = 0.2;

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
        var better = new Mixture(space, [.. ranked.Take(count).Select(o => space.PointOf(o.Configuration))]);
        var others = new Mixture(space, [.. ranked.Skip(count).Concat(history.Where(o => o.Loss is null)).Select(o => space.PointOf(o.Configuration))]);
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

    /// <summary>A kernel around each point, and the even distribution, all of the same weight.</summary>
    private sealed class Mixture
    {
        private readonly SearchSpace _space;
        private readonly double[][] _points;
        private readonly double _width;
        private readonly Kernel[] _kernels;

        public Mixture(SearchSpace space, double[][] points)
        {
            (_space, _points) = (space, points);
            var narrowest = 1.0 / Math.Min(100, 1 + points.Length);
            _width = Math.Max(narrowest, WidestShare * Math.Pow(Math.Max(1, points.Length), -1.0 / (space.Parameters.Count + 4)));
            _kernels = [.. space.Parameters.Select(p => new Kernel(p, _width, points.Length + 1))];
        }

        public Configuration Draw(UnitRandom random)
        {
            var chosen = random.Next(_points.Length + 1);
            var at = 0;
            var places = _space.Parameters.ToDictionary(p => p.Name, _ => at++, StringComparer.Ordinal);
            return _space.At(p =>
            {
                var place = places[p.Name];
                var center = chosen < _points.Length ? _points[chosen][place] : double.NaN;
                return double.IsNaN(center) ? random.Next() : _kernels[place].Draw(center, random);
            });
        }

        public double LogDensity(double[] point)
        {
            var logs = new double[_points.Length + 1];
            for (var i = 0; i < _points.Length; i++)
                for (var p = 0; p < point.Length; p++)
                    if (!double.IsNaN(point[p]) && !double.IsNaN(_points[i][p])) logs[i] += _kernels[p].LogDensity(_points[i][p], point[p]);
            var most = logs.Max();
            return most + Math.Log(logs.Sum(log => Math.Exp(log - most)) / logs.Length);
        }
    }

    /// <summary>Along one parameter: a normal cut off at the ends, or for choices the point itself with more weight than the others. Densities are against the even distribution.</summary>
    private sealed class Kernel(SpaceParameter parameter, double width, int components)
    {
        private readonly Dictionary<double, double> _logMass = [];
        private readonly bool _ordered = parameter.IsOrdered;
        private readonly long _choices = parameter.IsOrdered ? 0 : parameter.Count!.Value;
        private readonly double _half = parameter.Count is { } count && parameter.IsOrdered ? 0.5 / count : 0;

        // A trial's own choice has weight 1 beside 1 / components for each: the prior is as heavy as one trial.
        private double OwnWeight => (1 + 1.0 / components) / (1 + (double)_choices / components);

        private double OtherWeight => 1.0 / components / (1 + (double)_choices / components);

        public double Draw(double center, UnitRandom random)
        {
            if (_ordered)
            {
                var (from, to) = (Normal.Cumulative((0 - center) / width), Normal.Cumulative((1 - center) / width));
                return Math.Clamp(center + width * Normal.Quantile(Math.Clamp(from + random.Next() * (to - from), 1e-15, 1 - 1e-15)), 0, 1);
            }
            var own = (int)(center * _choices);
            var at = random.Next() - OwnWeight;
            if (at < 0) return center;
            var other = Math.Min((int)(at / OtherWeight), (int)_choices - 2);
            return ((other < own ? other : other + 1) + 0.5) / _choices;
        }

        public double LogDensity(double center, double x)
        {
            if (!_ordered) return Math.Log(_choices * (Math.Abs(center - x) < 0.5 / _choices ? OwnWeight : OtherWeight));
            if (!_logMass.TryGetValue(center, out var mass))
                _logMass[center] = mass = Math.Log(Normal.Cumulative((1 - center) / width) - Normal.Cumulative((0 - center) / width));
            if (_half == 0) return Normal.LogDensity((x - center) / width) - Math.Log(width) - mass;
            // Of whole numbers, the mass of all points that give the same.
            var share = Normal.Cumulative((Math.Min(1, x + _half) - center) / width) - Normal.Cumulative((Math.Max(0, x - _half) - center) / width);
            return Math.Log(Math.Max(share, 1e-300) / (2 * _half)) - mass;
        }
    }
}
