namespace Loquat.Planning;

/// <summary>Fits scaling laws to finished runs.</summary>
public static class ScalingFit
{
    private const int Terms = 5;

    /// <summary>y = coefficient · x^exponent by least squares of log y on log x.</summary>
    /// <param name="x">Above 0.</param>
    /// <param name="y">Above 0, as many as <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">Fewer than two points, or lengths that differ.</exception>
    public static (double Coefficient, double Exponent) PowerLaw(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.Length < 2 || x.Length != y.Length) throw new ArgumentException($"a power law needs two or more points; there are {x.Length} x and {y.Length} y.");
        double meanX = 0, meanY = 0;
        for (var i = 0; i < x.Length; i++)
        {
            meanX += Math.Log(x[i]) / x.Length;
            meanY += Math.Log(y[i]) / x.Length;
        }
        double covariance = 0, variance = 0;
        for (var i = 0; i < x.Length; i++)
        {
            var d = Math.Log(x[i]) - meanX;
            covariance += d * (Math.Log(y[i]) - meanY);
            variance += d * d;
        }
        var exponent = covariance / variance;
        return (Math.Exp(meanY - exponent * meanX), exponent);
    }

    /// <summary>
    /// E, A, B, α and β that minimize the sum of Huber losses of log predicted less log measured loss (Hoffmann et al. 2022, section 3.3),
    /// by Levenberg-Marquardt with Huber weights from several starts.
    /// </summary>
    /// <param name="runs">Parameters, tokens and loss of five or more runs.</param>
    /// <param name="huberDelta">Where the loss turns from square to straight. Default: 1e-3.</param>
    /// <exception cref="ArgumentException">Fewer than five runs.</exception>
    public static (ScalingLaw Law, double Objective) Chinchilla(IReadOnlyList<(double Parameters, double Tokens, double Loss)> runs, double huberDelta = 1e-3)
    {
        if (runs.Count < Terms) throw new ArgumentException($"five constants need five runs or more; there are {runs.Count}.");
        double[]? best = null;
        var least = double.PositiveInfinity;
        foreach (var alpha in new[] { 0.2, 0.4, 0.7 })
            foreach (var beta in new[] { 0.2, 0.4, 0.7 })
                foreach (var size in new[] { 4.0, 8.0 })
                {
                    var (point, objective) = Descend([0, size, size, alpha, beta], runs, huberDelta);
                    if (objective < least) (best, least) = (point, objective);
                }
        return (new ScalingLaw(Math.Exp(best![0]), Math.Exp(best[1]), Math.Exp(best[2]), best[3], best[4]), least);
    }

    // The point is log E, log A, log B, alpha, beta.
    private static (double[] Point, double Objective) Descend(double[] point, IReadOnlyList<(double Parameters, double Tokens, double Loss)> runs, double delta)
    {
        var damping = 1e-2;
        var objective = Objective(point, runs, delta);
        for (var round = 0; round < 2000 && damping < 1e12; round++)
        {
            var normal = new double[Terms, Terms + 1];
            foreach (var run in runs)
            {
                var (residual, slope) = Residual(point, run);
                var weight = Math.Abs(residual) <= delta ? 1 : delta / Math.Abs(residual);
                for (var i = 0; i < Terms; i++)
                {
                    for (var j = 0; j < Terms; j++) normal[i, j] += weight * slope[i] * slope[j];
                    normal[i, Terms] -= weight * slope[i] * residual;
                }
            }
            for (var i = 0; i < Terms; i++) normal[i, i] += damping * (normal[i, i] + 1e-12);
            var step = Solve(normal);
            var next = point.Zip(step, (p, s) => p + s).ToArray();
            var value = Objective(next, runs, delta);
            if (value < objective)
            {
                var done = objective - value < 1e-14 * objective;
                (point, objective, damping) = (next, value, damping / 3);
                if (done) break;
            }
            else damping *= 4;
        }
        return (point, objective);
    }

    private static double Objective(double[] point, IReadOnlyList<(double Parameters, double Tokens, double Loss)> runs, double delta)
    {
        var total = 0.0;
        foreach (var run in runs)
        {
            var r = Math.Abs(Residual(point, run).Value);
            total += r <= delta ? r * r / 2 : delta * (r - delta / 2);
        }
        return double.IsNaN(total) ? double.PositiveInfinity : total;
    }

    private static (double Value, double[] Slope) Residual(double[] point, (double Parameters, double Tokens, double Loss) run)
    {
        var (logN, logD) = (Math.Log(run.Parameters), Math.Log(run.Tokens));
        double[] terms = [point[0], point[1] - point[3] * logN, point[2] - point[4] * logD];
        var largest = terms.Max();
        var shares = terms.Select(t => Math.Exp(t - largest)).ToArray();
        var sum = shares.Sum();
        for (var i = 0; i < shares.Length; i++) shares[i] /= sum;
        return (largest + Math.Log(sum) - Math.Log(run.Loss), [shares[0], shares[1], shares[2], -logN * shares[1], -logD * shares[2]]);
    }

    // Gaussian elimination with row exchange of a symmetric system beside its right side.
    private static double[] Solve(double[,] system)
    {
        for (var column = 0; column < Terms; column++)
        {
            var pivot = column;
            for (var row = column + 1; row < Terms; row++)
                if (Math.Abs(system[row, column]) > Math.Abs(system[pivot, column])) pivot = row;
            for (var k = 0; k <= Terms; k++) (system[column, k], system[pivot, k]) = (system[pivot, k], system[column, k]);
            for (var row = 0; row < Terms; row++)
            {
                if (row == column) continue;
                var factor = system[row, column] / system[column, column];
                for (var k = column; k <= Terms; k++) system[row, k] -= factor * system[column, k];
            }
        }
        return [.. Enumerable.Range(0, Terms).Select(i => system[i, Terms] / system[i, i])];
    }
}
