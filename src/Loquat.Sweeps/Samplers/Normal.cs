namespace Loquat.Sweeps.Samplers;

/// <summary>The normal distribution of mean 0 and deviation 1.</summary>
internal static class Normal
{
    private static readonly double _logRoot = 0.5 * Math.Log(2 * Math.PI);

    public static double LogDensity(double x) => -0.5 * x * x - _logRoot;

    /// <summary>P(X ≤ x), to about 1e-15 relative in both tails.</summary>
    public static double Cumulative(double x) => 0.5 * ErrorComplement(-x / Math.Sqrt(2));

    /// <summary>The x with P(X ≤ x) = p: the rational start of Acklam (2003), made exact by a step of Halley.</summary>
    /// <param name="p">Above 0, below 1.</param>
    public static double Quantile(double p)
    {
        double x;
        if (p < 0.02425) x = Tail(Math.Sqrt(-2 * Math.Log(p)));
        else if (p > 1 - 0.02425) x = -Tail(Math.Sqrt(-2 * Math.Log(1 - p)));
        else
        {
            var q = p - 0.5;
            var r = q * q;
            x = (((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.3577518672690) * r - 30.66479806614716) * r + 2.506628277459239) * q
                / (((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972) * r - 13.28068155288572) * r + 1);
        }
        var error = (Cumulative(x) - p) * Math.Sqrt(2 * Math.PI) * Math.Exp(0.5 * x * x);
        return double.IsFinite(error) ? x - error / (1 + 0.5 * x * error) : x;

        static double Tail(double q) => (((((-0.007784894002430293 * q - 0.3223964580411365) * q - 2.400758277161838) * q - 2.549732539343734) * q + 4.374664141464968) * q + 2.938163982698783)
            / ((((0.007784695709041462 * q + 0.3224671290700398) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1);
    }

    // Series near 0, continued fraction (Lentz) in the tail.
    private static double ErrorComplement(double x)
    {
        if (x < 0) return 2 - ErrorComplement(-x);
        if (x < 2)
        {
            var (term, sum) = (x, x);
            for (var n = 1; n < 200 && Math.Abs(term) > 1e-17 * Math.Abs(sum); n++)
            {
                term *= -x * x / n;
                sum += term / (2 * n + 1);
            }
            return 1 - 2 / Math.Sqrt(Math.PI) * sum;
        }
        if (x > 38) return 0;
        var (fraction, c, d) = (x, x, 0.0);
        for (var n = 1; n < 500; n++)
        {
            d = 1 / (x + n * 0.5 * d);
            c = x + n * 0.5 / c;
            fraction *= c * d;
            if (Math.Abs(c * d - 1) < 1e-16) break;
        }
        return Math.Exp(-x * x) / (fraction * Math.Sqrt(Math.PI));
    }
}
