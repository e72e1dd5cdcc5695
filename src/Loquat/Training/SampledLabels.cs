using Loquat.Layers;
using Loquat.Models;
using Loquat.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Training;

/// <summary>Labels that a model draws itself, for estimates of its curvature (Liu et al. 2023, "Sophia", algorithm 2).</summary>
internal static class SampledLabels
{
    /// <summary>The batch with a label drawn from the model's prediction wherever one counts.</summary>
    /// <param name="seed">Of the draws.</param>
    public static TokenBatch Of(CausalModel model, TokenBatch batch, long seed)
    {
        using var guard = no_grad();
        using var generator = new Generator((ulong)seed);
        var labels = (long[])batch.Labels.Clone();
        // Row by row: the logits of a whole batch may be larger than the model.
        for (var row = 0; row < batch.Rows; row++)
        {
            using var scope = NewDisposeScope();
            var tensors = batch.ToTensors(model.Placement.Device);
            var context = new ForwardContext { AttentionMask = tensors.AttentionMask?.narrow(0, row, 1), Documents = tensors.Documents?.narrow(0, row, 1), Positions = tensors.Positions?.narrow(0, row, 1), Prefix = tensors.Prefix?.narrow(0, row, 1) };
            var logits = model.Logits(tensors.InputIds.narrow(0, row, 1).contiguous(), context)[0].to(ScalarType.Float32).cpu();      // (T, V)
            var drawn = logits.softmax(-1).multinomial(1, generator: generator).data<long>().ToArray();
            for (var i = 0; i < drawn.Length; i++)
                if (labels[row * batch.Length + i] >= 0) labels[row * batch.Length + i] = drawn[i];
        }
        return new TokenBatch(batch.Rows, batch.Length) { InputIds = batch.InputIds, Labels = labels, AttentionMask = batch.AttentionMask, Documents = batch.Documents, Positions = batch.Positions, Prefix = batch.Prefix };
    }
}
