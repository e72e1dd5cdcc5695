using System.Runtime.CompilerServices;

namespace Loquat.Kernels;

/// <summary>
/// Products of matrices that lie in the cache, on the caller's thread: those of one attention head. Every element is one chain of fused
/// multiply-adds in the order of the inner axis, so the result has the same bits for any register width.
/// </summary>
internal static unsafe class SmallProduct
{
    /// <summary>c (+)= a · b.</summary>
    /// <param name="c">(m, n), rows <paramref name="cStride"/> apart.</param>
    /// <param name="a">(m, k) at any two strides, so that a transposed matrix needs no copy.</param>
    /// <param name="b">(k, n), rows <paramref name="bStride"/> apart.</param>
    /// <param name="n">A multiple of the register width.</param>
    /// <param name="add">Adds to what <paramref name="c"/> holds.</param>
    public static void Multiply<TLanes, V>(
        float* c, long cStride, float* a, long aRow, long aColumn, float* b, long bStride, long m, long k, long n, bool add)
        where TLanes : ILanes<V>
        where V : struct
    {
        var lanes = TLanes.Count;
        long j = 0;
        for (; j + 2 * lanes <= n; j += 2 * lanes)
        {
            long i = 0;
            for (; i + 4 <= m; i += 4) FourRows<TLanes, V>(c + i * cStride + j, cStride, a + i * aRow, aRow, aColumn, b + j, bStride, k, add);
            for (; i < m; i++)
            {
                OneRow<TLanes, V>(c + i * cStride + j, a + i * aRow, aColumn, b + j, bStride, k, add);
                OneRow<TLanes, V>(c + i * cStride + j + lanes, a + i * aRow, aColumn, b + j + lanes, bStride, k, add);
            }
        }
        for (; j < n; j += lanes)
        {
            long i = 0;
            for (; i + 4 <= m; i += 4) FourRowsOfOneRegister<TLanes, V>(c + i * cStride + j, cStride, a + i * aRow, aRow, aColumn, b + j, bStride, k, add);
            for (; i < m; i++) OneRow<TLanes, V>(c + i * cStride + j, a + i * aRow, aColumn, b + j, bStride, k, add);
        }
    }

    private static void FourRows<TLanes, V>(float* c, long cStride, float* a, long aRow, long aColumn, float* b, long bStride, long k, bool add)
        where TLanes : ILanes<V>
        where V : struct
    {
        var lanes = TLanes.Count;
        float* c1 = c + cStride, c2 = c1 + cStride, c3 = c2 + cStride;
        var zero = TLanes.Splat(0);
        V s00 = zero, s01 = zero, s10 = zero, s11 = zero, s20 = zero, s21 = zero, s30 = zero, s31 = zero;
        if (add)
        {
            (s00, s01) = (TLanes.Load(c), TLanes.Load(c + lanes));
            (s10, s11) = (TLanes.Load(c1), TLanes.Load(c1 + lanes));
            (s20, s21) = (TLanes.Load(c2), TLanes.Load(c2 + lanes));
            (s30, s31) = (TLanes.Load(c3), TLanes.Load(c3 + lanes));
        }
        float* a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
        for (long i = 0, at = 0; i < k; i++, at += aColumn, b += bStride)
        {
            V b0 = TLanes.Load(b), b1 = TLanes.Load(b + lanes);
            var x = TLanes.Splat(a[at]);
            s00 = TLanes.FusedMultiplyAdd(x, b0, s00);
            s01 = TLanes.FusedMultiplyAdd(x, b1, s01);
            x = TLanes.Splat(a1[at]);
            s10 = TLanes.FusedMultiplyAdd(x, b0, s10);
            s11 = TLanes.FusedMultiplyAdd(x, b1, s11);
            x = TLanes.Splat(a2[at]);
            s20 = TLanes.FusedMultiplyAdd(x, b0, s20);
            s21 = TLanes.FusedMultiplyAdd(x, b1, s21);
            x = TLanes.Splat(a3[at]);
            s30 = TLanes.FusedMultiplyAdd(x, b0, s30);
            s31 = TLanes.FusedMultiplyAdd(x, b1, s31);
        }
        TLanes.Store(s00, c);
        TLanes.Store(s01, c + lanes);
        TLanes.Store(s10, c1);
        TLanes.Store(s11, c1 + lanes);
        TLanes.Store(s20, c2);
        TLanes.Store(s21, c2 + lanes);
        TLanes.Store(s30, c3);
        TLanes.Store(s31, c3 + lanes);
    }

    private static void FourRowsOfOneRegister<TLanes, V>(float* c, long cStride, float* a, long aRow, long aColumn, float* b, long bStride, long k, bool add)
        where TLanes : ILanes<V>
        where V : struct
    {
        float* c1 = c + cStride, c2 = c1 + cStride, c3 = c2 + cStride;
        var zero = TLanes.Splat(0);
        V s0 = zero, s1 = zero, s2 = zero, s3 = zero;
        if (add) (s0, s1, s2, s3) = (TLanes.Load(c), TLanes.Load(c1), TLanes.Load(c2), TLanes.Load(c3));
        float* a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
        for (long i = 0, at = 0; i < k; i++, at += aColumn, b += bStride)
        {
            var x = TLanes.Load(b);
            s0 = TLanes.FusedMultiplyAdd(TLanes.Splat(a[at]), x, s0);
            s1 = TLanes.FusedMultiplyAdd(TLanes.Splat(a1[at]), x, s1);
            s2 = TLanes.FusedMultiplyAdd(TLanes.Splat(a2[at]), x, s2);
            s3 = TLanes.FusedMultiplyAdd(TLanes.Splat(a3[at]), x, s3);
        }
        TLanes.Store(s0, c);
        TLanes.Store(s1, c1);
        TLanes.Store(s2, c2);
        TLanes.Store(s3, c3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OneRow<TLanes, V>(float* c, float* a, long aColumn, float* b, long bStride, long k, bool add)
        where TLanes : ILanes<V>
        where V : struct
    {
        var sum = add ? TLanes.Load(c) : TLanes.Splat(0);
        for (long i = 0; i < k; i++, a += aColumn, b += bStride) sum = TLanes.FusedMultiplyAdd(TLanes.Splat(*a), TLanes.Load(b), sum);
        TLanes.Store(sum, c);
    }
}
