using Loquat.Evaluation;
using Loquat.Text.Metrics;

namespace Loquat.Tasks;

/// <summary>Whether two models differ in a task, by what each made of the same documents.</summary>
/// <param name="Task">The task.</param>
/// <param name="Metric">The first of its metrics.</param>
/// <param name="Difference">The second model's value less the first's, with its interval.</param>
/// <param name="PValue">The probability that chance alone gives a difference as large.</param>
/// <param name="Test">How it was found.</param>
/// <param name="LowerIsBetter">As of perplexity.</param>
public sealed record ModelComparison(string Task, string Metric, Estimate Difference, double PValue, string Test, bool LowerIsBetter)
{
    /// <summary>Differences that chance gives more rarely than this count as such.</summary>
    public const double Level = 0.05;

    private const ulong Seed = 1234;

    /// <summary>Whether the difference is taken as one.</summary>
    public bool IsDifference => PValue < Level;

    /// <summary>Whether the second model is the better one by the numbers, chance or not.</summary>
    public bool SecondIsBetter => LowerIsBetter ? Difference.Value < 0 : Difference.Value > 0;

    /// <exception cref="OptionsException">The results are not of the same documents.</exception>
    public static ModelComparison Of(TaskResult first, TaskResult second)
    {
        var (a, b) = (first.Metrics[0], second.Metrics[0]);
        if (first.Task.Name != second.Task.Name || first.Documents.Count != second.Documents.Count) throw new OptionsException($"{first.Model} and {second.Model} were not asked the same; run both with the same tasks and limits.");
        if (a.Values.Count == 0) return Resampled(first, second, a);
        var differences = b.Values.Zip(a.Values, (x, y) => x - y).ToArray();
        var estimate = Estimate.Mean(differences) is var mean && differences.All(d => d is 0 or 1) ? mean with { Low = mean.Value - 1.959964 * mean.StandardError, High = mean.Value + 1.959964 * mean.StandardError } : Estimate.Mean(differences);
        if (a.Values.Concat(b.Values).All(v => v is 0 or 1))
            return new(first.Task.Name, a.Name, estimate, Significance.McNemar(differences.Count(d => d < 0), differences.Count(d => d > 0)).PValue, "McNemar, exact", a.LowerIsBetter);
        var p = Significance.PairedPermutation([.. b.Values], [.. a.Values], Alternative.TwoSided, new Random((int)Seed)).PValue;
        return new(first.Task.Name, a.Name, estimate, p, "paired permutation", a.LowerIsBetter);
    }

    // A corpus has one value; how it varies is seen by drawing its documents again (Koehn 2004).
    private static ModelComparison Resampled(TaskResult first, TaskResult second, TaskMetric metric)
    {
        var task = first.Task with { Metrics = [first.Task.Metrics[0]] };
        double Of(TaskResult result, IReadOnlyList<int> some) => TaskMetrics.Of(task, [.. some.Select(i => result.Documents[i])], [.. some.Select(i => result.Scores[i])])[0].Estimate.Value;
        var drawn = new List<double>();
        var estimate = Estimate.Resampled(first.Documents.Count, some =>
        {
            var difference = Of(second, some) - Of(first, some);
            drawn.Add(difference);
            return difference;
        }, Seed, resamples: 200);
        // The first is that of the documents as they are.
        var against = drawn.Skip(1).Count(d => Math.Sign(d) != Math.Sign(drawn[0]));
        return new(first.Task.Name, metric.Name, estimate, Math.Min(1, 2.0 * (against + 1) / drawn.Count), "paired bootstrap", metric.LowerIsBetter);
    }
}
