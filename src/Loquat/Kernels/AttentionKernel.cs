using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Loquat.Native;

namespace Loquat.Kernels;

/// <summary>Where the heads of a causal attention lie. A head's row of token t of sequence b begins at (b · Tokens + t) · stride + head · HeadSize.</summary>
internal struct AttentionShape
{
    public long Tokens, Heads, KeyValueHeads, HeadSize;
    public long QueryStride, KeyStride, ValueStride, OutputStride;

    /// <summary>1 / √D.</summary>
    public float Scale;

    /// <summary>Rows of queries handled together: what lies right of the diagonal within them is computed in vain, but fewer rows use the registers less well.</summary>
    public readonly long BlockRows => Tokens >= 128 ? 32 : 16;
}

/// <summary>Copies between the rows of a head and float32 scratch memory, padded with zeros to whole registers.</summary>
internal static unsafe class HeadRows
{
    public static long Padded(long count, long lanes) => (count + lanes - 1) / lanes * lanes;

    /// <summary>As <see cref="Padded"/>, but never a multiple of 64: columns a power of two apart would fall on the same few cache sets.</summary>
    public static long Stride(long count, long lanes)
    {
        var padded = Padded(count, lanes);
        return padded % 64 == 0 ? padded + lanes : padded;
    }

    public static float* Allocate(long floats)
    {
        var memory = (float*)NativeMemory.AlignedAlloc((nuint)(floats * sizeof(float)), 64);
        new Span<float>(memory, checked((int)floats)).Clear();
        return memory;
    }

    public static void Read<T, TElement>(T* source, long stride, long rows, long count, float* target, long width)
        where T : unmanaged where TElement : IElement<T>
    {
        for (long row = 0; row < rows; row++, source += stride, target += width)
            for (long i = 0; i < count; i += Lanes.Count) Lanes.Store<float, Single32>(target + i, Lanes.Load<T, TElement>(source + i, count - i), count - i);
    }

    /// <summary>target[i][row] = source[row][i].</summary>
    public static void ReadTransposed<T, TElement>(T* source, long stride, long rows, long count, float* target, long columns)
        where T : unmanaged where TElement : IElement<T>
    {
        var values = stackalloc float[Lanes.Count];
        for (long row = 0; row < rows; row++, source += stride)
        {
            for (long i = 0; i < count; i += Lanes.Count)
            {
                Lanes.Load<T, TElement>(source + i, count - i).Store(values);
                var lanes = Math.Min(Lanes.Count, count - i);
                for (long lane = 0; lane < lanes; lane++) target[(i + lane) * columns + row] = values[lane];
            }
        }
    }

    public static void Write<T, TElement>(float* source, long width, long rows, long count, T* target, long stride)
        where T : unmanaged where TElement : IElement<T>
    {
        for (long row = 0; row < rows; row++, source += width, target += stride)
            for (long i = 0; i < count; i += Lanes.Count) Lanes.Store<T, TElement>(target + i, Lanes.Load<float, Single32>(source + i, count - i), count - i);
    }
}

/// <summary>
/// Causal attention forward, y = softmax(q·kᵀ / √D) · v. One index is one key/value head of one sequence, with all query heads that share it.
/// The scores of a block of rows live in the cache only; what lies right of the diagonal is not computed.
/// </summary>
internal unsafe struct AttentionForwardKernel<T, TElement> : IRangeBody where T : unmanaged where TElement : IElement<T>
{
    public T* Query, Key, Value, Output;
    public float* LogSums;      // (B, H, T): log Σ exp of each row of scores, for the backward pass
    public AttentionShape Shape;

    public void Run(long begin, long end)
    {
        if (Vector512.IsHardwareAccelerated) Run<Lanes512, Vector512<float>>(begin, end);
        else Run<Lanes256, Vector256<float>>(begin, end);
    }

    private readonly void Run<TLanes, V>(long begin, long end) where TLanes : ILanes<V> where V : struct
    {
        var (tokens, size, rows) = (Shape.Tokens, Shape.HeadSize, Shape.BlockRows);
        long width = HeadRows.Padded(size, TLanes.Count), columns = HeadRows.Stride(tokens, TLanes.Count);
        var memory = HeadRows.Allocate(size * columns + tokens * width + rows * (2 * width + columns));
        try
        {
            var keys = memory;                          // (D, T)
            var values = keys + size * columns;         // (T, D)
            var queries = values + tokens * width;      // (R, D)
            var output = queries + rows * width;        // (R, D)
            var scores = output + rows * width;         // (R, T)
            for (var index = begin; index < end; index++)
            {
                var (sequence, head) = Math.DivRem(index, Shape.KeyValueHeads);
                HeadRows.ReadTransposed<T, TElement>(Key + sequence * tokens * Shape.KeyStride + head * size, Shape.KeyStride, tokens, size, keys, columns);
                HeadRows.Read<T, TElement>(Value + sequence * tokens * Shape.ValueStride + head * size, Shape.ValueStride, tokens, size, values, width);
                var group = Shape.Heads / Shape.KeyValueHeads;
                for (var h = head * group; h < (head + 1) * group; h++)
                {
                    for (long first = 0; first < tokens; first += rows)
                    {
                        var count = Math.Min(rows, tokens - first);
                        long seen = first + count, extent = HeadRows.Padded(seen, TLanes.Count);
                        HeadRows.Read<T, TElement>(Query + (sequence * tokens + first) * Shape.QueryStride + h * size, Shape.QueryStride, count, size, queries, width);
                        SmallProduct.Multiply<TLanes, V>(scores, columns, queries, width, 1, keys, columns, count, size, extent, add: false);
                        for (long row = 0; row < count; row++)
                            LogSums[(sequence * Shape.Heads + h) * tokens + first + row] = Softmax(scores + row * columns, first + row + 1, extent);
                        SmallProduct.Multiply<TLanes, V>(output, width, scores, columns, 1, values, width, count, seen, width, add: false);
                        HeadRows.Write<T, TElement>(output, width, count, size, Output + (sequence * tokens + first) * Shape.OutputStride + h * size, Shape.OutputStride);
                    }
                }
            }
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }

    /// <summary>Replaces the first <paramref name="count"/> scores by their softmax, the rest by zeros.</summary>
    /// <returns>log Σ exp of the scaled scores.</returns>
    private readonly float Softmax(float* scores, long count, long extent)
    {
        var max = float.NegativeInfinity;
        var maxima = Vector256.Create(max);
        long i = 0;
        for (; i + Lanes.Count <= count; i += Lanes.Count) maxima = Vector256.Max(maxima, Vector256.Load(scores + i));
        for (var lane = 0; lane < Lanes.Count; lane++) max = MathF.Max(max, maxima.GetElement(lane));
        for (; i < count; i++) max = MathF.Max(max, scores[i]);
        var (scale, shift) = (Vector256.Create(Shape.Scale), Vector256.Create(max * Shape.Scale));
        var sums = Vector256<float>.Zero;
        for (i = 0; i < extent; i += Lanes.Count)
        {
            var e = VectorMath.Exp(Vector256.Load(scores + i) * scale - shift);
            if (count - i < Lanes.Count) e = count > i ? e & Lanes.Mask(count - i) : Vector256<float>.Zero;
            sums += e;
            e.Store(scores + i);
        }
        var sum = Vector256.Sum(sums);
        var inverse = Vector256.Create(1 / sum);
        for (i = 0; i < count; i += Lanes.Count) (Vector256.Load(scores + i) * inverse).Store(scores + i);
        return max * Shape.Scale + MathF.Log(sum);
    }
}
