using Loquat.FineTuning.Examples;
using Loquat.Layers;
using Loquat.Models;
using static TorchSharp.torch;

namespace Loquat.FineTuning;

/// <summary>Rows through a model and its head.</summary>
internal static class EncoderPass
{
    private const int TokensAtOnce = 8192;

    /// <summary>The logits of every row: (C), or (T, C) of its tokens; of a row that is compared with another, those of both. Rows of like length go together.</summary>
    /// <param name="progress">Told rows done and all, at the start and after each batch.</param>
    public static float[][] Logits(EncoderModel model, IReadOnlyList<TaskRow> rows, int batchSize, Action<int, int>? progress = null, CancellationToken cancellation = default)
    {
        if (batchSize < 1) throw new OptionsException($"{batchSize} rows cannot be read at once; it needs 1 or more.");
        if (rows.Any(row => row.Other is not null))
        {
            var both = Logits(model, [.. rows.Select(row => row with { Other = null }), .. rows.Select(row => row.Other!)], batchSize, progress, cancellation);
            return [.. rows.Select((_, i) => (float[])[.. both[i], .. both[rows.Count + i]])];
        }
        var logits = new float[rows.Count][];
        int[] order = [.. Enumerable.Range(0, rows.Count).OrderByDescending(i => rows[i].Ids.Length).ThenBy(i => i)];
        progress?.Invoke(0, rows.Count);
        for (var first = 0; first < order.Length;)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = Math.Min(order.Length - first, Math.Max(1, Math.Min(batchSize, TokensAtOnce / rows[order[first]].Ids.Length)));
            Read(model, [.. order.AsSpan(first, count).ToArray().Select(i => rows[i])], order.AsSpan(first, count), logits);
            first += count;
            progress?.Invoke(first, rows.Count);
        }
        return logits;
    }

    private static void Read(EncoderModel model, IReadOnlyList<TaskRow> rows, ReadOnlySpan<int> places, float[][] logits)
    {
        using var guard = inference_mode();
        using var scope = NewDisposeScope();
        var batch = TaskRows.Batch([.. rows.Select(row => row with { Labels = [0], Targets = null })], model.Config.PadTokenId ?? 0, perToken: false);
        var tensors = batch.ToTensors(model.Placement.Device);
        var said = model.Logits(tensors.InputIds, new ForwardContext { AttentionMask = tensors.AttentionMask, TokenTypeIds = tensors.TokenTypeIds });
        var values = (said.Rows ?? said.Tokens!).to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
        var each = values.Length / rows.Count;
        for (var i = 0; i < rows.Count; i++)
        {
            var length = said.Rows is null ? each / batch.Length * rows[i].Ids.Length : each;
            logits[places[i]] = values[(i * each)..(i * each + length)];
        }
    }
}
