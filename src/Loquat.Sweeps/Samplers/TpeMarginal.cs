using Loquat.Sweeps.Spaces;

namespace Loquat.Sweeps.Samplers;

/// <summary>
/// The density of one parameter's values for <see cref="TpeSampler"/>: a kernel around each trial's and the even distribution, all of the same weight. A kernel is a normal cut off at the ends, as wide as the larger gap to a
/// neighbour (Bergstra et al. 2011, section 4.1): narrow where trials crowd, wide where there are few. Of choices, it is the trial's own with more weight than the others. Densities are against the even distribution.
/// </summary>
internal sealed class TpeMarginal
{
    private const double MostNarrow = 100;

    private readonly SpaceParameter _parameter;
    private readonly double[] _centers, _widths, _logScale;
    private readonly double[] _counts = [];
    private readonly double _half, _prior, _ownWeight;

    /// <param name="centers">Points of the trials in which the parameter is there.</param>
    public TpeMarginal(SpaceParameter parameter, double[] centers) : this(parameter, centers, Widths(centers), prior: 1, centers.Length + 1)
    {
    }

    private TpeMarginal(SpaceParameter parameter, double[] centers, double[] widths, double prior, int components)
    {
        (_parameter, _centers, _widths, _logScale, _prior) = (parameter, centers, widths, new double[centers.Length], prior);
        // A trial's choice keeps as much less than all as the even distribution is heavy among the components.
        _ownWeight = 1 - 1.0 / components;
        if (!parameter.IsOrdered)
        {
            _counts = new double[parameter.Count!.Value];
            foreach (var center in centers) _counts[PlaceOf(center)]++;
            return;
        }
        _half = parameter.Count is { } count ? 0.5 / count : 0;
        for (var i = 0; i < centers.Length; i++)
        {
            var mass = Normal.Cumulative((1 - centers[i]) / widths[i]) - Normal.Cumulative(-centers[i] / widths[i]);
            _logScale[i] = -Math.Log(mass) - (_half == 0 ? Math.Log(widths[i]) : Math.Log(2 * _half));
        }
    }

    /// <summary>One kernel alone, without the even distribution.</summary>
    /// <param name="components">Of the mixture that it is of, the even distribution included.</param>
    public static TpeMarginal OfOne(SpaceParameter parameter, double center, double width, int components) => new(parameter, [center], [width], prior: 0, components);

    /// <summary>Of each point the larger gap to a neighbour, or to an end of the range; within bounds.</summary>
    public static double[] Widths(double[] centers)
    {
        var widths = new double[centers.Length];
        var order = Enumerable.Range(0, centers.Length).OrderBy(i => centers[i]).ThenBy(i => i).ToArray();
        var narrowest = 1 / Math.Min(MostNarrow, 1 + centers.Length);
        for (var i = 0; i < order.Length; i++)
        {
            var center = centers[order[i]];
            var (before, after) = (center - (i == 0 ? 0 : centers[order[i - 1]]), (i + 1 == order.Length ? 1 : centers[order[i + 1]]) - center);
            widths[order[i]] = Math.Clamp(Math.Max(before, after), narrowest, 1);
        }
        return widths;
    }

    /// <summary>A point of it, that of the value which it stands for.</summary>
    public double Draw(UnitRandom random)
    {
        var chosen = _prior == 0 ? 0 : random.Next(_centers.Length + 1);
        if (chosen == _centers.Length) return _parameter.Snap(random.Next());
        var center = _centers[chosen];
        if (!_parameter.IsOrdered) return random.Next() < _ownWeight ? center : _parameter.Snap(random.Next());
        var (from, to) = (Normal.Cumulative(-center / _widths[chosen]), Normal.Cumulative((1 - center) / _widths[chosen]));
        return _parameter.Snap(Math.Clamp(center + _widths[chosen] * Normal.Quantile(Math.Clamp(from + random.Next() * (to - from), 1e-15, 1 - 1e-15)), 0, 1));
    }

    public double LogDensity(double x)
    {
        var n = _centers.Length;
        var sum = _prior;
        if (!_parameter.IsOrdered) return Math.Log((sum + _counts[PlaceOf(x)] * _ownWeight * _counts.Length + n * (1 - _ownWeight)) / (n + _prior));
        for (var i = 0; i < n; i++)
        {
            if (_half == 0) sum += Math.Exp(Normal.LogDensity((x - _centers[i]) / _widths[i]) + _logScale[i]);
            else
            {
                // Of whole numbers, the mass of all points that give the same.
                var share = Normal.Cumulative((Math.Min(1, x + _half) - _centers[i]) / _widths[i]) - Normal.Cumulative((Math.Max(0, x - _half) - _centers[i]) / _widths[i]);
                sum += share * Math.Exp(_logScale[i]);
            }
        }
        return Math.Log(Math.Max(sum, 1e-300) / (n + _prior));
    }

    private int PlaceOf(double point) => Math.Clamp((int)(point * _parameter.Count!.Value), 0, (int)_parameter.Count.Value - 1);
}
