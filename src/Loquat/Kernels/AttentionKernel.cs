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

    /// <summary>log₂ e / √D: powers of two are cheaper than those of e.</summary>
    public readonly float BinaryScale => Scale * 1.44269504f;

    /// <summary>Where the rows of a key head begin.</summary>
    /// <param name="index">Sequence · key/value heads + head.</param>
    public readonly long KeyAt(long index) => index / KeyValueHeads * Tokens * KeyStride + index % KeyValueHeads * HeadSize;

    public readonly long ValueAt(long index) => index / KeyValueHeads * Tokens * ValueStride + index % KeyValueHeads * HeadSize;

    /// <summary>Rows of queries handled together: what lies right of the diagonal within them is computed in vain, but fewer rows use the registers less well.</summary>
    public readonly long BlockRows => Tokens >= 128 ? 32 : 16;
}

/// <summary>
/// Causal attention forward, y = softmax(q·kᵀ / √D) · v. One index is one key/value head of one sequence, with all query heads that share it.
/// The scores of a block of rows live in the cache only; what lies right of the diagonal is not computed.
/// </summary>
internal unsafe struct AttentionForwardKernel<T, TElement> : IRangeBody where T : unmanaged where TElement : IElement<T>
{
    public T* Query, Key, Value, Output;
    public float* LogSums;      // (B, H, T): log₂ Σ exp of each row of scores, for the backward pass
    public AttentionShape Shape;

    public void Run(long begin, long end)
    {
        if (Vector512.IsHardwareAccelerated) Run<Lanes512, Vector512<float>>(begin, end);
        else Run<Lanes256, Vector256<float>>(begin, end);
    }

    /// <summary>The same in one register width.</summary>
    public readonly void Run<TLanes, V>(long begin, long end) where TLanes : ILanes<V> where V : struct
    {
        var (tokens, size, rows) = (Shape.Tokens, Shape.HeadSize, Shape.BlockRows);
        long width = HeadRows.Padded(size, TLanes.Count), columns = HeadRows.Stride(tokens, TLanes.Count);
        var memory = HeadRows.Allocate(size * columns + tokens * width + rows * (2 * width + columns + 1));
        try
        {
            var keys = memory;                          // (D, T)
            var values = keys + size * columns;         // (T, D)
            var queries = values + tokens * width;      // (R, D)
            var output = queries + rows * width;        // (R, D)
            var scores = output + rows * width;         // (R, T)
            var inverse = scores + rows * columns;      // (R): 1 / Σ exp
            for (var index = begin; index < end; index++)
            {
                var (sequence, head) = Math.DivRem(index, Shape.KeyValueHeads);
                HeadRows.ReadTransposed<T, TElement>(Key + Shape.KeyAt(index), Shape.KeyStride, tokens, size, keys, columns);
                HeadRows.Read<T, TElement>(Value + Shape.ValueAt(index), Shape.ValueStride, tokens, size, values, width);
                var group = Shape.Heads / Shape.KeyValueHeads;
                for (var h = head * group; h < (head + 1) * group; h++)
                {
                    for (long first = 0; first < tokens; first += rows)
                    {
                        var count = Math.Min(rows, tokens - first);
                        long seen = first + count, extent = HeadRows.Padded(seen, TLanes.Count);
                        long queryAt = (sequence * tokens + first) * Shape.QueryStride + h * size, outputAt = (sequence * tokens + first) * Shape.OutputStride + h * size;
                        HeadRows.Prefetch(Output + outputAt, Shape.OutputStride, count, size);
                        HeadRows.Prefetch(Query + queryAt + rows * Shape.QueryStride, Shape.QueryStride, Math.Min(rows, tokens - seen), size);
                        if (h == head * group && index + 1 < end)
                        {
                            HeadRows.Prefetch(Key + Shape.KeyAt(index + 1) + first * Shape.KeyStride, Shape.KeyStride, count, size);
                            HeadRows.Prefetch(Value + Shape.ValueAt(index + 1) + first * Shape.ValueStride, Shape.ValueStride, count, size);
                        }
                        HeadRows.Read<T, TElement>(Query + queryAt, Shape.QueryStride, count, size, queries, width);
                        SmallProduct.Multiply<TLanes, V>(scores, columns, queries, width, 1, keys, columns, count, size, extent, add: false);
                        var logSums = LogSums + (sequence * Shape.Heads + h) * tokens + first;
                        for (long row = 0; row < count; row++)
                            (logSums[row], inverse[row]) = Exponentials<TLanes, V>(scores + row * columns, first + row + 1, extent);
                        SmallProduct.Multiply<TLanes, V>(output, width, scores, columns, 1, values, width, count, seen, width, add: false);
                        HeadRows.Write<T, TElement>(output, width, count, size, Output + outputAt, Shape.OutputStride, inverse);
                    }
                }
            }
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }

    /// <summary>Replaces the first <paramref name="count"/> scores by exp(scale · (score - max)), the rest by zeros.</summary>
    /// <returns>log₂ Σ exp of the scaled scores; 1 / sum of what the row holds now.</returns>
    private readonly (float LogSum, float Inverse) Exponentials<TLanes, V>(float* scores, long count, long extent) where TLanes : ILanes<V> where V : struct
    {
        var lanes = TLanes.Count;
        var whole = count / lanes * lanes;
        var lowest = TLanes.Splat(float.NegativeInfinity);
        var maxima = lowest;
        for (long i = 0; i < whole; i += lanes) maxima = TLanes.Max(maxima, TLanes.Load(scores + i));
        if (whole < count) maxima = TLanes.Max(maxima, TLanes.Select(count - whole, TLanes.Load(scores + whole), lowest));
        var shift = -TLanes.Largest(maxima) * Shape.BinaryScale;
        var (scales, shifts, zero) = (TLanes.Splat(Shape.BinaryScale), TLanes.Splat(shift), TLanes.Splat(0));
        var sums = zero;
        for (long i = 0; i < whole; i += lanes)
        {
            var e = VectorMath.Exp2<TLanes, V>(TLanes.FusedMultiplyAdd(TLanes.Load(scores + i), scales, shifts));
            sums = TLanes.Add(sums, e);
            TLanes.Store(e, scores + i);
        }
        for (var i = whole; i < extent; i += lanes)
        {
            var e = TLanes.Select(count - i, VectorMath.Exp2<TLanes, V>(TLanes.FusedMultiplyAdd(TLanes.Load(scores + i), scales, shifts)), zero);
            sums = TLanes.Add(sums, e);
            TLanes.Store(e, scores + i);
        }
        var sum = TLanes.Sum(sums);
        return (MathF.Log2(sum) - shift, 1 / sum);
    }
}
