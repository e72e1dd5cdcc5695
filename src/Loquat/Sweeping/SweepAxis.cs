using System.Globalization;
using Loquat.Runs;
using Loquat.Sweeps.Spaces;

namespace Loquat.Sweeping;

/// <summary>An axis of a picture: places from 0 to 1, some of them with labels.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Ticks">Labeled places, in order.</param>
internal sealed record SweepAxis(string Title, IReadOnlyList<(double Place, string Label)> Ticks)
{
    private const int LongestLabel = 14, MostLabels = 8;

    /// <summary>Numbers at even distances.</summary>
    public static SweepAxis Of(string title, double low, double high, int most = 6)
    {
        if (!(high > low)) high = low + Math.Max(1e-12, Math.Abs(low) * 0.01);
        return new(title, [.. SvgChart.Ticks(low, high, most).Select(tick => ((tick - low) / (high - low), SvgChart.Short(tick)))]);
    }

    /// <summary>The values of a parameter, as its scale has them.</summary>
    public static SweepAxis Of(SpaceParameter parameter, string title) => new(title, [.. Values(parameter).DistinctBy(v => v.Label).Select(v => (parameter.PointOf(v.Value), v.Label))]);

    private static IEnumerable<(string Value, string Label)> Values(SpaceParameter parameter)
    {
        if (parameter is ChoiceParameter { Choices: var choices })
        {
            var every = (choices.Count + MostLabels - 1) / MostLabels;
            return choices.Where((_, i) => i % every == 0).Select(c => (c, c.Length > LongestLabel ? c[..(LongestLabel - 1)] + "…" : c));
        }
        var (low, high, log) = parameter switch
        {
            IntegerParameter whole => ((double)whole.Low, (double)whole.High, whole.IsLogarithmic),
            RealParameter real => (real.Low, real.High, real.IsLogarithmic),
            _ => (0, 1, false),
        };
        var ticks = high <= low ? [low] : log ? Decades(low, high) : SvgChart.Ticks(low, high, 5).ToList();
        if (parameter is IntegerParameter) ticks = [.. ticks.Where(t => t == Math.Floor(t))];
        if (ticks.Count < 2) ticks = [low, high];
        return ticks.Distinct().Select(t => (t.ToString("R", CultureInfo.InvariantCulture), SvgChart.Short(t)));
    }

    private static List<double> Decades(double low, double high)
    {
        List<double> found = [];
        for (var decade = (int)Math.Floor(Math.Log10(low)); decade <= Math.Log10(high); decade++)
            foreach (var factor in high / low > 300 ? (double[])[1] : [1, 2, 5])
                // Parsed, so that it is the number that people write.
                if (double.Parse(string.Create(CultureInfo.InvariantCulture, $"{factor}e{decade}"), CultureInfo.InvariantCulture) is var tick && tick >= low && tick <= high) found.Add(tick);
        return found;
    }

    /// <summary>The names of parameters, as short as they can be told apart.</summary>
    public static IReadOnlyDictionary<string, string> Names(SearchSpace space)
    {
        var names = space.Parameters.Select(p => p.Name).ToList();
        return names.ToDictionary(name => name, name =>
        {
            var parts = name.Split('.');
            for (var count = 1; count < parts.Length; count++)
            {
                var suffix = string.Join('.', parts[^count..]);
                if (names.Count(other => other == suffix || other.EndsWith("." + suffix, StringComparison.Ordinal)) == 1) return suffix;
            }
            return name;
        });
    }
}
