using System.Runtime.Intrinsics;
using Loquat.Native;

namespace Loquat.Kernels;

/// <summary>
/// Softmax cross-entropy of rows of logits, loss and gradient in one visit: each row is replaced by
/// (softmax(row) - onehot(label)) · Scale, and Losses[row] = log Σ exp(row) - row[label] in float64.
/// Rows labelled -100 (any negative label) count neither loss nor gradient.
/// </summary>
internal unsafe partial struct CrossEntropyKernel<T, TElement> : IRangeBody where T : unmanaged where TElement : IElement<T>
{
    public T* Logits;       // (N, V), rows Stride elements apart
    public long* Labels;    // (N)
    public double* Losses;  // (N)
    public long Vocabulary, Stride;
    public float Scale;

    /// <summary>Evaluation needs the loss alone: the logits are left as they are.</summary>
    public bool LossOnly;

    /// <summary>Whether any of what follows differs from plain cross-entropy.</summary>
    public bool IsShaped;

    /// <summary>Factors of the label's own loss, of the sum over all classes, and of the squared normalizer.</summary>
    public double Label, Each, Squared;

    /// <summary>(V): weights of the classes; null: all 1.</summary>
    public float* Weights;

    /// <summary>Their sum.</summary>
    public double WeightSum;

    public void Run(long begin, long end)
    {
        for (var row = begin; row < end; row++)
        {
            var logits = Logits + row * Stride;
            var label = Labels[row];
            if (label < 0)
            {
                Losses[row] = 0;
                if (!LossOnly) new Span<T>(logits, (int)Vocabulary).Clear();
                continue;
            }
            if (label >= Vocabulary) throw new OptionsException($"there is a label {label}; the vocabulary of this model is 0 to {Vocabulary - 1}.");
            if (IsShaped)
            {
                RunShaped(logits, row, label);
                continue;
            }
            var max = Maximum(logits);
            var target = One(logits, label);
            var sum = LossOnly ? SumOfExponentials(logits, max) : Exponentials(logits, max);
            Losses[row] = Math.Log(sum) + max - target;
            if (!LossOnly) Gradient(logits, label, target - max, (float)(Scale / sum), sum);
        }
    }

    private readonly float Maximum(T* logits)
    {
        var max = Vector256.Create(float.NegativeInfinity);
        long i = 0;
        for (; i + Lanes.Count <= Vocabulary; i += Lanes.Count) max = Vector256.Max(max, TElement.Load(logits + i));
        if (i < Vocabulary)
        {
            var tail = Vector256.ConditionalSelect(Lanes.Mask(Vocabulary - i), Lanes.Load<T, TElement>(logits + i, Vocabulary - i), max);
            max = Vector256.Max(max, tail);
        }
        var result = max.GetElement(0);
        for (var lane = 1; lane < Lanes.Count; lane++) result = MathF.Max(result, max.GetElement(lane));
        return result;
    }

    private readonly double SumOfExponentials(T* logits, float max)
    {
        var shift = Vector256.Create(max);
        var sum = Vector256<float>.Zero;
        for (long i = 0; i < Vocabulary; i += Lanes.Count)
        {
            var e = VectorMath.Exp(Lanes.Load<T, TElement>(logits + i, Vocabulary - i) - shift);
            sum += Vocabulary - i >= Lanes.Count ? e : e & Lanes.Mask(Vocabulary - i);
        }
        return Vector256.Sum(sum);
    }

    private readonly double Exponentials(T* logits, float max)
    {
        var shift = Vector256.Create(max);
        var sum = Vector256<float>.Zero;
        for (long i = 0; i < Vocabulary; i += Lanes.Count)
        {
            var e = VectorMath.Exp(Lanes.Load<T, TElement>(logits + i, Vocabulary - i) - shift);
            sum += Vocabulary - i >= Lanes.Count ? e : e & Lanes.Mask(Vocabulary - i);
            Lanes.Store<T, TElement>(logits + i, e, Vocabulary - i);
        }
        return Vector256.Sum(sum);
    }

    private readonly void Gradient(T* logits, long label, float shifted, float scale, double sum)
    {
        var factor = Vector256.Create(scale);
        for (long i = 0; i < Vocabulary; i += Lanes.Count)
            Lanes.Store<T, TElement>(logits + i, Lanes.Load<T, TElement>(logits + i, Vocabulary - i) * factor, Vocabulary - i);
        Set(logits, label, (float)((Math.Exp(shifted) / sum - 1) * Scale));
    }

    private static float One(T* logits, long index) => Lanes.Load<T, TElement>(logits + index, 1).GetElement(0);

    private static void Set(T* logits, long index, float value) => Lanes.Store<T, TElement>(logits + index, Vector256.Create(value), 1);
}
