using Loquat.Evaluation;
using Loquat.Models;
using Loquat.Text.Datasets;

namespace Loquat.Objectives;

/// <summary>An objective's own loss on a text, cut into sequences that do not overlap. What is drawn for a sequence depends on its place in the text alone: every evaluation asks the same.</summary>
public sealed class ObjectiveEvaluator(TextObjective objective, TokenShard shard) : IEvaluator
{
    /// <inheritdoc/>
    /// <exception cref="DataException">The text is shorter than a sequence.</exception>
    public EvaluationResult Evaluate(Model model, int batchSize, Action<int, int>? progress = null, int? maxRows = null, CancellationToken cancellation = default)
    {
        var length = objective.TextTokens;
        var rows = (shard.Count - 1) / length;
        if (rows < 1) throw new DataException($"{shard.Path}: the text has {shard.Count} tokens; a sequence of this objective is made of {length + 1}. Give more text, or lower training.context_length.");
        var chosen = RowSums.Choose(rows, maxRows, batchSize);
        var sums = new RowSums(chosen.Length);
        var (text, next, window) = (new long[batchSize * length], new long[batchSize * length], new long[length + 1]);
        progress?.Invoke(0, chosen.Length);
        for (var first = 0; first < chosen.Length; first += batchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = Math.Min(batchSize, chosen.Length - first);
            var made = new List<TokenBatch>();
            for (var i = 0; i < count; i++)
            {
                shard.Read(chosen[first + i] * length, window);
                window.AsSpan(0, length).CopyTo(text.AsSpan(i * length));
                window.AsSpan(1).CopyTo(next.AsSpan(i * length));
                // Rows that were chosen lie apart, and each is drawn for by its own place.
                made.Add(objective.Make(text.AsSpan(i * length, length), next.AsSpan(i * length, length), chosen[first + i]));
            }
            foreach (var group in Joined(made))
            {
                var losses = new double[group.Batch.Labels.Length];
                objective.Loss(model, group.Batch, losses);
                sums.Add(first + group.First, group.Batch.Rows, losses, group.Batch.Labels);
            }
            progress?.Invoke(first + count, chosen.Length);
        }
        return sums.ToResult();
    }

    /// <summary>Rows of the same lengths as one batch.</summary>
    private static IEnumerable<(TokenBatch Batch, int First)> Joined(List<TokenBatch> rows)
    {
        for (var first = 0; first < rows.Count;)
        {
            var end = first + 1;
            while (end < rows.Count && rows[end].JoinsWith(rows[first])) end++;
            yield return (TokenBatch.Join(rows[first..end]), first);
            first = end;
        }
    }
}
