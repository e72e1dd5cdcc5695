namespace Loquat.Text.Metrics;

/// <summary>How good scores and probabilities of classes are, with the numbers of scikit-learn.</summary>
public static class Ranking
{
    private const double Smallest = 2.220446049250313e-16; // log loss clips here

    /// <summary>The probability that a positive item has the higher score, ties counting half. NaN where there is one class only.</summary>
    public static double RocAuc(IReadOnlyList<bool> positive, IReadOnlyList<double> scores)
    {
        double positives = positive.Count(p => p), negatives = positive.Count - positives;
        if (positives == 0 || negatives == 0) return double.NaN;
        var (better, below) = (0.0, 0.0);
        foreach (var (right, wrong) in Steps(positive, scores, descending: false))
        {
            better += right * (below + wrong / 2.0);
            below += wrong;
        }
        return better / (positives * negatives);
    }

    /// <summary>Precision at each threshold, weighted with the recall that it adds; not the trapezoid.</summary>
    public static double AveragePrecision(IReadOnlyList<bool> positive, IReadOnlyList<double> scores)
    {
        double positives = positive.Count(p => p), right = 0, all = 0, sum = 0;
        foreach (var (hits, misses) in Steps(positive, scores, descending: true))
        {
            (right, all) = (right + hits, all + hits + misses);
            sum += hits / positives * (right / all);
        }
        return positives == 0 ? 0 : sum;
    }

    /// <summary>The area under the curve of precision over recall, with straight lines between thresholds, which is too optimistic.</summary>
    public static double PrecisionRecallArea(IReadOnlyList<bool> positive, IReadOnlyList<double> scores)
    {
        double positives = positive.Count(p => p), right = 0, all = 0, area = 0, recall = 0, precision = 1;
        foreach (var (hits, misses) in Steps(positive, scores, descending: true))
        {
            (right, all) = (right + hits, all + hits + misses);
            var (nextRecall, nextPrecision) = (positives == 0 ? 1 : right / positives, right / all);
            area += (nextRecall - recall) * (precision + nextPrecision) / 2;
            (recall, precision) = (nextRecall, nextPrecision);
        }
        return area;
    }

    /// <summary>The share of negative and of positive items at or above each threshold, from the highest; first the point of none.</summary>
    public static IReadOnlyList<(double FalsePositiveRate, double TruePositiveRate, double Threshold)> RocCurve(IReadOnlyList<bool> positive, IReadOnlyList<double> scores)
    {
        double positives = positive.Count(p => p), negatives = positive.Count - positives, right = 0, wrong = 0;
        var points = new List<(double, double, double)> { (0, 0, double.PositiveInfinity) };
        foreach (var ((hits, misses), threshold) in Steps(positive, scores, descending: true).Zip(scores.Distinct().OrderDescending()))
        {
            (right, wrong) = (right + hits, wrong + misses);
            points.Add((wrong / negatives, right / positives, threshold));
        }
        return points;
    }

    /// <summary>Precision and recall at each threshold, from the lowest; last the point of none, which has no threshold (NaN).</summary>
    public static IReadOnlyList<(double Precision, double Recall, double Threshold)> PrecisionRecallCurve(IReadOnlyList<bool> positive, IReadOnlyList<double> scores)
    {
        double positives = positive.Count(p => p), right = 0, all = 0;
        var points = new List<(double, double, double)> { (1, 0, double.NaN) };
        foreach (var ((hits, misses), threshold) in Steps(positive, scores, descending: true).Zip(scores.Distinct().OrderDescending()))
        {
            (right, all) = (right + hits, all + hits + misses);
            points.Add((right / all, positives == 0 ? 1 : right / positives, threshold));
        }
        points.Reverse();
        return points;
    }

    /// <summary>The mean negative logarithm of the true class's probability, in nats.</summary>
    public static double LogLoss(IReadOnlyList<int> truth, IReadOnlyList<IReadOnlyList<double>> probabilities) =>
        Enumerable.Range(0, truth.Count).Average(i => -Math.Log(Math.Clamp(probabilities[i][truth[i]], Smallest, 1 - Smallest)));

    /// <summary>The same of two classes.</summary>
    public static double LogLoss(IReadOnlyList<bool> positive, IReadOnlyList<double> probabilities) =>
        Enumerable.Range(0, positive.Count).Average(i => Math.Clamp(probabilities[i], Smallest, 1 - Smallest) is var p && positive[i] ? -Math.Log(p) : -Math.Log(1 - p));

