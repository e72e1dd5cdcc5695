using Loquat.Evaluation;
using Loquat.Models;

namespace Loquat.Objectives;

/// <summary>The loss of each token that is to be written, where all before it are right (teacher forcing), over pairs of about one length together.</summary>
internal sealed class PairEvaluator(Objective objective, PairShard pairs, Func<IReadOnlyList<(long[] Source, long[] Target)>, TokenBatch> make) : IEvaluator
{
    public EvaluationResult Evaluate(Model model, int batchSize, Action<int, int>? progress = null, int? maxRows = null, CancellationToken cancellation = default)
    {
        var chosen = pairs.Sorted(RowSums.Choose(pairs.Count, maxRows, batchSize).Select(i => (int)i));
        var sums = new RowSums(chosen.Length);
        progress?.Invoke(0, chosen.Length);
        for (var first = 0; first < chosen.Length; first += batchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            var batch = make([.. chosen.Skip(first).Take(batchSize).Select(pair => pairs[pair])]);
            var losses = new double[batch.Labels.Length];
            objective.Loss(model, batch, losses);
            sums.Add(first, batch.Rows, losses, batch.Labels);
            progress?.Invoke(first + batch.Rows, chosen.Length);
        }
        return sums.ToResult();
    }
}
