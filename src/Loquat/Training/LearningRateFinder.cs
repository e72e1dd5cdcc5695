using Loquat.Layers;
using Loquat.Models;
using Loquat.Objectives;
using Loquat.Optimization;
using Loquat.Reporting;

namespace Loquat.Training;

/// <summary>What a learning rate test found.</summary>
/// <param name="Points">In order of rising rates; they end where the loss went up for good.</param>
/// <param name="Suggested">Where the smoothed loss fell fastest; null where it never did.</param>
/// <param name="Lowest">Where the smoothed loss was lowest: higher rates spoil what is learned.</param>
public sealed record LearningRateTest(IReadOnlyList<LearningRatePoint> Points, double? Suggested, double Lowest);

/// <summary>
/// Trains with a rate that rises from step to step by the same factor, and looks at the loss (Smith 2017, section 3.3). The model is spoiled by it: give one that is thrown away.
/// </summary>
public static class LearningRateFinder
{
    private const double Smoothing = 0.9;

    // Beyond this share above the lowest loss nothing comes back.
    private const double Spoiled = 1.5;
    private const int FewestSteps = 10;

    /// <param name="batches">What is trained on.</param>
    /// <param name="batchSize">Sequences in a step.</param>
    /// <param name="maxNorm">As in training.</param>
    /// <param name="from">The first rate. Above 0.</param>
    /// <param name="to">The last rate. Above <paramref name="from"/>.</param>
    /// <param name="steps">10 or more.</param>
    /// <param name="progress">Told the steps made and all steps.</param>
    /// <exception cref="OptionsException">A value out of its range.</exception>
    public static LearningRateTest Find(
        Model model, Objective objective, Optimizer optimizer, ITrainingBatches batches, int batchSize, double maxNorm, ulong seed, double from, double to, int steps, Action<int, int>? progress = null, CancellationToken cancellation = default)
    {
        if (!(from > 0) || !(to > from) || steps < FewestSteps) throw new OptionsException($"a learning rate test from {from} to {to} in {steps} steps; allowed: rising rates above 0, {FewestSteps} steps or more.");
        var points = new List<LearningRatePoint>();
        var (mean, lowest) = (0.0, double.PositiveInfinity);
        for (var step = 0; step < steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Invoke(step, steps);
            var rate = from * Math.Pow(to / from, step / (double)(steps - 1));
            var batch = batches.Next(batchSize);
            var weight = objective.Weight(batch) is > 0 and var labels ? labels : 1;
            using var draws = Randomness.From((long)(seed * 0x9E3779B97F4A7C15UL >> 1) ^ step);
            var loss = objective.LossAndGradients(model, batch, 1.0 / weight) / weight;
            var norm = optimizer.GradientNorm();
            if (!double.IsFinite(loss) || !double.IsFinite(norm)) break;
            mean = Smoothing * mean + (1 - Smoothing) * loss;
            var smoothed = mean / (1 - Math.Pow(Smoothing, step + 1));
            points.Add(new(rate, loss, smoothed));
            lowest = Math.Min(lowest, smoothed);
            if (step >= FewestSteps && smoothed > Spoiled * lowest) break;
            optimizer.Step(rate, GradientClipping.Factor(norm, maxNorm));
            optimizer.ZeroGrad();
        }
        progress?.Invoke(steps, steps);
        if (points.Count < FewestSteps) throw new OptionsException($"the loss is not finite after {points.Count} steps, at a learning rate of {from:G2}. Begin with a lower one.");
        var bottom = points.MinBy(p => p.SmoothedLoss);
        return new(points, Steepest(points, points.IndexOf(bottom)), bottom.LearningRate);
    }

    /// <summary>Before the bottom, where the loss falls most from one tenth of the rates to the next.</summary>
    private static double? Steepest(List<LearningRatePoint> points, int bottom)
    {
        var width = Math.Max(1, points.Count / 10);
        var best = (Fall: 0.0, At: -1);
        for (var i = 0; i + width <= bottom; i++)
        {
            var fall = points[i].SmoothedLoss - points[i + width].SmoothedLoss;
            if (fall > best.Fall) best = (fall, i + width / 2);
        }
        return best.At < 0 ? null : points[best.At].LearningRate;
    }
}
