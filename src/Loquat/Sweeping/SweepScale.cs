using System.Globalization;
using Loquat.Sweeps.Trials;

namespace Loquat.Sweeping;

/// <summary>The axis of values, which a few trials that went astray do not stretch, and colors from good to bad.</summary>
internal sealed class SweepScale
{
    private readonly SweepResult _result;
    private readonly IReadOnlyList<double> _sorted;

    public SweepScale(SweepResult result)
    {
        _result = result;
        // Of losses, where less is better; turned around for a score at the end.
        _sorted = [.. result.Trials.Where(t => result.ValueOf(t) is not null).Select(t => t.Loss!.Value).Order()];
        if (_sorted.Count == 0) return;
        var (best, worst) = Bounds(_sorted);
        var (a, b) = (Signed(best), Signed(worst));
        (Low, High) = (Math.Min(a, b), Math.Max(a, b));
    }

    public double Low { get; }

    public double High { get; }

    public SweepAxis Axis => SweepAxis.Of(_result.Sweep.Objective.Unit, Low, High);

    /// <summary>The place of a value; null: it is worse than the axis shows.</summary>
    public double? Place(double value)
    {
        var place = High > Low ? (value - Low) / (High - Low) : 0.5;
        return place is < -1e-9 or > 1 + 1e-9 ? null : Math.Clamp(place, 0, 1);
    }

    /// <summary>From 0, the best trial, to 1, the worst.</summary>
    public double Rank(Trial trial)
    {
        if (_sorted.Count < 2) return 0;
        var at = 0;
        while (at < _sorted.Count && _sorted[at] < trial.Loss) at++;
        return (double)at / (_sorted.Count - 1);
    }

    /// <summary>A color from good, 0, to bad, 1; legible on light and dark ground.</summary>
    public static string Color(double share)
    {
        (double R, double G, double B)[] stops = [(214, 90, 24), (176, 74, 128), (96, 88, 176), (120, 150, 190)];
        var at = Math.Clamp(share, 0, 1) * (stops.Length - 1);
        var from = Math.Min((int)at, stops.Length - 2);
        double Mix(double a, double b) => a + (at - from) * (b - a);
        return string.Create(CultureInfo.InvariantCulture, $"rgb({Mix(stops[from].R, stops[from + 1].R):0},{Mix(stops[from].G, stops[from + 1].G):0},{Mix(stops[from].B, stops[from + 1].B):0})");
    }

    /// <summary>The range of losses, without those that lie far above most.</summary>
    /// <param name="sorted">One or more, the least first.</param>
    public static (double Low, double High) Bounds(IReadOnlyList<double> sorted)
    {
        var quarter = sorted[(sorted.Count - 1) * 3 / 4];
        return (sorted[0], Math.Min(sorted[^1], quarter + 2 * Math.Max(quarter - sorted[0], 1e-9 * Math.Abs(quarter))));
    }

    private double Signed(double loss) => _result.Sweep.Objective.Signed(loss);
}
