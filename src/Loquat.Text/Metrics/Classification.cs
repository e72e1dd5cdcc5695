namespace Loquat.Text.Metrics;

/// <summary>What precision, recall and F are where they divide by zero.</summary>
public enum ZeroDivision
{
    Zero,

    One,

    /// <summary>NaN, which means leave out.</summary>
    NaN,
}

/// <summary>Precision, recall and F of one class, with how many items are of it.</summary>
public readonly record struct ClassScore(double Precision, double Recall, double F, double Support);

/// <summary>
/// Predicted classes beside the true ones: accuracy, confusion, precision, recall, F, Matthews' correlation and Cohen's kappa, with the numbers of scikit-learn.
/// </summary>
/// <typeparam name="T">A label; the order of classes is that of the labels.</typeparam>
public sealed class Classification<T> where T : notnull, IComparable<T>
{
    private readonly T[] _truth;
    private readonly T[] _predicted;
    private readonly T[] _all; // every class of both

    /// <param name="classes">Those that are scored; null: all that are true or predicted.</param>
    /// <exception cref="DataException">The lists are empty or not equally long.</exception>
    public Classification(IReadOnlyList<T> truth, IReadOnlyList<T> predicted, IReadOnlyList<T>? classes = null)
    {
        if (truth.Count == 0 || truth.Count != predicted.Count) throw new DataException($"there are {truth.Count} true classes and {predicted.Count} predicted ones; equally many are needed, and one at least.");
        (_truth, _predicted) = ([.. truth], [.. predicted]);
        _all = [.. truth.Concat(predicted).Distinct().Order(Ordinal)];
        Classes = classes ?? _all;
    }

    private static IComparer<T> Ordinal { get; } = typeof(T) == typeof(string) ? (IComparer<T>)StringComparer.Ordinal : Comparer<T>.Default;

    public IReadOnlyList<T> Classes { get; }

    /// <summary>The share that is right. 0 to 1.</summary>
    public double Accuracy => (double)_truth.Index().Count(t => t.Item.Equals(_predicted[t.Index])) / _truth.Length;

    /// <summary>Items of each true class (rows) that were taken for each class (columns).</summary>
    public long[,] Confusion() => Count(Classes);

    /// <summary>The mean recall of the classes that there are; adjusted, 0 for chance and 1 for all right.</summary>
    public double BalancedAccuracy(bool adjusted = false)
    {
        var counts = Count(_all);
        var recalls = Enumerable.Range(0, _all.Length).Select(i => (double)counts[i, i] / Row(counts, i)).Where(r => !double.IsNaN(r)).ToList();
        var (mean, chance) = (recalls.Average(), 1.0 / recalls.Count);
        return adjusted ? (mean - chance) / (1 - chance) : mean;
    }

    /// <summary>Matthews' correlation for any number of classes (Gorodkin 2004). -1 to 1; 0 where one side is constant.</summary>
    public double MatthewsCorrelation()
    {
        var counts = Count(_all);
        double right = 0, both = 0, truth = 0, predicted = 0, n = _truth.Length;
        for (var i = 0; i < _all.Length; i++)
        {
            var (row, column) = ((double)Row(counts, i), (double)Column(counts, i));
            (right, both, truth, predicted) = (right + counts[i, i], both + row * column, truth + row * row, predicted + column * column);
        }
        var product = (n * n - truth) * (n * n - predicted);
        return product == 0 ? 0 : (right * n - both) / Math.Sqrt(product);
    }

    /// <summary>Cohen's kappa: agreement beyond chance.</summary>
    /// <param name="power">How much a confusion of classes weighs that are some places apart: 0, all alike; 1, linear; 2, quadratic.</param>
    public double Kappa(int power = 0)
    {
        var counts = Count(_all);
        var n = Enumerable.Range(0, _all.Length).Sum(i => (double)Row(counts, i));
        var (seen, chance) = (0.0, 0.0);
        for (var i = 0; i < _all.Length; i++)
        {
            for (var j = 0; j < _all.Length; j++)
            {
                var weight = i == j ? 0 : Math.Pow(Math.Abs(i - j), power);
                seen += weight * counts[i, j];
                chance += weight * (Row(counts, i) * (double)Column(counts, j) / n);
            }
        }
        return 1 - seen / chance;
    }

    /// <summary>Each class's scores.</summary>
    public IReadOnlyList<ClassScore> PerClass(ZeroDivision zero = ZeroDivision.Zero, double beta = 1) => [.. Classes.Select(c => Hits(c).Score(zero, beta))];

    /// <summary>Over all items at once.</summary>
    public ClassScore Micro(ZeroDivision zero = ZeroDivision.Zero, double beta = 1) => Classes.Select(Hits).Aggregate(default(HitCounts), (sum, h) => sum + h).Score(zero, beta);

    /// <summary>The mean of the classes.</summary>
    public ClassScore Macro(ZeroDivision zero = ZeroDivision.Zero, double beta = 1) => HitCounts.Mean(PerClass(zero, beta), weighted: false);

    /// <summary>The mean of the classes by how many items are of them.</summary>
    public ClassScore Weighted(ZeroDivision zero = ZeroDivision.Zero, double beta = 1) => HitCounts.Mean(PerClass(zero, beta), weighted: true);

    /// <summary>The scores of one class.</summary>
    public ClassScore Binary(T positive, ZeroDivision zero = ZeroDivision.Zero, double beta = 1) => Hits(positive).Score(zero, beta);

    private HitCounts Hits(T one) => new(
        _truth.Index().Count(t => t.Item.Equals(one) && _predicted[t.Index].Equals(one)), _predicted.Count(p => p.Equals(one)), _truth.Count(t => t.Equals(one)));

    private long[,] Count(IReadOnlyList<T> classes)
    {
        var places = classes.Index().ToDictionary(c => c.Item, c => c.Index);
        var counts = new long[classes.Count, classes.Count];
        for (var i = 0; i < _truth.Length; i++)
            if (places.TryGetValue(_truth[i], out var row) && places.TryGetValue(_predicted[i], out var column)) counts[row, column]++;
        return counts;
    }

    private static long Row(long[,] counts, int row) => Enumerable.Range(0, counts.GetLength(1)).Sum(j => counts[row, j]);

    private static long Column(long[,] counts, int column) => Enumerable.Range(0, counts.GetLength(0)).Sum(i => counts[i, column]);
}
