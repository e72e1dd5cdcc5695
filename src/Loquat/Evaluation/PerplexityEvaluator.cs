using Loquat.Layers;
using Loquat.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Evaluation;

/// <summary>Scores a whole text with a language model. The result does not depend on the batch size.</summary>
public sealed class PerplexityEvaluator(EvaluationRows rows, long bytes, double? trueBitsPerByte = null) : IEvaluator
{
    /// <inheritdoc/>
    /// <exception cref="OptionsException">A number of rows is not positive, the rows are longer than the model's positions, or the model is not causal.</exception>
    public EvaluationResult Evaluate(Model model, int batchSize, Action<int, int>? progress = null, int? maxRows = null, CancellationToken cancellation = default)
    {
        var causal = ModelKinds.Require<CausalModel>(model);
        var chosen = RowSums.Choose(rows.Count, maxRows, batchSize);
        var sums = new RowSums(chosen.Length);
        var context = rows.ContextLength;
        progress?.Invoke(0, chosen.Length);
        for (var first = 0; first < chosen.Length; first += batchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = Math.Min(batchSize, chosen.Length - first);
            var inputs = new long[count * context];
            var labels = new long[count * context];
            for (var i = 0; i < count; i++)
                rows.Fill((int)chosen[first + i], inputs.AsSpan(i * context, context), labels.AsSpan(i * context, context));
            var losses = new double[count * context];
            using (NewDisposeScope())
            {
                var ids = tensor(inputs, [count, context], device: model.Placement.Device);
                var targets = tensor(labels, [count, context], device: model.Placement.Device);
                causal.Loss(ids, targets, new ForwardContext(), losses);
            }
            sums.Add(first, count, losses, labels);
            progress?.Invoke(first + count, chosen.Length);
        }
        return sums.ToResult((double)bytes / rows.Tokens, trueBitsPerByte);
    }

    /// <summary>The same rows scored by counts: a token sees those before it in its row, as a network does.</summary>
    /// <exception cref="OperationCanceledException">Cancelled between two rows.</exception>
    public EvaluationResult Evaluate(NgramModel model, CancellationToken cancellation = default)
    {
        var sums = new RowSums(rows.Count);
        var (inputs, labels, losses) = (new long[rows.ContextLength], new long[rows.ContextLength], new double[rows.ContextLength]);
        var before = new int[model.Order];
        for (var row = 0; row < rows.Count; row++)
        {
            cancellation.ThrowIfCancellationRequested();
            rows.Fill(row, inputs, labels);
            for (var i = 0; i < labels.Length; i++)
            {
                if (labels[i] < 0) continue;
                var seen = Math.Min(model.Order - 1, i + 1);
                for (var back = 0; back < seen; back++) before[back] = (int)inputs[i - back];
                losses[i] = -Math.Log(model.Probability(before.AsSpan(0, seen), (int)labels[i]));
            }
            sums.Add(row, 1, losses, labels);
        }
        return sums.ToResult((double)bytes / rows.Tokens, trueBitsPerByte);
    }
}
