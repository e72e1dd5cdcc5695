using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Loquat.Native;

namespace Loquat.Kernels;

/// <summary>
/// One row times a matrix: all of generation's products at batch 1. They do nothing but read the weights once, so they run at the speed of memory if all
/// threads read long runs of it. Sums are float32 and depend on no cut between threads.
/// </summary>
internal static unsafe class RowProductKernels
{
    /// <summary>Parts into which <c>Down</c> cuts the rows of a weight, whatever the number of threads.</summary>
    public const int Parts = 8;

    /// <summary>How far ahead of the product a row of weights is asked for: the processor's own guesses end at each page of 4 KiB.</summary>
    private const int BytesAhead = 2048;

    private const int CacheLine = 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(void* address)
    {
        if (Sse.IsSupported) Sse.Prefetch0(address);
    }

    /// <summary>y[o] = bias[o] + x · W[o, :] for a weight (O, I), as torch.nn.Linear stores it. One index is one output.</summary>
    public struct Along<T, TElement> : IRangeBody where T : unmanaged where TElement : IElement<T>
    {
        public float* X, Bias, Y;   // (I), (O) or null, (O)
        public T* Weight;           // (O, I)
        public long Inputs;

        public readonly void Run(long begin, long end)
        {
            var whole = Inputs / (4 * Lanes.Count) * (4 * Lanes.Count);
            for (var o = begin; o < end; o++)
            {
                var w = Weight + o * Inputs;
                Vector256<float> a = default, b = default, c = default, d = default;
                long i = 0;
                for (; i < whole; i += 4 * Lanes.Count)
                {
                    for (var ahead = 0; ahead < 4 * Lanes.Count * sizeof(T); ahead += CacheLine) Prefetch((byte*)(w + i) + BytesAhead + ahead);
                    a = Vector256.FusedMultiplyAdd(Vector256.Load(X + i), TElement.Load(w + i), a);
                    b = Vector256.FusedMultiplyAdd(Vector256.Load(X + i + 8), TElement.Load(w + i + 8), b);
                    c = Vector256.FusedMultiplyAdd(Vector256.Load(X + i + 16), TElement.Load(w + i + 16), c);
                    d = Vector256.FusedMultiplyAdd(Vector256.Load(X + i + 24), TElement.Load(w + i + 24), d);
                }
                for (; i < Inputs; i += Lanes.Count)
                    a = Vector256.FusedMultiplyAdd(Lanes.Load<float, Single32>(X + i, Inputs - i), Lanes.Load<T, TElement>(w + i, Inputs - i), a);
                Y[o] = Vector256.Sum(a + b + (c + d)) + (Bias == null ? 0 : Bias[o]);
            }
        }
    }

    /// <summary>
    /// Parts of y = x · W for a weight (I, O), as GPT-2's checkpoints store it. One index is one of <see cref="Parts"/> runs of rows, so that every thread
    /// reads on and on, and leaves a sum of its own.
    /// </summary>
    public struct Down<T, TElement> : IRangeBody where T : unmanaged where TElement : IElement<T>
    {
        public float* X, Sums;      // (I), (Parts, O)
        public T* Weight;           // (I, O)
        public long Inputs, Outputs;

        public readonly void Run(long begin, long end)
        {
            for (var part = begin; part < end; part++)
            {
                var y = Sums + part * Outputs;
                new Span<float>(y, (int)Outputs).Clear();
                long i = Inputs * part / Parts, last = Inputs * (part + 1) / Parts;
                // Four rows at a time, while the sums stay in the first cache.
                for (; i + 4 <= last; i += 4) AddFour(Weight + i * Outputs, X + i, y);
                for (; i < last; i++) Add(Weight + i * Outputs, Vector256.Create(X[i]), y, 0);
            }
        }

        private readonly void AddFour(T* w0, float* x, float* y)
        {
            T* w1 = w0 + Outputs, w2 = w1 + Outputs, w3 = w2 + Outputs;
            Vector256<float> x0 = Vector256.Create(x[0]), x1 = Vector256.Create(x[1]), x2 = Vector256.Create(x[2]), x3 = Vector256.Create(x[3]);
            long o = 0, line = CacheLine / sizeof(T);
            for (; o + Lanes.Count <= Outputs; o += Lanes.Count)
            {
                if (o % line == 0)
                {
                    // The four rows that come next.
                    var next = w3 + Outputs + o;
                    Prefetch(next);
                    Prefetch(next + Outputs);
                    Prefetch(next + 2 * Outputs);
                    Prefetch(next + 3 * Outputs);
                }
                var sum = Vector256.FusedMultiplyAdd(x0, TElement.Load(w0 + o), Vector256.Load(y + o));
                sum = Vector256.FusedMultiplyAdd(x1, TElement.Load(w1 + o), sum);
                sum = Vector256.FusedMultiplyAdd(x2, TElement.Load(w2 + o), sum);
                Vector256.FusedMultiplyAdd(x3, TElement.Load(w3 + o), sum).Store(y + o);
            }
            if (o == Outputs) return;
            Add(w0, x0, y, o);
            Add(w1, x1, y, o);
            Add(w2, x2, y, o);
            Add(w3, x3, y, o);
        }

        private readonly void Add(T* w, Vector256<float> x, float* y, long first)
        {
            for (var o = first; o < Outputs; o += Lanes.Count)
                Lanes.Store<float, Single32>(y + o, Vector256.FusedMultiplyAdd(x, Lanes.Load<T, TElement>(w + o, Outputs - o), Lanes.Load<float, Single32>(y + o, Outputs - o)), Outputs - o);
        }
    }

    /// <summary>y = bias + the sums of <c>Down</c>, in order.</summary>
    public static void Join(float* sums, float* bias, float* y, long outputs)
    {
        for (long o = 0; o < outputs; o += Lanes.Count)
        {
            var left = outputs - o;
            var sum = bias == null ? Vector256<float>.Zero : Lanes.Load<float, Single32>(bias + o, left);
            for (var part = 0; part < Parts; part++) sum += Lanes.Load<float, Single32>(sums + part * outputs + o, left);
            Lanes.Store<float, Single32>(y + o, sum, left);
        }
    }
}
