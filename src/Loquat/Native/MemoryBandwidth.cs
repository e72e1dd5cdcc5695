using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Loquat.Native;

/// <summary>
/// Measures how fast all threads together move main memory, as STREAM does (McCalpin 1995), and a plain read: bytes that the
/// loop names, without the extra read that a store causes inside the processor.
/// </summary>
internal static unsafe class MemoryBandwidth
{
    private const int Repeats = 6;

    /// <param name="Read">Sum of an array, GB/s.</param>
    /// <param name="Copy">a[i] = b[i], GB/s.</param>
    /// <param name="Triad">a[i] = b[i] + s·c[i], GB/s.</param>
    internal readonly record struct Rates(double Read, double Copy, double Triad);

    public static Rates Measure(long memoryBytes)
    {
        // Far larger than the caches, yet never more than a fraction of a small machine.
        var bytes = (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Clamp(memoryBytes / 64, 1 << 20, 128 << 20));
        var count = bytes / sizeof(float);
        var memory = (float*)NativeMemory.AlignedAlloc((nuint)(3 * bytes), 64);
        try
        {
            // Each thread touches first what it will use, so that the pages lie near it.
            var fill = new Fill(memory, 3 * count);
            OpenMP.For(0, 3 * count, 1, ref fill);
            float* a = memory, b = memory + count, c = memory + 2 * count;
            return new(Rate(bytes, new Sum(b)), Rate(2 * bytes, new Copy(a, b)), Rate(3 * bytes, new Triad(a, b, c)));
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }

        double Rate<TBody>(long moved, TBody body) where TBody : struct, IRangeBody
        {
            var best = double.MaxValue;
            for (var i = 0; i < Repeats; i++)
            {
                var watch = Stopwatch.StartNew();
                OpenMP.For(0, count, 1, ref body);
                best = Math.Min(best, watch.Elapsed.TotalSeconds);
            }
            return moved / best / 1e9;
        }
    }

    private readonly struct Fill(float* all, long count) : IRangeBody
    {
        public void Run(long begin, long end)
        {
            for (var i = begin; i < end; i += 1 << 20) new Span<float>(all + i, (int)Math.Min(1 << 20, Math.Min(end, count) - i)).Fill(1);
        }
    }

    private struct Sum(float* source) : IRangeBody
    {
        private float _result;

        public void Run(long begin, long end)
        {
            // Four chains, because one would wait for its own additions.
            var (w, x, y, z) = (Vector<float>.Zero, Vector<float>.Zero, Vector<float>.Zero, Vector<float>.Zero);
            var lanes = Vector<float>.Count;
            for (var i = begin; i + 4 * lanes <= end; i += 4 * lanes)
            {
                w += Vector.Load(source + i);
                x += Vector.Load(source + i + lanes);
                y += Vector.Load(source + i + 2 * lanes);
                z += Vector.Load(source + i + 3 * lanes);
            }
            Volatile.Write(ref _result, Vector.Sum(w + x + y + z));
        }
    }

    private readonly struct Copy(float* target, float* source) : IRangeBody
    {
        public void Run(long begin, long end)
        {
            var lanes = Vector<float>.Count;
            for (var i = begin; i + lanes <= end; i += lanes) Vector.Store(Vector.Load(source + i), target + i);
        }
    }

    private readonly struct Triad(float* target, float* source, float* other) : IRangeBody
    {
        public void Run(long begin, long end)
        {
            var (lanes, scale) = (Vector<float>.Count, new Vector<float>(3));
            for (var i = begin; i + lanes <= end; i += lanes) Vector.Store(Vector.Load(source + i) + scale * Vector.Load(other + i), target + i);
        }
    }
}
