using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Loquat.Sweeps.Spaces;

namespace Loquat.Sweeps.Samplers;

/// <summary>
/// Covariance matrix adaptation (Hansen 2016, "The CMA Evolution Strategy: A Tutorial") over the ordered parameters that are always there; the others are TPE's. Trial numbers make the
/// generations; the state is computed anew from the history, so nothing else needs to be kept. Of a generation that is not whole, what is told counts.
/// </summary>
public sealed class CmaEsSampler : Sampler
{
    public override string Type => "cma_es";

    [Description("Deviation of the first generation, as a share of the ranges.")]
    [Range(1e-6, 10.0)]
    public double Sigma { get; init; } = 0.25;

    public override Configuration Propose(SearchSpace space, IReadOnlyList<Observation> history, int number, ulong seed)
    {
        int[] places = [.. Enumerable.Range(0, space.Parameters.Count).Where(i => space.Parameters[i] is { IsOrdered: true, When: null })];
        var rest = places.Length == space.Parameters.Count ? null : new TpeSampler().Propose(space, history, number, seed);
        if (places.Length == 0) return rest!;
        var state = new State(places.Length, Sigma);
        var generation = number / state.Population;
        foreach (var group in history.Where(o => o.Number / state.Population < generation && o.Loss is { } loss && double.IsFinite(loss)).GroupBy(o => o.Number / state.Population).OrderBy(g => g.Key))
            state.Learn([.. group.OrderBy(o => o.Loss).ThenBy(o => o.Number).Select(o => Point(o.Configuration))]);
        var random = new UnitRandom(seed, number);
        var unit = state.Draw(random);
        return space.At(p =>
        {
            var at = Array.FindIndex(places, i => ReferenceEquals(space.Parameters[i], p));
            if (at >= 0) return unit[at];
            return rest!.TryGetValue(p.Name, out var value) ? p.PointOf(value) : random.Next();
        });

        double[] Point(Configuration configuration)
        {
            var all = space.PointOf(configuration);
            return [.. places.Select(i => all[i])];
        }
    }

    private sealed class State
    {
        private readonly int _size;
        private readonly double[] _weights;
        private readonly double _effective, _pathRate, _pathDamping, _covarianceRate, _rankOne, _rankMu, _expected;
        private readonly double[] _mean, _sigmaPath, _covariancePath;
        private readonly double[,] _covariance;
        private double _sigma;
        private double[] _axes;
        private double[,] _directions;
        private int _generations;

        public State(int size, double sigma)
        {
            (_size, _sigma) = (size, sigma);
            Population = 4 + (int)Math.Floor(3 * Math.Log(size));
            var parents = Population / 2;
            double[] raw = [.. Enumerable.Range(1, parents).Select(i => Math.Log((Population + 1) / 2.0) - Math.Log(i))];
            _weights = [.. raw.Select(w => w / raw.Sum())];
            _effective = 1 / _weights.Sum(w => w * w);
            _pathRate = (_effective + 2) / (size + _effective + 5);
            _pathDamping = 1 + 2 * Math.Max(0, Math.Sqrt((_effective - 1) / (size + 1)) - 1) + _pathRate;
            _covarianceRate = (4 + _effective / size) / (size + 4 + 2 * _effective / size);
            _rankOne = 2 / ((size + 1.3) * (size + 1.3) + _effective);
            _rankMu = Math.Min(1 - _rankOne, 2 * (_effective - 2 + 1 / _effective) / ((size + 2.0) * (size + 2.0) + _effective));
            _expected = Math.Sqrt(size) * (1 - 1.0 / (4 * size) + 1.0 / (21.0 * size * size));
            _mean = [.. Enumerable.Repeat(0.5, size)];
            (_sigmaPath, _covariancePath) = (new double[size], new double[size]);
            _covariance = new double[size, size];
            for (var i = 0; i < size; i++) _covariance[i, i] = 1;
            (_axes, _directions) = Eigen(_covariance);
        }

        public int Population { get; }

        public double[] Draw(UnitRandom random)
        {
            double[] unit = [];
            // A point outside the cube is drawn again; where that goes on, the nearest inside is taken.
            for (var tries = 0; tries < 20; tries++)
            {
                double[] z = [.. Enumerable.Range(0, _size).Select(i => _axes[i] * random.Gaussian())];
                unit = [.. Enumerable.Range(0, _size).Select(i => _mean[i] + _sigma * Enumerable.Range(0, _size).Sum(k => _directions[i, k] * z[k]))];
                if (unit.All(x => x is >= 0 and <= 1)) return unit;
            }
            return [.. unit.Select(x => Math.Clamp(x, 0, 1))];
        }

