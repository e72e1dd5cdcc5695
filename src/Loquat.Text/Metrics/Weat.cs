namespace Loquat.Text.Metrics;

/// <summary>What the word embedding association test found.</summary>
/// <param name="AssociationsX">How much nearer each word of X is to A than to B: -2 to 2.</param>
/// <param name="AssociationsY">The same of Y.</param>
/// <param name="Statistic">The sum of the first less that of the second.</param>
/// <param name="EffectSize">The difference of the means in standard deviations (divisor n - 1): -2 to 2; 0 is none.</param>
/// <param name="PopulationEffectSize">The same with the divisor n.</param>
/// <param name="PValue">The share of splits of the words into parts of these sizes whose statistic is larger (Caliskan et al. 2017, one-sided).</param>
/// <param name="PValueOrEqual">The share whose statistic is at least as large: the one that is never 0.</param>
/// <param name="Splits">How many splits were looked at.</param>
public sealed record WeatResult(
    IReadOnlyList<double> AssociationsX, IReadOnlyList<double> AssociationsY, double Statistic, double EffectSize, double PopulationEffectSize, double PValue, double PValueOrEqual, long Splits);

/// <summary>
/// The word embedding association test (Caliskan et al. 2017): whether the words of X are nearer to those of A than to those of B, and the words of Y the other way round. With vectors of sentences it is
/// SEAT (May et al. 2019).
/// </summary>
public static class Weat
{
    private const double Slack = 1e-12; // between sums of the same numbers in another order

    /// <summary>More splits than this are drawn instead of counted out.</summary>
    public const long MostSplits = 200_000;

    /// <param name="x">Vectors of the one group, such as names of women.</param>
    /// <param name="y">Vectors of the other.</param>
    /// <param name="a">Vectors of the one attribute, such as words of family.</param>
    /// <param name="b">Vectors of the other.</param>
    /// <param name="random">Draws the splits where there are too many to count out.</param>
    /// <exception cref="DataException">A set is empty, or vectors differ in their length or are zero.</exception>
    public static WeatResult Score(IReadOnlyList<double[]> x, IReadOnlyList<double[]> y, IReadOnlyList<double[]> a, IReadOnlyList<double[]> b, Random random)
    {
        foreach (var (name, set) in new[] { ("X", x), ("Y", y), ("A", a), ("B", b) })
        {
            if (set.Count == 0) throw new DataException($"the set {name} has no words with vectors.");
            if (set.Any(v => v.Length != x[0].Length || v.All(value => value == 0))) throw new DataException($"the set {name} has a vector that is zero or of another length than {x[0].Length}.");
        }
        double Association(double[] word) => a.Average(other => Cosine(word, other)) - b.Average(other => Cosine(word, other));
        double[] all = [.. x.Select(Association), .. y.Select(Association)];
        var (ofX, ofY) = (all[..x.Count], all[x.Count..]);
        var (statistic, sum, mean) = (ofX.Sum() - ofY.Sum(), all.Sum(), all.Average());
        var squares = all.Sum(s => (s - mean) * (s - mean));
        var difference = ofX.Average() - ofY.Average();
        long larger = 0, atLeast = 0, splits = 0;
        void Count(double part)
        {
            splits++;
            var one = 2 * part - sum; // the part less the rest
            if (one > statistic + Slack) larger++;
            if (one >= statistic - Slack) atLeast++;
        }
        if (Choose(all.Length, x.Count) <= MostSplits) Each(all, x.Count, 0, 0, Count);
        else
            for (var draw = 0; draw < MostSplits; draw++) Count(Drawn(all, x.Count, random));
        return new(ofX, ofY, statistic, difference / Math.Sqrt(squares / (all.Length - 1)), difference / Math.Sqrt(squares / all.Length), (double)larger / splits, (double)atLeast / splits, splits);
    }

    /// <summary>The cosine of the angle between two vectors.</summary>
    public static double Cosine(IReadOnlyList<double> a, IReadOnlyList<double> b)
    {
        double product = 0, first = 0, second = 0;
        for (var i = 0; i < a.Count; i++) (product, first, second) = (product + a[i] * b[i], first + a[i] * a[i], second + b[i] * b[i]);
        return product / Math.Sqrt(first * second);
    }

    private static void Each(double[] all, int left, int from, double sum, Action<double> found)
    {
        if (left == 0)
        {
            found(sum);
            return;
        }
        for (var i = from; i <= all.Length - left; i++) Each(all, left - 1, i + 1, sum + all[i], found);
    }

    private static double Drawn(double[] all, int count, Random random)
    {
        var order = (double[])all.Clone();
        var sum = 0.0;
        for (var i = 0; i < count; i++)
        {
            var j = random.Next(i, order.Length);
            (order[i], order[j]) = (order[j], order[i]);
            sum += order[i];
        }
        return sum;
    }

    private static double Choose(int n, int k) => Enumerable.Range(1, k).Aggregate(1.0, (product, i) => product * (n - k + i) / i);
}
