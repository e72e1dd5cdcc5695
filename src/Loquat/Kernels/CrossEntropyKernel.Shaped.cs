using System.Runtime.Intrinsics;
using Loquat.Native;

namespace Loquat.Kernels;

/// <summary>The same with label smoothing, z-loss and weights of the classes.</summary>
internal unsafe partial struct CrossEntropyKernel<T, TElement>
{
    // L = Label · w(y) · (log Σ - z(y)) + Each · Σ w(c) (log Σ - z(c)) + Squared · w(y) · log² Σ

    private readonly void RunShaped(T* logits, long row, long label)
    {
        var max = Maximum(logits);
        var target = One(logits, label);
        double weight = Weights == null ? 1 : Weights[label];
        // Before the exponentials take the place of the logits.
        var all = Each == 0 ? 0 : WeightedSum(logits, max);
        var sum = LossOnly ? SumOfExponentials(logits, max) : Exponentials(logits, max);
        var log = Math.Log(sum);
        var normalizer = log + max;
        Losses[row] = Label * weight * (normalizer - target) + Each * (WeightSum * log - all) + Squared * weight * normalizer * normalizer;
        if (LossOnly) return;
        var factor = Label * weight + Each * WeightSum + 2 * Squared * weight * normalizer;
        Spread(logits, (float)(Scale * factor / sum), (float)(Scale * Each));
        Set(logits, label, (float)(Scale * (Math.Exp(target - max) / sum * factor - (Label + Each) * weight)));
    }

    /// <summary>Σ w(c) (z(c) - max).</summary>
    private readonly double WeightedSum(T* logits, float max)
    {
        var shift = Vector256.Create(max);
        var sum = Vector256<float>.Zero;
        for (long i = 0; i < Vocabulary; i += Lanes.Count)
        {
            var z = Lanes.Load<T, TElement>(logits + i, Vocabulary - i) - shift;
            if (Weights != null) z *= Lanes.Load<float, Single32>(Weights + i, Vocabulary - i);
            sum += Vocabulary - i >= Lanes.Count ? z : z & Lanes.Mask(Vocabulary - i);
        }
        return Vector256.Sum(sum);
    }

    /// <summary>Exponentials become gradients of all but the label.</summary>
    private readonly void Spread(T* logits, float factor, float each)
    {
        var (factors, shares) = (Vector256.Create(factor), Vector256.Create(each));
        for (long i = 0; i < Vocabulary; i += Lanes.Count)
        {
            var share = Weights == null ? shares : shares * Lanes.Load<float, Single32>(Weights + i, Vocabulary - i);
            Lanes.Store<T, TElement>(logits + i, Lanes.Load<T, TElement>(logits + i, Vocabulary - i) * factors - share, Vocabulary - i);
        }
    }
}