    /// <summary>Brier score: the mean squared error of the probability.</summary>
    public static double Brier(IReadOnlyList<bool> positive, IReadOnlyList<double> probabilities) =>
        Enumerable.Range(0, positive.Count).Average(i => Math.Pow(probabilities[i] - (positive[i] ? 1 : 0), 2));

    /// <summary>The same of several classes: the sum over them, not halved.</summary>
    public static double Brier(IReadOnlyList<int> truth, IReadOnlyList<IReadOnlyList<double>> probabilities) =>
        Enumerable.Range(0, truth.Count).Average(i => probabilities[i].Select((p, c) => Math.Pow(p - (c == truth[i] ? 1 : 0), 2)).Sum());

    /// <summary>The share of items whose class is among the k most probable; of equal ones the higher class counts as more probable.</summary>
    public static double TopK(IReadOnlyList<int> truth, IReadOnlyList<IReadOnlyList<double>> probabilities, int k) => Enumerable.Range(0, truth.Count)
        .Average(i => probabilities[i].Index().Count(p => p.Item > probabilities[i][truth[i]] || (p.Item == probabilities[i][truth[i]] && p.Index > truth[i])) < k ? 1.0 : 0);

    /// <summary>ROC-AUC of each class against all others.</summary>
    public static IReadOnlyList<double> RocAucPerClass(IReadOnlyList<int> truth, IReadOnlyList<IReadOnlyList<double>> probabilities) => PerClass(truth, probabilities, RocAuc);

    /// <summary>Average precision of each class against all others.</summary>
    public static IReadOnlyList<double> AveragePrecisionPerClass(IReadOnlyList<int> truth, IReadOnlyList<IReadOnlyList<double>> probabilities) => PerClass(truth, probabilities, AveragePrecision);

    /// <summary>A measure over all pairs of item and class at once.</summary>
    public static double Micro(IReadOnlyList<int> truth, IReadOnlyList<IReadOnlyList<double>> probabilities, Func<IReadOnlyList<bool>, IReadOnlyList<double>, double> measure) => measure(
        [.. truth.SelectMany((t, i) => probabilities[i].Select((_, c) => c == t))], [.. probabilities.SelectMany(p => p)]);

    /// <summary>The mean of classes, by how many items are of each where weighted.</summary>
    public static double Mean(IReadOnlyList<int> truth, IReadOnlyList<double> perClass, bool weighted) =>
        weighted ? perClass.Select((score, c) => score * truth.Count(t => t == c)).Sum() / truth.Count : perClass.Average();

    /// <summary>ROC-AUC of one class against one other, the mean over all pairs (Hand and Till 2001), by how many items are of a pair where weighted.</summary>
    public static double RocAucOneVersusOne(IReadOnlyList<int> truth, IReadOnlyList<IReadOnlyList<double>> probabilities, bool weighted)
    {
        var (sum, weights) = (0.0, 0.0);
        for (var a = 0; a < probabilities[0].Count; a++)
        {
            for (var b = a + 1; b < probabilities[0].Count; b++)
            {
                var items = Enumerable.Range(0, truth.Count).Where(i => truth[i] == a || truth[i] == b).ToList();
                var first = RocAuc([.. items.Select(i => truth[i] == a)], [.. items.Select(i => probabilities[i][a])]);
                var second = RocAuc([.. items.Select(i => truth[i] == b)], [.. items.Select(i => probabilities[i][b])]);
                var weight = weighted ? items.Count : 1;
                (sum, weights) = (sum + weight * (first + second) / 2, weights + weight);
            }
        }
        return sum / weights;
    }

    private static double[] PerClass(IReadOnlyList<int> truth, IReadOnlyList<IReadOnlyList<double>> probabilities, Func<IReadOnlyList<bool>, IReadOnlyList<double>, double> measure) =>
        [.. Enumerable.Range(0, probabilities[0].Count).Select(c => measure([.. truth.Select(t => t == c)], [.. probabilities.Select(p => p[c])]))];

    // Positive and negative items of each score, in order.
    private static IEnumerable<(int Positive, int Negative)> Steps(IReadOnlyList<bool> positive, IReadOnlyList<double> scores, bool descending)
    {
        var groups = Enumerable.Range(0, scores.Count).GroupBy(i => scores[i]);
        return (descending ? groups.OrderByDescending(g => g.Key) : groups.OrderBy(g => g.Key)).Select(g => (g.Count(i => positive[i]), g.Count(i => !positive[i])));
    }
}
