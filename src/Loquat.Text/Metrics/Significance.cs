namespace Loquat.Text.Metrics;

/// <summary>Which differences count against chance.</summary>
public enum Alternative
{
    TwoSided,

    Greater,

    Less,
}

/// <summary>A statistic with the probability that chance alone gives one as far out.</summary>
public readonly record struct SignificanceResult(double Statistic, double PValue);

/// <summary>Intervals and tests, with the numbers of SciPy and statsmodels.</summary>
public static class Significance
{
    private const double Slack = 1e-12; // between sums of the same numbers in another order

    /// <summary>The percentile bootstrap's interval of a mean (Efron 1979).</summary>
    /// <exception cref="DataException">There are no values.</exception>
    public static (double Low, double High) BootstrapMean(IReadOnlyList<double> values, Random random, double confidence = 0.95, int resamples = 9999)
    {
        if (values.Count == 0) throw new DataException("there are no values to take an interval of.");
        var means = new double[resamples];
        for (var r = 0; r < resamples; r++)
        {
            var sum = 0.0;
            for (var i = 0; i < values.Count; i++) sum += values[random.Next(values.Count)];
            means[r] = sum / values.Count;
        }
        Array.Sort(means);
        return (Quantile(means, (1 - confidence) / 2), Quantile(means, (1 + confidence) / 2));
    }

    /// <summary>The quantile of sorted numbers, linear between them.</summary>
    public static double Quantile(IReadOnlyList<double> sorted, double share)
    {
        var place = share * (sorted.Count - 1);
        var low = (int)Math.Floor(place);
        return low + 1 < sorted.Count ? sorted[low] + (place - low) * (sorted[low + 1] - sorted[low]) : sorted[^1];
    }

    /// <summary>Whether paired results differ in their mean: a pair's two may exchange places. All arrangements up to 20 pairs, else as many random ones as asked for.</summary>
    public static SignificanceResult PairedPermutation(IReadOnlyList<double> a, IReadOnlyList<double> b, Alternative alternative, Random random, int resamples = 9999)
    {
        var differences = a.Zip(b, (x, y) => x - y).ToArray();
        var observed = differences.Average();
        if (differences.Length <= 20)
        {
            var arrangements = 1 << differences.Length;
            double greater = 0, less = 0;
            for (var signs = 0; signs < arrangements; signs++)
            {
                var mean = differences.Select((d, i) => (signs >> i & 1) == 0 ? d : -d).Average();
                if (IsAsFar(mean, observed, Alternative.Greater)) greater++;
                if (IsAsFar(mean, observed, Alternative.Less)) less++;
            }
            return new(observed, alternative switch { Alternative.Greater => greater, Alternative.Less => less, _ => Math.Min(arrangements, 2 * Math.Min(greater, less)) } / arrangements);
        }
        var sampled = Enumerable.Range(0, resamples).Select(_ => differences.Select(_ => random.Next(2) == 0)).Select(signs => signs.ToArray());
        return PairedPermutation(differences, sampled, alternative);
    }

    /// <summary>The same with given exchanges: true where a pair keeps its order.</summary>
    internal static SignificanceResult PairedPermutation(double[] differences, IEnumerable<IReadOnlyList<bool>> arrangements, Alternative alternative)
    {
        var observed = differences.Average();
        var (far, all) = (0, 0);
        foreach (var keep in arrangements)
        {
            all++;
            if (IsAsFar(differences.Select((d, i) => keep[i] ? d : -d).Average(), observed, alternative)) far++;
        }
        return new(observed, (far + 1.0) / (all + 1));
    }

    /// <summary>McNemar's exact test of two classifiers on the same items.</summary>
    /// <param name="onlyA">Items that the first alone has right.</param>
    /// <param name="onlyB">Those that the second alone has.</param>
    public static SignificanceResult McNemar(int onlyA, int onlyB)
    {
        var (least, n) = (Math.Min(onlyA, onlyB), onlyA + onlyB);
        var tail = 0.0;
        for (var k = 0; k <= least; k++) tail += Math.Exp(Distributions.LogChoose(n, k) - n * Math.Log(2));
        return new(least, Math.Min(1, 2 * tail));
    }

