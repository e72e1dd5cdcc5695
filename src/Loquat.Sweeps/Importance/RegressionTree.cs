using Loquat.Sweeps.Samplers;

namespace Loquat.Sweeps.Importance;

/// <summary>A regression tree over points of the unit cube (Breiman et al. 1984): splits that lessen the squared error most, on some of the dimensions by chance, until few points are left.</summary>
internal sealed class RegressionTree
{
    /// <summary>The coordinate of a parameter that is not there: below all others.</summary>
    public const double Absent = -1;

    private const int LeastToSplit = 4;
    private const double ShareOfDimensions = 5.0 / 6;

    private readonly List<Leaf> _leaves = [];
    private readonly int _dimensions;

    private RegressionTree(int dimensions) => _dimensions = dimensions;

    /// <summary>A box in which the tree says one value: from Low, included, to High.</summary>
    private sealed record Leaf(double[] Low, double[] High, double Value);

    /// <param name="drawn">Places of the points to learn from; some may be there several times.</param>
    public static RegressionTree Grow(double[][] points, double[] values, int[] drawn, UnitRandom random)
    {
        var dimensions = points[0].Length;
        var tree = new RegressionTree(dimensions);
        tree.Split(points, values, drawn, [.. Enumerable.Repeat(2 * Absent, dimensions)], [.. Enumerable.Repeat(1.0, dimensions)], random);
        return tree;
    }

    /// <summary>The share of each dimension's marginal in the variance of the tree over the space.</summary>
    /// <param name="absent">Of each dimension, the weight of being absent.</param>
    /// <returns>Null: the tree says the same everywhere.</returns>
    public double[]? Shares(double[] absent)
    {
        var volumes = _leaves.Select(leaf => Enumerable.Range(0, _dimensions).Select(d => Measure(leaf.Low[d], leaf.High[d], absent[d])).ToArray()).ToArray();
        var whole = volumes.Select(v => v.Aggregate(1.0, (product, side) => product * side)).ToArray();
        var mean = _leaves.Select((leaf, i) => leaf.Value * whole[i]).Sum();
        var variance = _leaves.Select((leaf, i) => whole[i] * (leaf.Value - mean) * (leaf.Value - mean)).Sum();
        if (!(variance > 1e-300)) return null;
        var shares = new double[_dimensions];
        for (var d = 0; d < _dimensions; d++)
        {
            double[] ends = [.. _leaves.Select(leaf => leaf.Low[d]).Concat(_leaves.Select(leaf => leaf.High[d])).Distinct().Order()];
            for (var i = 0; i + 1 < ends.Length; i++)
            {
                var side = Measure(ends[i], ends[i + 1], absent[d]);
                if (side <= 0) continue;
                var marginal = 0.0;
                for (var leaf = 0; leaf < _leaves.Count; leaf++)
                    if (_leaves[leaf].Low[d] <= ends[i] && _leaves[leaf].High[d] >= ends[i + 1] && volumes[leaf][d] > 0) marginal += _leaves[leaf].Value * whole[leaf] / volumes[leaf][d];
                shares[d] += side * (marginal - mean) * (marginal - mean) / variance;
            }
        }
        return shares;
    }

    /// <summary>Of the values of a dimension, the share in an interval.</summary>
    private static double Measure(double low, double high, double absent) => (low <= Absent && high > Absent ? absent : 0) + (1 - absent) * Math.Max(0, Math.Min(1, high) - Math.Max(0, low));

    private void Split(double[][] points, double[] values, int[] drawn, double[] low, double[] high, UnitRandom random)
    {
        var mean = drawn.Average(i => values[i]);
        if (drawn.Length < LeastToSplit || BestSplit(points, values, drawn, random) is not var (dimension, threshold))
        {
            _leaves.Add(new(low, high, mean));
            return;
        }
        Split(points, values, [.. drawn.Where(i => points[i][dimension] < threshold)], low, With(high), random);
        Split(points, values, [.. drawn.Where(i => points[i][dimension] >= threshold)], With(low), high, random);

        double[] With(double[] ends)
        {
            double[] changed = [.. ends];
            changed[dimension] = threshold;
            return changed;
        }
    }

    private (int Dimension, double Threshold)? BestSplit(double[][] points, double[] values, int[] drawn, UnitRandom random)
    {
        var order = Enumerable.Range(0, _dimensions).OrderBy(_ => random.Next()).Take(Math.Max(1, (int)Math.Ceiling(ShareOfDimensions * _dimensions)));
        (int, double)? best = null;
        var total = drawn.Sum(i => values[i]);
        // Squares of the sums on both sides over their numbers: the larger, the smaller the error that is left.
        var most = total * total / drawn.Length + 1e-12 * Math.Max(1e-12, drawn.Sum(i => values[i] * values[i]));
        foreach (var dimension in order)
        {
            var sorted = drawn.OrderBy(i => points[i][dimension]).ToArray();
            var left = 0.0;
            for (var i = 0; i + 1 < sorted.Length; i++)
            {
                left += values[sorted[i]];
                var (at, next) = (points[sorted[i]][dimension], points[sorted[i + 1]][dimension]);
                if (at == next) continue;
                var gain = left * left / (i + 1) + (total - left) * (total - left) / (sorted.Length - i - 1);
                if (gain <= most) continue;
                // Between absent and there is 0, where the values begin.
                (most, best) = (gain, (dimension, at < 0 ? 0 : 0.5 * (at + next)));
            }
        }
        return best;
    }
}
