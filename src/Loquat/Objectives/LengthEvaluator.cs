using Loquat.Evaluation;
using Loquat.Models;

namespace Loquat.Objectives;

/// <summary>The loss of each token that is to be written, where all before it are right (teacher forcing), over items of about one length together.</summary>
internal sealed class LengthEvaluator(Objective objective, IReadOnlyList<(long First, long Second)> lengths, Func<IReadOnlyList<int>, TokenBatch> make) : IEvaluator
{
    public EvaluationResult Evaluate(Model model, int batchSize, Action<int, int>? progress = null, int? maxRows = null, CancellationToken cancellation = default)
    {
        var chosen = LengthBatches.Sorted(RowSums.Choose(lengths.Count, maxRows, batchSize).Select(i => (int)i), lengths);
        var sums = new RowSums(chosen.Length);
        progress?.Invoke(0, chosen.Length);
        for (var first = 0; first < chosen.Length; first += batchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            var batch = make([.. chosen.Skip(first).Take(batchSize)]);
            var losses = new double[batch.Labels.Length];
            objective.Loss(model, batch, losses);
            sums.Add(first, batch.Rows, losses, batch.Labels);
            progress?.Invoke(first + batch.Rows, chosen.Length);
        }
        return sums.ToResult();
    }
}
