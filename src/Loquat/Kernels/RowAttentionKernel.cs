using System.Runtime.Intrinsics;
using Loquat.Native;

namespace Loquat.Kernels;

/// <summary>
/// Attention of one new token to all tokens so far: the key and value of the token join the cache, then y = softmax(q·kᵀ / √D) · v. One index is one
/// key/value head of one sequence with all query heads that share it, so that the cache is read once. Arithmetic is float32.
/// </summary>
internal unsafe struct RowAttentionKernel<T, TElement> : IRangeBody where T : unmanaged where TElement : IElement<T>
{
    public T* Query, Key, Value;            // a head's D numbers lie together
    public long QuerySequence, QueryHead;   // distances between sequences and between heads
    public long KeySequence, KeyHead;
    public long ValueSequence, ValueHead;
    public T* Keys, Values;                 // (B, K, capacity, D)
    public T* Output;                       // (B, H · D)
    public float* Scores;                   // (B, H, past + 1)
    public float* Sums;                     // (B, H, D)
    public long Past, Capacity, Heads, KeyValueHeads, HeadSize;
    public float Scale;

    public readonly void Run(long begin, long end)
    {
        var (group, seen) = (Heads / KeyValueHeads, Past + 1);
        for (var index = begin; index < end; index++)
        {
            var (sequence, head) = Math.DivRem(index, KeyValueHeads);
            T* keys = Keys + index * Capacity * HeadSize, values = Values + index * Capacity * HeadSize;
            new Span<T>(Key + sequence * KeySequence + head * KeyHead, (int)HeadSize).CopyTo(new(keys + Past * HeadSize, (int)HeadSize));
            new Span<T>(Value + sequence * ValueSequence + head * ValueHead, (int)HeadSize).CopyTo(new(values + Past * HeadSize, (int)HeadSize));
            var first = index * group;      // of all query heads of all sequences
            var queries = Query + sequence * QuerySequence + head * group * QueryHead;
            for (long token = 0; token < seen; token++)
                for (long h = 0; h < group; h++) Scores[(first + h) * seen + token] = Dot(queries + h * QueryHead, keys + token * HeadSize);
            for (long h = 0; h < group; h++) Softmax(Scores + (first + h) * seen, seen);
            var sums = Sums + first * HeadSize;
            new Span<float>(sums, (int)(group * HeadSize)).Clear();
            for (long token = 0; token < seen; token++)
                for (long h = 0; h < group; h++) Add(sums + h * HeadSize, Scores[(first + h) * seen + token], values + token * HeadSize);
            for (long i = 0; i < group * HeadSize; i += Lanes.Count)
            {
                var left = group * HeadSize - i;
                Lanes.Store<T, TElement>(Output + first * HeadSize + i, Lanes.Load<float, Single32>(sums + i, left), left);
            }
        }
    }

    private readonly float Dot(T* query, T* key)
    {
        var sum = Vector256<float>.Zero;
        for (long i = 0; i < HeadSize; i += Lanes.Count)
            sum = Vector256.FusedMultiplyAdd(Lanes.Load<T, TElement>(query + i, HeadSize - i), Lanes.Load<T, TElement>(key + i, HeadSize - i), sum);
        return Vector256.Sum(sum);
    }

    private readonly void Softmax(float* scores, long count)
    {
        var max = float.NegativeInfinity;
        for (long i = 0; i < count; i++) max = MathF.Max(max, scores[i]);
        var (scale, shift) = (Vector256.Create(Scale), Vector256.Create(max * Scale));
        var sums = Vector256<float>.Zero;
        for (long i = 0; i < count; i += Lanes.Count)
        {
            var e = VectorMath.Exp(Lanes.Load<float, Single32>(scores + i, count - i) * scale - shift);
            if (count - i < Lanes.Count) e &= Lanes.Mask(count - i);
            sums += e;
            Lanes.Store<float, Single32>(scores + i, e, count - i);
        }
        var inverse = 1 / Vector256.Sum(sums);
        for (long i = 0; i < count; i++) scores[i] *= inverse;
    }

    private readonly void Add(float* sums, float weight, T* value)
    {
        var factor = Vector256.Create(weight);
        for (long i = 0; i < HeadSize; i += Lanes.Count)
        {
            var left = HeadSize - i;
            var sum = Vector256.FusedMultiplyAdd(factor, Lanes.Load<T, TElement>(value + i, left), Lanes.Load<float, Single32>(sums + i, left));
            Lanes.Store<float, Single32>(sums + i, sum, left);
        }
    }
}
