namespace Loquat.Text.Metrics;

/// <summary>The few distribution functions that tests and intervals need.</summary>
internal static class Distributions
{
    private static readonly double[] _lanczos =
        [0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7];

    /// <summary>P(|Z| > |z|) of the normal distribution.</summary>
    public static double TwoSidedNormal(double z) => ErrorFunctionRest(Math.Abs(z) / Math.Sqrt(2));

    /// <summary>P(Z > z).</summary>
    public static double NormalAbove(double z) => z >= 0 ? TwoSidedNormal(z) / 2 : 1 - TwoSidedNormal(z) / 2;

    /// <summary>Where P(Z > z) is <paramref name="above"/>.</summary>
    public static double NormalQuantileAbove(double above) => Root(z => above - NormalAbove(z), -40, 40);

    /// <summary>The regularized incomplete beta function, by its continued fraction (Lentz).</summary>
    public static double Beta(double x, double a, double b)
    {
        if (x <= 0) return 0;
        if (x >= 1) return 1;
        if (x > (a + 1) / (a + b + 2)) return 1 - Beta(1 - x, b, a);
        var front = Math.Exp(LogGamma(a + b) - LogGamma(a) - LogGamma(b) + a * Math.Log(x) + b * Math.Log(1 - x)) / a;
        var (c, d) = (1.0, 1 / (1 - (a + b) * x / (a + 1)));
        var fraction = d;
        for (var m = 1; m < 10_000; m++)
        {
            var even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
            (c, d) = (1 + even / c, 1 / (1 + even * d));
            fraction *= c * d;
            var odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            (c, d) = (1 + odd / c, 1 / (1 + odd * d));
            fraction *= c * d;
            if (Math.Abs(c * d - 1) < 1e-16) break;
        }
        return front * fraction;
    }

    /// <summary>Where the incomplete beta function has a value.</summary>
    public static double BetaQuantile(double value, double a, double b) => Root(x => Beta(x, a, b) - value, 0, 1);

    /// <summary>P(|T| > |t|) of Student's distribution.</summary>
    public static double TwoSidedStudent(double t, double freedom) => double.IsNaN(t) ? double.NaN : Beta(freedom / (freedom + t * t), freedom / 2, 0.5);

    /// <summary>P(X > x) of chi-squared with one degree of freedom.</summary>
    public static double ChiSquaredAbove(double x) => double.IsNaN(x) ? double.NaN : ErrorFunctionRest(Math.Sqrt(x / 2));

    /// <summary>The logarithm of the gamma function (Lanczos).</summary>
    public static double LogGamma(double x)
    {
        if (x < 0.5) return Math.Log(Math.PI / Math.Abs(Math.Sin(Math.PI * x))) - LogGamma(1 - x);
        x--;
        var sum = _lanczos[0];
        for (var i = 1; i < _lanczos.Length; i++) sum += _lanczos[i] / (x + i);
        var t = x + 7.5;
        return 0.5 * Math.Log(2 * Math.PI) + (x + 0.5) * Math.Log(t) - t + Math.Log(sum);
    }

    /// <summary>ln C(n, k).</summary>
    public static double LogChoose(int n, int k) => LogGamma(n + 1.0) - LogGamma(k + 1.0) - LogGamma(n - k + 1.0);

    // 1 - erf(x) for x >= 0: the series near 0, the continued fraction beyond.
    private static double ErrorFunctionRest(double x)
    {
        if (double.IsPositiveInfinity(x)) return 0;
        if (x < 2.5)
        {
            var (term, sum) = (x, x);
            for (var n = 1; n < 200 && Math.Abs(term) > 1e-18 * sum; n++)
            {
                term *= -x * x / n;
                sum += term / (2 * n + 1);
            }
            return 1 - 2 / Math.Sqrt(Math.PI) * sum;
        }
        var fraction = 0.0;
        for (var n = 120; n > 0; n--) fraction = n / 2.0 / (x + fraction);
        return Math.Exp(-x * x) / Math.Sqrt(Math.PI) / (x + fraction);
    }

    // Of a rising function, by halving.
    private static double Root(Func<double, double> function, double low, double high)
    {
        for (var i = 0; i < 200; i++)
        {
            var middle = (low + high) / 2;
            if (middle == low || middle == high) break;
            if (function(middle) < 0) low = middle;
            else high = middle;
        }
        return (low + high) / 2;
    }
}
