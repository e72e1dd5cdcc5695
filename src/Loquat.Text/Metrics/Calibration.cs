namespace Loquat.Text.Metrics;

/// <summary>A bin of confidences: (Lower, Upper].</summary>
/// <param name="Count">Items whose confidence falls into it.</param>
/// <param name="Accuracy">The share of them that is right; 0 where there are none.</param>
/// <param name="Confidence">Their mean confidence; 0 where there are none.</param>
public readonly record struct CalibrationBin(double Lower, double Upper, int Count, double Accuracy, double Confidence);

/// <summary>Whether a model is right as often as it says: expected and maximum calibration error (Guo et al. 2017).</summary>
public sealed class Calibration
{
    /// <param name="truth">The true class of each item.</param>
    /// <param name="probabilities">Items by classes.</param>
    /// <param name="bins">Equally wide. Default: 15.</param>
    /// <exception cref="OptionsException">There is no bin.</exception>
    public Calibration(IReadOnlyList<int> truth, IReadOnlyList<IReadOnlyList<double>> probabilities, int bins = 15)
    {
        if (bins < 1) throw new OptionsException($"bins is {bins}; allowed: 1 or more.");
        var items = probabilities.Select((p, i) => (Confidence: p.Max(), Right: p.Index().MaxBy(c => c.Item).Index == truth[i])).ToList();
        Bins = [.. Enumerable.Range(0, bins).Select(b =>
        {
            var (lower, upper) = (b * (1.0 / bins), b + 1 == bins ? 1 : (b + 1) * (1.0 / bins));
            var inside = items.Where(i => i.Confidence > lower && i.Confidence <= upper).ToList();
            return new CalibrationBin(lower, upper, inside.Count, inside.Count == 0 ? 0 : inside.Average(i => i.Right ? 1.0 : 0), inside.Count == 0 ? 0 : inside.Average(i => i.Confidence));
        })];
        ExpectedError = Bins.Sum(b => (double)b.Count / items.Count * Math.Abs(b.Accuracy - b.Confidence));
        MaximumError = Bins.Max(b => Math.Abs(b.Accuracy - b.Confidence));
    }

    public IReadOnlyList<CalibrationBin> Bins { get; }

    /// <summary>ECE: the mean gap between accuracy and confidence. 0 to 1.</summary>
    public double ExpectedError { get; }

    /// <summary>MCE: the largest gap.</summary>
    public double MaximumError { get; }
}
