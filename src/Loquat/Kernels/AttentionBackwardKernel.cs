using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Loquat.Native;

namespace Loquat.Kernels;

/// <summary>
/// Gradients of causal attention (Dao et al. 2022, algorithm 4, without its online sums): with P = exp(S - logsum) computed anew and dP = dy·vᵀ,
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

    private readonly void Run<TLanes, V>(long begin, long end) where TLanes : ILanes<V> where V : struct
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
                long start = sequence * tokens, keyAt = start * Shape.KeyStride + head * size, valueAt = start * Shape.ValueStride + head * size;
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
                        long queryAt = (start + first) * Shape.QueryStride + h * size;
                        HeadRows.Read<T, TElement>(Query + queryAt, Shape.QueryStride, count, size, queries, width);
                        HeadRows.Read<T, TElement>(Dy + (start + first) * Shape.OutputStride + h * size, Shape.OutputStride, count, size, dy, width);
                        SmallProduct.Multiply<TLanes, V>(weights, columns, queries, width, 1, keysAcross, columns, count, size, extent, add: false);
                        SmallProduct.Multiply<TLanes, V>(slopes, columns, dy, width, 1, valuesAcross, columns, count, size, extent, add: false);
                        for (long row = 0; row < count; row++)
                            Differentiate(weights + row * columns, slopes + row * columns, LogSums[(sequence * Shape.Heads + h) * tokens + first + row], first + row + 1, extent);
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

    /// <summary>One row: scores become weights, gradients of weights become gradients of scores; zeros beyond <paramref name="count"/>.</summary>
    private readonly void Differentiate(float* weights, float* slopes, float logSum, long count, long extent)
    {
        var (scale, shift) = (Vector256.Create(Shape.Scale), Vector256.Create(logSum));
        var sums = Vector256<float>.Zero;
        for (long i = 0; i < extent; i += Lanes.Count)
        {
            var p = VectorMath.Exp(Vector256.Load(weights + i) * scale - shift);
            if (count - i < Lanes.Count) p = count > i ? p & Lanes.Mask(count - i) : Vector256<float>.Zero;
            sums = Vector256.FusedMultiplyAdd(p, Vector256.Load(slopes + i), sums);
            p.Store(weights + i);
        }
        var mean = Vector256.Create(Vector256.Sum(sums));
        for (long i = 0; i < extent; i += Lanes.Count)
            (Vector256.Load(weights + i) * (Vector256.Load(slopes + i) - mean) * scale).Store(slopes + i);
    }
}