        /// <param name="ranked">The points of a generation, the best first.</param>
        public void Learn(double[][] ranked)
        {
            var count = Math.Min(ranked.Length, _weights.Length);
            if (count < 2) return;
            var total = _weights.Take(count).Sum();
            _generations++;
            var steps = ranked.Take(count).Select(x => x.Select((v, i) => (v - _mean[i]) / _sigma).ToArray()).ToArray();
            var mean = new double[_size];
            for (var i = 0; i < _size; i++)
            {
                for (var k = 0; k < count; k++) mean[i] += _weights[k] / total * steps[k][i];
                _mean[i] += _sigma * mean[i];
            }
            // C^(-1/2) of the mean step.
            var white = new double[_size];
            for (var k = 0; k < _size; k++)
            {
                var along = Enumerable.Range(0, _size).Sum(i => _directions[i, k] * mean[i]) / _axes[k];
                for (var i = 0; i < _size; i++) white[i] += _directions[i, k] * along;
            }
            for (var i = 0; i < _size; i++) _sigmaPath[i] = (1 - _pathRate) * _sigmaPath[i] + Math.Sqrt(_pathRate * (2 - _pathRate) * _effective) * white[i];
            var length = Math.Sqrt(_sigmaPath.Sum(x => x * x));
            var stalled = length / Math.Sqrt(1 - Math.Pow(1 - _pathRate, 2 * _generations)) < (1.4 + 2.0 / (_size + 1)) * _expected ? 1 : 0;
            for (var i = 0; i < _size; i++) _covariancePath[i] = (1 - _covarianceRate) * _covariancePath[i] + stalled * Math.Sqrt(_covarianceRate * (2 - _covarianceRate) * _effective) * mean[i];
            var lost = (1 - stalled) * _covarianceRate * (2 - _covarianceRate);
            for (var i = 0; i < _size; i++)
            {
                for (var j = 0; j <= i; j++)
                {
                    var rank = 0.0;
                    for (var k = 0; k < count; k++) rank += _weights[k] / total * steps[k][i] * steps[k][j];
                    _covariance[i, j] = _covariance[j, i] = (1 - _rankOne - _rankMu + _rankOne * lost) * _covariance[i, j] + _rankOne * _covariancePath[i] * _covariancePath[j] + _rankMu * rank;
                }
            }
            _sigma = Math.Clamp(_sigma * Math.Exp(_pathRate / _pathDamping * (length / _expected - 1)), 1e-8, 1);
            (_axes, _directions) = Eigen(_covariance);
        }

        // Jacobi's rotations: matrices of a search space are small. Roots of the eigenvalues, and their directions as columns.
        private static (double[] Axes, double[,] Directions) Eigen(double[,] matrix)
        {
            var n = matrix.GetLength(0);
            var a = (double[,])matrix.Clone();
            var v = new double[n, n];
            for (var i = 0; i < n; i++) v[i, i] = 1;
            for (var sweep = 0; sweep < 30; sweep++)
            {
                var off = 0.0;
                for (var i = 0; i < n; i++)
                    for (var j = 0; j < i; j++) off += a[i, j] * a[i, j];
                if (off < 1e-24) break;
                for (var p = 0; p < n; p++)
                {
                    for (var q = p + 1; q < n; q++)
                    {
                        if (Math.Abs(a[p, q]) < 1e-300) continue;
                        var theta = (a[q, q] - a[p, p]) / (2 * a[p, q]);
                        var t = Math.Sign(theta == 0 ? 1 : theta) / (Math.Abs(theta) + Math.Sqrt(theta * theta + 1));
                        var c = 1 / Math.Sqrt(t * t + 1);
                        var s = t * c;
                        for (var k = 0; k < n; k++) (a[k, p], a[k, q]) = (c * a[k, p] - s * a[k, q], s * a[k, p] + c * a[k, q]);
                        for (var k = 0; k < n; k++) (a[p, k], a[q, k]) = (c * a[p, k] - s * a[q, k], s * a[p, k] + c * a[q, k]);
                        for (var k = 0; k < n; k++) (v[k, p], v[k, q]) = (c * v[k, p] - s * v[k, q], s * v[k, p] + c * v[k, q]);
                    }
                }
            }
            return ([.. Enumerable.Range(0, n).Select(i => Math.Sqrt(Math.Max(a[i, i], 1e-14)))], v);
        }
    }
}
