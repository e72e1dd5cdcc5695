using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Loquat.Kernels;

/// <summary>
/// Copies between the rows of a head and float32 scratch memory, padded with zeros to whole registers. The rows of one head lie apart, too far
/// for the processor to guess the next: whoever will need them soon asks for them ahead of time.
/// </summary>
internal static unsafe class HeadRows
{
    private const int CacheLine = 64;

    public static long Padded(long count, long lanes) => (count + lanes - 1) / lanes * lanes;

    /// <summary>As <see cref="Padded"/>, but never a multiple of 64: columns a power of two apart would fall on the same few cache sets.</summary>
    public static long Stride(long count, long lanes)
    {
        var padded = Padded(count, lanes);
        return padded % 64 == 0 ? padded + lanes : padded;
    }

    public static float* Allocate(long floats)
    {
        var memory = (float*)NativeMemory.AlignedAlloc((nuint)(floats * sizeof(float)), CacheLine);
        new Span<float>(memory, checked((int)floats)).Clear();
        return memory;
    }

    /// <summary>Has rows brought into the second cache, without waiting for them. Rows that are about to be overwritten too: a store waits as long as a load.</summary>
    public static void Prefetch<T>(T* source, long stride, long rows, long count) where T : unmanaged
    {
        if (!Sse.IsSupported) return;
        for (long row = 0; row < rows; row++, source += stride)
        {
            byte* at = (byte*)source, end = (byte*)(source + count);
            for (; at < end; at += CacheLine) Sse.Prefetch1(at);
        }
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
        const int Side = Lanes.Count;
        var values = stackalloc float[Side];
        for (long row = 0; row < rows;)
        {
            var whole = Avx.IsSupported && row + Side <= rows;
            for (long i = 0; i < count; i += Side)
            {
                if (whole && i + Side <= count)
                {
                    Transpose<T, TElement>(source + row * stride + i, stride, target + i * columns + row, columns);
                    continue;
                }
                for (var r = row; r < (whole ? row + Side : row + 1); r++)
                {
                    Lanes.Load<T, TElement>(source + r * stride + i, count - i).Store(values);
                    for (long lane = 0; lane < Math.Min(Side, count - i); lane++) target[(i + lane) * columns + r] = values[lane];
                }
            }
            row += whole ? Side : 1;
        }
    }

    /// <param name="factors">What each row is multiplied by on the way; null: nothing.</param>
    public static void Write<T, TElement>(float* source, long width, long rows, long count, T* target, long stride, float* factors = null)
        where T : unmanaged where TElement : IElement<T>
    {
        for (long row = 0; row < rows; row++, source += width, target += stride)
        {
            var factor = Vector256.Create(factors == null ? 1 : factors[row]);
            for (long i = 0; i < count; i += Lanes.Count) Lanes.Store<T, TElement>(target + i, Lanes.Load<float, Single32>(source + i, count - i) * factor, count - i);
        }
    }

    /// <summary>A block of 8 × 8: halves of rows side by side, then pairs, then pairs of pairs.</summary>
    private static void Transpose<T, TElement>(T* source, long stride, float* target, long columns) where T : unmanaged where TElement : IElement<T>
    {
        Vector256<float> r0 = TElement.Load(source), r1 = TElement.Load(source + stride), r2 = TElement.Load(source + 2 * stride), r3 = TElement.Load(source + 3 * stride);
        source += 4 * stride;
        Vector256<float> r4 = TElement.Load(source), r5 = TElement.Load(source + stride), r6 = TElement.Load(source + 2 * stride), r7 = TElement.Load(source + 3 * stride);
        FourColumns(r0.WithUpper(r4.GetLower()), r1.WithUpper(r5.GetLower()), r2.WithUpper(r6.GetLower()), r3.WithUpper(r7.GetLower()), target, columns);
        FourColumns(Avx.Permute2x128(r0, r4, 0x31), Avx.Permute2x128(r1, r5, 0x31), Avx.Permute2x128(r2, r6, 0x31), Avx.Permute2x128(r3, r7, 0x31), target + 4 * columns, columns);

        static void FourColumns(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d, float* target, long columns)
        {
            Vector256<float> ab = Avx.UnpackLow(a, b), cd = Avx.UnpackLow(c, d), upperAb = Avx.UnpackHigh(a, b), upperCd = Avx.UnpackHigh(c, d);
            Avx.Shuffle(ab, cd, 0b01_00_01_00).Store(target);
            Avx.Shuffle(ab, cd, 0b11_10_11_10).Store(target + columns);
            Avx.Shuffle(upperAb, upperCd, 0b01_00_01_00).Store(target + 2 * columns);
            Avx.Shuffle(upperAb, upperCd, 0b11_10_11_10).Store(target + 3 * columns);
        }
    }
}
