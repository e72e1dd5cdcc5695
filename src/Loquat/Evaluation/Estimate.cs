using Loquat.Text.Metrics;

namespace Loquat.Evaluation;

/// <summary>A number from a sample, with how sure it is.</summary>
/// <param name="Value">The number.</param>
/// <param name="StandardError">Of the value; NaN where there is a single item.</param>
/// <param name="Low">The lower end of the 95 % confidence interval.</param>
/// <param name="High">Its upper end.</param>
/// <param name="Count">Items of the sample.</param>
public sealed record Estimate(double Value, double StandardError, double Low, double High, int Count)
{
    /// <summary>The normal distribution's 97.5th percentile.</summary>
    private const double Z = 1.959964;

    private static Estimate Of(double value, double error, int count) => new(value, error, value - Z * error, value + Z * error, count);

    /// <summary>A mean, with the sample's standard deviation / √n. Of zeros and ones the interval is Wilson's, which holds for few of them too.</summary>
    public static Estimate Mean(IReadOnlyList<double> values)
    {
        if (values.Count == 0) return Of(double.NaN, double.NaN, 0);
        var mean = values.Sum() / values.Count;
        var error = values.Count > 1 ? Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1) / values.Count) : double.NaN;
        if (!values.All(v => v is 0 or 1)) return Of(mean, error, values.Count);
        var (low, high) = Significance.Wilson((int)values.Sum(), values.Count);
        return new(mean, error, low, high, values.Count);
    }

    /// <summary>A ratio of two sums, as nats for each word; its error by linearization (Cochran 1977, section 6.4).</summary>
    public static Estimate Ratio(IReadOnlyList<double> sums, IReadOnlyList<double> weights)
    {
        var (ratio, n) = (sums.Sum() / weights.Sum(), sums.Count);
        var squares = sums.Zip(weights, (s, w) => s - ratio * w).Sum(rest => rest * rest);
        return Of(ratio, n > 1 ? Math.Sqrt(squares * n / (n - 1.0)) / weights.Sum() : double.NaN, n);
    }

    /// <summary>A number that a statistic of the whole sample gives, with the error that resampling its items shows (Efron 1979).</summary>
    /// <param name="statistic">Given the items of a sample, some of them several times.</param>
    public static Estimate Resampled(int count, Func<IReadOnlyList<int>, double> statistic, ulong seed, int resamples = 100)
    {
        var value = statistic([.. Enumerable.Range(0, count)]);
        if (count < 2) return Of(value, double.NaN, count);
        var random = new Random((int)(seed & int.MaxValue));
        var values = Enumerable.Range(0, resamples).Select(_ => statistic([.. Enumerable.Range(0, count).Select(_ => random.Next(count))])).ToArray();
        return Of(value, Mean(values).StandardError * Math.Sqrt(resamples), count);
    }

    /// <summary>The same number on another scale.</summary>
    /// <param name="scale">Growing or falling throughout.</param>
    /// <param name="slope">Its derivative at the value.</param>
    public Estimate Through(Func<double, double> scale, double slope)
    {
        var (a, b) = (scale(Low), scale(High));
        return new(scale(Value), StandardError * Math.Abs(slope), Math.Min(a, b), Math.Max(a, b), Count);
    }

    /// <summary>The standard error of the mean of several samples together, from theirs.</summary>
    public static double PooledError(IReadOnlyList<double> errors, IReadOnlyList<int> sizes) =>
        Math.Sqrt(errors.Zip(sizes, (error, size) => (size - 1.0) * error * error * size).Sum() / (sizes.Sum() - sizes.Count) / sizes.Sum());
}
