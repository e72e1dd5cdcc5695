using Loquat.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>
/// <see cref="VocabularyHead"/> where the second half of the rows is the first under other dropout (<see cref="LossOptions.RDropAlpha"/>): each label's loss needs the logits of both. In chunks too.
/// </summary>
internal static class PairedHead
{
    /// <summary>Numbers held at once: logits, their softmax in both halves, and gradients.</summary>
    private const long ChunkNumbers = 8L << 20;

    /// <inheritdoc cref="VocabularyHead.CrossEntropy"/>
    public static double CrossEntropy(Tensor hidden, Parameter head, Tensor labels, double scale, Tensor? gradient, double[]? losses, Parameter? bias, double? cap, LossOptions options)
    {
        using var guard = no_grad();
        var weight = head.Value;                                                    // (V, E)
        var half = hidden.shape[0] / 2;
        losses ??= new double[hidden.shape[0]];
        var size = Math.Max(1, ChunkNumbers / (2 * weight.shape[0]));
        for (long first = 0; first < half; first += size)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(size, half - first);
            var h = Both(hidden);                                                   // (2n, E)
            var products = Linear.Apply(h, weight);
            if (bias is not null) products.add_(bias.Value);
            using var grad = enable_grad(gradient is not null);
            var leaf = products.detach().to(ScalarType.Float32).requires_grad_(gradient is not null);
            var each = CrossEntropyLoss.Each(cap is { } height ? (leaf / height).tanh() * height : leaf, Both(labels), options);     // (2n)
            var values = each.detach().to(ScalarType.Float64).cpu().data<double>().ToArray();
            values.AsSpan(0, (int)count).CopyTo(losses.AsSpan((int)first));
            values.AsSpan((int)count).CopyTo(losses.AsSpan((int)(half + first)));
            if (gradient is null) continue;
            (each.sum() * scale).backward();
            using var end = no_grad();
            var dlogits = leaf.grad!.to(weight.dtype);                              // (2n, V)
            var dh = dlogits.matmul(weight);                                        // (2n, E)
            gradient.narrow(0, first, count).copy_(dh.narrow(0, 0, count));
            gradient.narrow(0, half + first, count).copy_(dh.narrow(0, count, count));
            head.AddGradient(dlogits, h);
            if (bias is { Trains: true, Value.requires_grad: true }) VocabularyHead.AddBiasGradient(bias, dlogits);

            Tensor Both(Tensor rows) => cat([rows.narrow(0, first, count), rows.narrow(0, half + first, count)]);
        }
        double sum = 0;
        foreach (var loss in losses) sum += loss;
        return sum;
    }
}
