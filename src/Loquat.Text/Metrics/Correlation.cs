namespace Loquat.Text.Metrics;

/// <summary>A correlation with the probability that chance alone gives one as far from 0.</summary>
public readonly record struct CorrelationResult(double Value, double PValue);

/// <summary>Correlations and errors of predicted numbers, with the numbers of SciPy and scikit-learn. NaN where a side is constant.</summary>
public static class Correlation
{
    /// <summary>Pearson's r.</summary>
    public static CorrelationResult Pearson(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        var (meanX, meanY) = (x.Average(), y.Average());
        double xy = 0, xx = 0, yy = 0;
        for (var i = 0; i < x.Count; i++)
        {
            var (dx, dy) = (x[i] - meanX, y[i] - meanY);
            (xy, xx, yy) = (xy + dx * dy, xx + dx * dx, yy + dy * dy);
        }
        if (xx == 0 || yy == 0) return new(double.NaN, double.NaN);
        var r = Math.Clamp(xy / Math.Sqrt(xx) / Math.Sqrt(yy), -1, 1);
        return new(r, x.Count == 2 ? 1 : Distributions.TwoSidedStudent(r * Math.Sqrt((x.Count - 2) / ((1 - r) * (1 + r))), x.Count - 2));
    }

    /// <summary>Spearman's ρ: Pearson's of the ranks, those of ties averaged.</summary>
    public static CorrelationResult Spearman(IReadOnlyList<double> x, IReadOnlyList<double> y) => Pearson(Ranks(x), Ranks(y));

    /// <summary>Kendall's τ-b, which is right with ties.</summary>
    public static CorrelationResult KendallB(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        var (difference, p, all, tiesX, tiesY, _) = Kendall(x, y);
        return new(difference / Math.Sqrt(all - tiesX) / Math.Sqrt(all - tiesY), p);
    }

    /// <summary>Kendall's τ-c, for sides with different numbers of values.</summary>
    public static CorrelationResult KendallC(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        var (difference, p, _, _, _, values) = Kendall(x, y);
        return new(double.IsNaN(p) ? double.NaN : 2 * difference / ((double)x.Count * x.Count * (values - 1) / values), p);
    }

    /// <summary>Mean squared error.</summary>
    public static double MeanSquaredError(IReadOnlyList<double> truth, IReadOnlyList<double> predicted) => truth.Zip(predicted).Average(p => (p.First - p.Second) * (p.First - p.Second));

    /// <summary>Mean absolute error.</summary>
    public static double MeanAbsoluteError(IReadOnlyList<double> truth, IReadOnlyList<double> predicted) => truth.Zip(predicted).Average(p => Math.Abs(p.First - p.Second));

    /// <summary>R²: the share of the variance that is predicted; below 0 where the mean would be better. Of a constant truth 0, or 1 where all is right.</summary>
    public static double Determination(IReadOnlyList<double> truth, IReadOnlyList<double> predicted)
    {
        var mean = truth.Average();
        var (rest, variance) = (truth.Zip(predicted).Sum(p => (p.First - p.Second) * (p.First - p.Second)), truth.Sum(t => (t - mean) * (t - mean)));
        return variance > 0 ? 1 - rest / variance : rest == 0 ? 1 : 0;
    }

    private static double[] Ranks(IReadOnlyList<double> values)
    {
        var ranks = new double[values.Count];
        var below = 0;
        foreach (var group in Enumerable.Range(0, values.Count).GroupBy(i => values[i]).OrderBy(g => g.Key))
        {
            var count = group.Count();
            foreach (var i in group) ranks[i] = below + (count + 1) / 2.0;
            below += count;
        }
        return ranks;
    }

    // Pairs in the same order less those in the other.
    private static (double Difference, double PValue, double All, double TiesX, double TiesY, int Values) Kendall(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        var n = x.Count;
        double difference = 0, other = 0, all = n * (n - 1.0) / 2;
        for (var i = 0; i < n; i++)
        {
            for (var j = i + 1; j < n; j++)
            {
                var sign = Math.Sign(x[i] - x[j]) * Math.Sign(y[i] - y[j]);
                difference += sign;
                if (sign < 0) other++;
            }
        }
        var (sizesX, sizesY) = (x.GroupBy(v => v).Select(g => (double)g.Count()).ToList(), y.GroupBy(v => v).Select(g => (double)g.Count()).ToList());
        var (tiesX, tiesY) = (sizesX.Sum(c => c * (c - 1) / 2), sizesY.Sum(c => c * (c - 1) / 2));
        var values = Math.Min(sizesX.Count, sizesY.Count);
        if (tiesX == all || tiesY == all) return (difference, double.NaN, all, tiesX, tiesY, values);
        double p;
        if (tiesX == 0 && tiesY == 0 && (n <= 33 || Math.Min(other, all - other) <= 1))
        {
            p = ExactP(n, (int)Math.Min(other, all - other));
        }
        else
        {
            double m = n * (n - 1.0);
            var variance = (m * (2 * n + 5) - sizesX.Sum(c => c * (c - 1) * (2 * c + 5)) - sizesY.Sum(c => c * (c - 1) * (2 * c + 5))) / 18 + 2 * tiesX * tiesY / m
                + sizesX.Sum(c => c * (c - 1) * (c - 2)) * sizesY.Sum(c => c * (c - 1) * (c - 2)) / (9 * m * (n - 2));
            p = Distributions.TwoSidedNormal(difference / Math.Sqrt(variance));
        }
        return (difference, p, all, tiesX, tiesY, values);
    }

    // Twice the share of orders of n with at most so many inversions.
    private static double ExactP(int n, int inversions)
    {
        var shares = new double[inversions + 1];
        shares[0] = 1;
        for (var length = 2; length <= n; length++)
        {
            var next = new double[inversions + 1];
            var window = 0.0;
            for (var k = 0; k <= inversions; k++)
            {
                window += shares[k];
                if (k >= length) window -= shares[k - length];
                next[k] = window / length;
            }
            shares = next;
        }
        return Math.Min(1, 2 * shares.Sum());
    }
}
