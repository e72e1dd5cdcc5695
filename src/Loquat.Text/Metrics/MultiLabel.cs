namespace Loquat.Text.Metrics;

/// <summary>Items with any number of labels each: precision, recall and F by label and by item, with the numbers of scikit-learn.</summary>
public sealed class MultiLabel
{
    private readonly IReadOnlyList<IReadOnlyList<bool>> _truth;
    private readonly IReadOnlyList<IReadOnlyList<bool>> _predicted;

    /// <param name="truth">For each item, whether it has each label.</param>
    /// <param name="predicted">The same as predicted.</param>
    /// <exception cref="DataException">The lists are empty or not of one shape.</exception>
    public MultiLabel(IReadOnlyList<IReadOnlyList<bool>> truth, IReadOnlyList<IReadOnlyList<bool>> predicted)
    {
        if (truth.Count == 0 || truth.Count != predicted.Count || truth.Concat(predicted).Any(row => row.Count != truth[0].Count)) throw new DataException("true and predicted labels must be of one shape, items by labels, and not empty.");
        (_truth, _predicted) = (truth, predicted);
    }

    /// <summary>The share of items whose labels are all right.</summary>
    public double SubsetAccuracy => Enumerable.Range(0, _truth.Count).Average(i => _truth[i].SequenceEqual(_predicted[i]) ? 1.0 : 0);

    /// <summary>The share of labels that are wrong.</summary>
    public double HammingLoss => Enumerable.Range(0, _truth.Count).Average(i => _truth[i].Zip(_predicted[i]).Average(p => p.First != p.Second ? 1.0 : 0));

    /// <summary>The mean over items of labels in both, among those in either; 0 where there are none.</summary>
    public double JaccardOfSamples => Enumerable.Range(0, _truth.Count).Average(i => Item(i) is var h && h.Given + h.There - h.Right is > 0 and var either ? h.Right / either : 0);

    public IReadOnlyList<ClassScore> PerLabel(ZeroDivision zero = ZeroDivision.Zero) => [.. Labels.Select(h => h.Score(zero))];

    public ClassScore Micro(ZeroDivision zero = ZeroDivision.Zero) => Labels.Aggregate(default(HitCounts), (sum, h) => sum + h).Score(zero);

    public ClassScore Macro(ZeroDivision zero = ZeroDivision.Zero) => HitCounts.Mean(PerLabel(zero), weighted: false);

    public ClassScore Weighted(ZeroDivision zero = ZeroDivision.Zero) => HitCounts.Mean(PerLabel(zero), weighted: true);

    /// <summary>The mean of the items' own scores.</summary>
    public ClassScore OfSamples(ZeroDivision zero = ZeroDivision.Zero) => HitCounts.Mean([.. Enumerable.Range(0, _truth.Count).Select(i => Item(i).Score(zero))], weighted: false);

    private IEnumerable<HitCounts> Labels => Enumerable.Range(0, _truth[0].Count).Select(label => Count(Enumerable.Range(0, _truth.Count).Select(i => (_truth[i][label], _predicted[i][label]))));

    private HitCounts Item(int i) => Count(_truth[i].Zip(_predicted[i]));

    private static HitCounts Count(IEnumerable<(bool Truth, bool Predicted)> pairs)
    {
        var sum = default(HitCounts);
        foreach (var (truth, predicted) in pairs) sum += new HitCounts(truth && predicted ? 1 : 0, predicted ? 1 : 0, truth ? 1 : 0);
        return sum;
    }
}
