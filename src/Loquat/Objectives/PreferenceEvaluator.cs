using Loquat.Evaluation;
using Loquat.Models;
using static TorchSharp.torch;

namespace Loquat.Objectives;

/// <summary>The loss of pairs, and how often and by how much the model prefers what people prefer. Log-probabilities of all come first: a loss that looks at several pairs sees all of them, whatever the batch size.</summary>
internal sealed class PreferenceEvaluator(PreferenceObjective objective, IReadOnlyList<(long First, long Second)> lengths, Func<IReadOnlyList<int>, TokenBatch> make) : IEvaluator
{
    public EvaluationResult Evaluate(Model model, int batchSize, Action<int, int>? progress = null, int? maxRows = null, CancellationToken cancellation = default)
    {
        var chosen = LengthBatches.Sorted(RowSums.Choose(lengths.Count, maxRows, batchSize).Select(i => (int)i), lengths);
        double[] sums = [], counts = [], references = [];
        var versions = 0;
        progress?.Invoke(0, chosen.Length);
        for (var first = 0; first < chosen.Length; first += batchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            int[] some = [.. chosen.Skip(first).Take(batchSize)];
            var batch = make(some);
            if (versions == 0)
            {
                versions = batch.Rows / some.Length;
                (sums, counts, references) = (new double[versions * chosen.Length], new double[versions * chosen.Length], new double[versions * chosen.Length]);
            }
            var losses = new double[batch.Labels.Length];
            objective.Loss(model, batch, losses);
            var (own, tokens) = PreferenceObjective.Rows(batch, losses);
            for (var i = 0; i < own.Length; i++)
            {
                var place = i / some.Length * chosen.Length + first + i % some.Length;
                (sums[place], counts[place], references[place]) = (own[i], tokens[i], batch.References![i]);
            }
            progress?.Invoke(first + some.Length, chosen.Length);
        }
        using var scope = NewDisposeScope();
        var each = objective.Each(tensor(sums), tensor(counts), tensor(references)).data<double>().ToArray();
        var rows = new RowSums(each.Length);
        for (var i = 0; i < each.Length; i++) rows.Add(i, 1, [each[i]], [0]);
        var rewards = objective.Rewards(sums, counts, references);
        var pairs = Enumerable.Range(0, chosen.Length).Select(i => (Chosen: rewards[i], Rejected: rewards[chosen.Length + i])).ToList();
        return rows.ToResult() with
        {
            Figures =
            [
                new("rewards/accuracies", pairs.Average(pair => pair.Chosen > pair.Rejected ? 1.0 : 0)),
                new("rewards/margins", pairs.Average(pair => pair.Chosen - pair.Rejected)),
                new("rewards/chosen", pairs.Average(pair => pair.Chosen)),
                new("rewards/rejected", pairs.Average(pair => pair.Rejected)),
            ],
        };
    }
}
