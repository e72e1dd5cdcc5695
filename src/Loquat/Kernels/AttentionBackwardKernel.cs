using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Loquat.Native;

namespace Loquat.Kernels;

/// <summary>
/// Gradients of causal attention (Dao et al. 2022, algorithm 4, without its online sums): with P = 2^(S - logsum) computed anew and dP = dy·vᵀ,
/// dS = P ∘ (dP - rowsum(P ∘ dP)) / √D; dq = dS·k, dk = dSᵀ·q, dv = Pᵀ·dy. One index is one key/value head of one sequence.
/// </summary>
internal unsafe struct AttentionBackwardKernel<T, TElement> : IRangeBody where T : unmanaged where TElement : IElement<T>
{
    public T* Query, Key, Value, Dy;        // Dy lies as the output does
    public T* Dquery, Dkey, Dvalue;         // as the inputs do
    public float* LogSums;
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
        var memory = HeadRows.Allocate(2 * size * columns + 3 * tokens * width + rows * (3 * width + 2 * columns));
        try
        {
            var keysAcross = memory;                        // (D, T)
            var valuesAcross = keysAcross + size * columns; // (D, T)
            var keys = valuesAcross + size * columns;       // (T, D)
            var dkey = keys + tokens * width;               // (T, D)
            var dvalue = dkey + tokens * width;             // (T, D)
            var queries = dvalue + tokens * width;          // (R, D)
            var dy = queries + rows * width;                // (R, D)
            var dquery = dy + rows * width;                 // (R, D)
            var weights = dquery + rows * width;            // (R, T): S, then P
            var slopes = weights + rows * columns;          // (R, T): dP, then dS
            for (var index = begin; index < end; index++)
            {
                var (sequence, head) = Math.DivRem(index, Shape.KeyValueHeads);
                long start = sequence * tokens, keyAt = Shape.KeyAt(index), valueAt = Shape.ValueAt(index);
                HeadRows.ReadTransposed<T, TElement>(Key + keyAt, Shape.KeyStride, tokens, size, keysAcross, columns);
                HeadRows.ReadTransposed<T, TElement>(Value + valueAt, Shape.ValueStride, tokens, size, valuesAcross, columns);
                HeadRows.Read<T, TElement>(Key + keyAt, Shape.KeyStride, tokens, size, keys, width);
                new Span<float>(dkey, checked((int)(2 * tokens * width))).Clear();
                var group = Shape.Heads / Shape.KeyValueHeads;
                for (var h = head * group; h < (head + 1) * group; h++)
                {
                    for (long first = 0; first < tokens; first += rows)
                    {
                        var count = Math.Min(rows, tokens - first);
                        long seen = first + count, extent = HeadRows.Padded(seen, TLanes.Count);
                        long queryAt = (start + first) * Shape.QueryStride + h * size, dyAt = (start + first) * Shape.OutputStride + h * size;
                        Prefetch(index, h == head * group && index + 1 < end, queryAt, dyAt, first, count);
                        HeadRows.Read<T, TElement>(Query + queryAt, Shape.QueryStride, count, size, queries, width);
                        HeadRows.Read<T, TElement>(Dy + dyAt, Shape.OutputStride, count, size, dy, width);
                        SmallProduct.Multiply<TLanes, V>(weights, columns, queries, width, 1, keysAcross, columns, count, size, extent, add: false);
                        SmallProduct.Multiply<TLanes, V>(slopes, columns, dy, width, 1, valuesAcross, columns, count, size, extent, add: false);
                        for (long row = 0; row < count; row++)
                            Differentiate<TLanes, V>(weights + row * columns, slopes + row * columns, LogSums[(sequence * Shape.Heads + h) * tokens + first + row], first + row + 1, extent);
                        SmallProduct.Multiply<TLanes, V>(dvalue, width, weights, 1, columns, dy, width, seen, count, width, add: true);
                        SmallProduct.Multiply<TLanes, V>(dkey, width, slopes, 1, columns, queries, width, seen, count, width, add: true);
                        SmallProduct.Multiply<TLanes, V>(dquery, width, slopes, columns, 1, keys, width, count, seen, width, add: false);
                        HeadRows.Write<T, TElement>(dquery, width, count, size, Dquery + queryAt, Shape.QueryStride);
                    }
                }
                HeadRows.Write<T, TElement>(dkey, width, tokens, size, Dkey + keyAt, Shape.KeyStride);
                HeadRows.Write<T, TElement>(dvalue, width, tokens, size, Dvalue + valueAt, Shape.ValueStride);
            }
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }

    /// <summary>Asks for what the products will not find in the cache: the next block's rows, those to be written, and the next head's.</summary>
    private readonly void Prefetch(long index, bool nextHead, long queryAt, long dyAt, long first, long count)
    {
        var (size, next) = (Shape.HeadSize, Math.Min(Shape.BlockRows, Shape.Tokens - first - count));
        HeadRows.Prefetch(Query + queryAt + count * Shape.QueryStride, Shape.QueryStride, next, size);
        HeadRows.Prefetch(Dy + dyAt + count * Shape.OutputStride, Shape.OutputStride, next, size);
        HeadRows.Prefetch(Dquery + queryAt, Shape.QueryStride, count, size);
        HeadRows.Prefetch(Dkey + Shape.KeyAt(index) + first * Shape.KeyStride, Shape.KeyStride, count, size);
        HeadRows.Prefetch(Dvalue + Shape.ValueAt(index) + first * Shape.ValueStride, Shape.ValueStride, count, size);
        if (!nextHead) return;
        HeadRows.Prefetch(Key + Shape.KeyAt(index + 1) + first * Shape.KeyStride, Shape.KeyStride, count, size);
        HeadRows.Prefetch(Value + Shape.ValueAt(index + 1) + first * Shape.ValueStride, Shape.ValueStride, count, size);
    }

    /// <summary>One row: scores become weights, gradients of weights become gradients of scores; zeros beyond <paramref name="count"/>.</summary>
    private readonly void Differentiate<TLanes, V>(float* weights, float* slopes, float logSum, long count, long extent) where TLanes : ILanes<V> where V : struct
    {
        var lanes = TLanes.Count;
        var (scales, shifts, zero) = (TLanes.Splat(Shape.BinaryScale), TLanes.Splat(-logSum), TLanes.Splat(0));
        var sums = zero;
        var whole = count / lanes * lanes;
        for (long i = 0; i < extent; i += lanes)
        {
            var p = VectorMath.Exp2<TLanes, V>(TLanes.FusedMultiplyAdd(TLanes.Load(weights + i), scales, shifts));
            if (i >= whole) p = TLanes.Select(count - i, p, zero);
            sums = TLanes.FusedMultiplyAdd(p, TLanes.Load(slopes + i), sums);
            TLanes.Store(p, weights + i);
        }
        var (mean, scale) = (TLanes.Splat(TLanes.Sum(sums)), TLanes.Splat(Shape.Scale));
        for (long i = 0; i < extent; i += lanes)
            TLanes.Store(TLanes.Multiply(TLanes.Multiply(TLanes.Load(weights + i), TLanes.Subtract(TLanes.Load(slopes + i), mean)), scale), slopes + i);
    }
}