    /// <summary>The same by chi-squared, for many items; NaN where both have the same items right.</summary>
    public static SignificanceResult McNemarChiSquared(int onlyA, int onlyB, bool corrected)
    {
        var distance = Math.Abs(onlyA - onlyB) - (corrected ? 1 : 0);
        var statistic = onlyA + onlyB == 0 ? double.NaN : (double)distance * distance / (onlyA + onlyB);
        return new(statistic, Distributions.ChiSquaredAbove(statistic));
    }

    /// <summary>Wilson's interval of a share: the one to take.</summary>
    public static (double Low, double High) Wilson(int count, int n, double alpha = 0.05)
    {
        var (p, z) = ((double)count / n, Distributions.NormalQuantileAbove(alpha / 2));
        var (denominator, half) = (1 + z * z / n, z * Math.Sqrt(p * (1 - p) / n + z * z / (4.0 * n * n)));
        return (Math.Max(0, (p + z * z / (2.0 * n) - half) / denominator), Math.Min(1, (p + z * z / (2.0 * n) + half) / denominator));
    }

    /// <summary>The normal approximation's interval, cut to 0 to 1.</summary>
    public static (double Low, double High) Normal(int count, int n, double alpha = 0.05) => Around((double)count / n, n, alpha);

    /// <summary>Agresti and Coull's interval.</summary>
    public static (double Low, double High) AgrestiCoull(int count, int n, double alpha = 0.05)
    {
        var z = Distributions.NormalQuantileAbove(alpha / 2);
        return Around((count + z * z / 2) / (n + z * z), n + z * z, alpha);
    }

    /// <summary>Clopper and Pearson's interval, which is never too narrow.</summary>
    public static (double Low, double High) ClopperPearson(int count, int n, double alpha = 0.05) =>
        (count == 0 ? 0 : Distributions.BetaQuantile(alpha / 2, count, n - count + 1), count == n ? 1 : Distributions.BetaQuantile(1 - alpha / 2, count + 1, n - count));

    /// <summary>Jeffreys' interval.</summary>
    public static (double Low, double High) Jeffreys(int count, int n, double alpha = 0.05) =>
        (Distributions.BetaQuantile(alpha / 2, count + 0.5, n - count + 0.5), Distributions.BetaQuantile(1 - alpha / 2, count + 0.5, n - count + 0.5));

    /// <summary>Whether two shares differ.</summary>
    /// <param name="pooled">Whether the variance is that of both together.</param>
    public static SignificanceResult TwoProportions(int countA, int a, int countB, int b, Alternative alternative = Alternative.TwoSided, bool pooled = true)
    {
        double first = (double)countA / a, second = (double)countB / b, all = (double)(countA + countB) / (a + b);
        var variance = pooled ? all * (1 - all) * (1.0 / a + 1.0 / b) : first * (1 - first) / a + second * (1 - second) / b;
        var z = (first - second) / Math.Sqrt(variance);
        return new(z, alternative switch { Alternative.Greater => Distributions.NormalAbove(z), Alternative.Less => Distributions.NormalAbove(-z), _ => Distributions.TwoSidedNormal(z) });
    }

    private static (double Low, double High) Around(double p, double n, double alpha)
    {
        var half = Distributions.NormalQuantileAbove(alpha / 2) * Math.Sqrt(p * (1 - p) / n);
        return (Math.Max(0, p - half), Math.Min(1, p + half));
    }

    private static bool IsAsFar(double value, double observed, Alternative alternative) => alternative switch
    {
        Alternative.Greater => value >= observed - Slack,
        Alternative.Less => value <= observed + Slack,
        _ => Math.Abs(value) >= Math.Abs(observed) - Slack,
    };
}
