namespace Loquat.Sweeps.Samplers;

/// <summary>
/// A Gaussian process with a Matérn 5/2 kernel and a length of its own along every parameter, its lengths, height and noise at the maximum of the posterior (Rasmussen and
/// Williams 2006, chapter 5; priors that keep lengths within the cube). Points that lack a parameter, or have another choice, are one range apart along it.
/// </summary>
internal sealed class GaussianProcess
{
    private const double LengthMean = -0.7, LengthDeviation = 0.8, NoiseMean = -9, NoiseDeviation = 2;
    private const double LeastNoise = 1e-7;

    private readonly double[][] _points;
    private readonly double[] _values;
    private readonly bool[] _ordered;
    private readonly double[,] _root;
    private readonly double[] _solved;
    private readonly double[] _lengths;
    private readonly double _height;

    /// <param name="points">In the unit cube; NaN where a parameter is not there.</param>
    /// <param name="values">Of mean 0 and deviation 1.</param>
    public GaussianProcess(double[][] points, double[] values, bool[] ordered, int steps)
    {
        (_points, _values, _ordered) = (points, values, ordered);
        var theta = Fit(steps);
        var (n, d) = (points.Length, ordered.Length);
        _lengths = [.. theta.Take(d).Select(Math.Exp)];
        _height = Math.Exp(theta[d]);
        var covariance = new double[n, n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j <= i; j++) covariance[i, j] = covariance[j, i] = _height * Matern(Distance(points[i], points[j]));
            covariance[i, i] += Math.Exp(theta[d + 1]) + LeastNoise;
        }
        _root = Cholesky(covariance);
        _solved = SolveTransposed(_root, Solve(_root, values));
    }

    /// <summary>Mean and deviation at a point.</summary>
    public (double Mean, double Deviation) At(double[] point)
    {
        var n = _points.Length;
        var k = new double[n];
        var mean = 0.0;
        for (var i = 0; i < n; i++)
        {
            k[i] = _height * Matern(Distance(point, _points[i]));
            mean += k[i] * _solved[i];
        }
        var v = Solve(_root, k);
        return (mean, Math.Sqrt(Math.Max(1e-14, _height - v.Sum(x => x * x))));
    }

    private double Apart(double a, double b, int p) =>
        double.IsNaN(a) || double.IsNaN(b) ? (double.IsNaN(a) && double.IsNaN(b) ? 0 : 1) : _ordered[p] ? a - b : Math.Abs(a - b) < 1e-12 ? 0 : 1;

    private double Distance(double[] a, double[] b)
    {
        var sum = 0.0;
        for (var p = 0; p < a.Length; p++)
        {
            var apart = Apart(a[p], b[p], p) / _lengths[p];
            sum += apart * apart;
        }
        return Math.Sqrt(sum);
    }

    private static double Matern(double r) => (1 + Math.Sqrt(5) * r + 5.0 / 3 * r * r) * Math.Exp(-Math.Sqrt(5) * r);

    // Adam on the logarithms of lengths, height and noise.
    private double[] Fit(int steps)
    {
        var (n, d) = (_points.Length, _ordered.Length);
        var squares = new double[d][,];
        for (var p = 0; p < d; p++)
        {
            squares[p] = new double[n, n];
            for (var i = 0; i < n; i++)
                for (var j = 0; j < n; j++) squares[p][i, j] = Math.Pow(Apart(_points[i][p], _points[j][p], p), 2);
        }
        double[] theta = [.. Enumerable.Repeat(LengthMean + 0.25 * Math.Log(d), d), 0, NoiseMean];
        var (first, second) = (new double[d + 2], new double[d + 2]);
        for (var step = 1; step <= steps; step++)
        {
            var gradient = Gradient(theta, squares);
            for (var t = 0; t < theta.Length; t++)
            {
                first[t] = 0.9 * first[t] + 0.1 * gradient[t];
                second[t] = 0.99 * second[t] + 0.01 * gradient[t] * gradient[t];
                theta[t] -= 0.12 * (first[t] / (1 - Math.Pow(0.9, step))) / (Math.Sqrt(second[t] / (1 - Math.Pow(0.99, step))) + 1e-9);
            }
        }
        return theta;
    }

    // Of the negative logarithm of the posterior: ½ tr((K⁻¹ - α αᵀ) ∂K) and the priors' parts.
    private double[] Gradient(double[] theta, double[][,] squares)
    {
        var (n, d) = (_points.Length, _ordered.Length);
        double[] inverseSquares = [.. theta.Take(d).Select(t => Math.Exp(-2 * t))];
        var (height, noise) = (Math.Exp(theta[d]), Math.Exp(theta[d + 1]));
        var (covariance, slope) = (new double[n, n], new double[n, n]);
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var sum = 0.0;
                for (var p = 0; p < d; p++) sum += squares[p][i, j] * inverseSquares[p];
                var r = Math.Sqrt(sum);
                covariance[i, j] = covariance[j, i] = height * Matern(r);
                // ∂k / ∂ log l = height · 5/3 (1 + √5 r) e^(-√5 r) · Δ² / l²
                slope[i, j] = slope[j, i] = height * 5.0 / 3 * (1 + Math.Sqrt(5) * r) * Math.Exp(-Math.Sqrt(5) * r);
            }
        }
        var kernel = (double[,])covariance.Clone();
        for (var i = 0; i < n; i++) covariance[i, i] += noise + LeastNoise;
        var root = Cholesky(covariance);
        var alpha = SolveTransposed(root, Solve(root, _values));
        var inverse = Inverse(root);
        var gradient = new double[d + 2];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                var weight = 0.5 * (inverse[i, j] - alpha[i] * alpha[j]);
                gradient[d] += weight * kernel[i, j];
                var common = weight * slope[i, j];
                for (var p = 0; p < d; p++) gradient[p] += common * squares[p][i, j] * inverseSquares[p];
            }
            gradient[d + 1] += 0.5 * (inverse[i, i] - alpha[i] * alpha[i]) * noise;
        }
        for (var p = 0; p < d; p++) gradient[p] += (theta[p] - LengthMean - 0.25 * Math.Log(d)) / (LengthDeviation * LengthDeviation);
        gradient[d] += theta[d];
        gradient[d + 1] += (theta[d + 1] - NoiseMean) / (NoiseDeviation * NoiseDeviation);
        return gradient;
    }

    private static double[,] Cholesky(double[,] a)
    {
        var n = a.GetLength(0);
        var root = new double[n, n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var sum = a[i, j];
                for (var k = 0; k < j; k++) sum -= root[i, k] * root[j, k];
                root[i, j] = i == j ? Math.Sqrt(Math.Max(sum, 1e-12)) : sum / root[j, j];
            }
        }
        return root;
    }

    private static double[] Solve(double[,] root, double[] b)
    {
        var x = (double[])b.Clone();
        for (var i = 0; i < x.Length; i++)
        {
            for (var k = 0; k < i; k++) x[i] -= root[i, k] * x[k];
            x[i] /= root[i, i];
        }
        return x;
    }

    private static double[] SolveTransposed(double[,] root, double[] b)
    {
        var x = (double[])b.Clone();
        for (var i = x.Length - 1; i >= 0; i--)
        {
            for (var k = i + 1; k < x.Length; k++) x[i] -= root[k, i] * x[k];
            x[i] /= root[i, i];
        }
        return x;
    }

    private static double[,] Inverse(double[,] root)
    {
        var n = root.GetLength(0);
        var inverse = new double[n, n];
        var unit = new double[n];
        for (var j = 0; j < n; j++)
        {
            Array.Clear(unit);
            unit[j] = 1;
            var column = SolveTransposed(root, Solve(root, unit));
            for (var i = 0; i < n; i++) inverse[i, j] = column[i];
        }
        return inverse;
    }
}
