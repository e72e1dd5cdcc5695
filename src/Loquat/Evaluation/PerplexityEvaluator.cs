using Loquat.Layers;
using Loquat.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Evaluation;

/// <summary>Scores a whole text with a language model. Each token's loss is kept in float64 and summed row by row, so the result does not depend on the batch size.</summary>
public sealed class PerplexityEvaluator(EvaluationRows rows, long bytes, double? trueBitsPerByte = null)
{
    /// <summary>The normal distribution's 97.5th percentile.</summary>
    private const double Z = 1.959964;

    /// <param name="batchSize">Rows at once; speed and memory only.</param>
    /// <param name="progress">Told the rows done and all rows, at the start and after each batch.</param>
    /// <param name="maxRows">Score only so many rows, evenly spread; null: all.</param>
    /// <exception cref="OptionsException">A number of rows is not positive, or the rows are longer than the model's positions.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two batches.</exception>
    public EvaluationResult Evaluate(CausalModel model, int batchSize, Action<int, int>? progress = null, int? maxRows = null, CancellationToken cancellation = default)
    {
        if (batchSize < 1) throw new OptionsException($"{batchSize} rows cannot be scored at once; it needs 1 or more.");
        if (maxRows < 1) throw new OptionsException($"{maxRows} rows cannot be scored; give 1 or more, or none for all.");
        var chosen = Choose(maxRows);
        var rowLosses = new double[chosen.Length];
        var rowTokens = new long[chosen.Length];
        var context = rows.ContextLength;
        progress?.Invoke(0, chosen.Length);
        for (var first = 0; first < chosen.Length; first += batchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = Math.Min(batchSize, chosen.Length - first);
            var inputs = new long[count * context];
            var labels = new long[count * context];
            for (var i = 0; i < count; i++)
                rows.Fill(chosen[first + i], inputs.AsSpan(i * context, context), labels.AsSpan(i * context, context));
            var losses = new double[count * context];
            using (NewDisposeScope())
            {
                var ids = tensor(inputs, [count, context], device: model.Placement.Device);
                var targets = tensor(labels, [count, context], device: model.Placement.Device);
                model.Loss(ids, targets, new ForwardContext(), losses);
            }
            for (var i = 0; i < losses.Length; i++)
            {
                if (labels[i] < 0) continue;
                rowLosses[first + i / context] += losses[i];
                rowTokens[first + i / context]++;
            }
            progress?.Invoke(first + count, chosen.Length);
        }
        return Summarize(rowLosses, rowTokens);
    }

    private EvaluationResult Summarize(double[] losses, long[] tokens)
    {
        var total = tokens.Sum();
        var loss = losses.Sum() / Math.Max(1, total);
        // A ratio of two sums over rows: its variance by linearization (Cochran 1977, section 6.4).
        var squares = losses.Select((nll, i) => nll - loss * tokens[i]).Sum(residual => residual * residual);
        var n = losses.Length;
        var deviation = n > 1 ? Math.Sqrt(squares * n / (n - 1.0)) / total : double.NaN;
        return new EvaluationResult
        {
            Loss = loss,
            LossInterval = Z * deviation,
            Tokens = total,
            Bytes = (long)Math.Round((double)bytes * total / rows.Tokens),
            TrueBitsPerByte = trueBitsPerByte,
        };
    }

    private int[] Choose(int? maxRows)
    {
        var count = Math.Min(rows.Count, maxRows ?? rows.Count);
        return [.. Enumerable.Range(0, count).Select(i => (int)((long)i * rows.Count / count))];
    }
}
