using System.Runtime.Intrinsics;
using Loquat.Native;

namespace Loquat.Kernels;

/// <summary>
/// One row times a matrix: all of generation's products at batch 1. They do nothing but read the weights once, so they run at the speed of memory if all
/// threads read long runs of it. Sums are float32 and depend on no cut between threads.
/// </summary>
internal static unsafe class RowProductKernels
{
    /// <summary>Columns that one index of <c>Down</c> stands for.</summary>
    public const int ColumnBlock = 64;

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

    /// <summary>y = bias + x · W for a weight (I, O), as GPT-2's checkpoints store it. One index is <see cref="ColumnBlock"/> outputs.</summary>
    public struct Down<T, TElement> : IRangeBody where T : unmanaged where TElement : IElement<T>
    {
        public float* X, Bias, Y;   // (I), (O) or null, (O)
        public T* Weight;           // (I, O)
        public long Inputs, Outputs;

        public readonly void Run(long begin, long end)
        {
            long first = begin * ColumnBlock, last = Math.Min(Outputs, end * ColumnBlock);
            var y = new Span<float>(Y + first, (int)(last - first));
            if (Bias == null) y.Clear();
            else new ReadOnlySpan<float>(Bias + first, y.Length).CopyTo(y);
            // Four rows at a time: the outputs stay in the first cache, and four streams of weights come from memory.
            long i = 0;
            for (; i + 4 <= Inputs; i += 4)
            {
                T* w0 = Weight + i * Outputs, w1 = w0 + Outputs, w2 = w1 + Outputs, w3 = w2 + Outputs;
                Vector256<float> x0 = Vector256.Create(X[i]), x1 = Vector256.Create(X[i + 1]), x2 = Vector256.Create(X[i + 2]), x3 = Vector256.Create(X[i + 3]);
                var o = first;
                for (; o + Lanes.Count <= last; o += Lanes.Count)
                {
                    var sum = Vector256.FusedMultiplyAdd(x0, TElement.Load(w0 + o), Vector256.Load(Y + o));
                    sum = Vector256.FusedMultiplyAdd(x1, TElement.Load(w1 + o), sum);
                    sum = Vector256.FusedMultiplyAdd(x2, TElement.Load(w2 + o), sum);
                    Vector256.FusedMultiplyAdd(x3, TElement.Load(w3 + o), sum).Store(Y + o);
                }
                if (o == last) continue;
                Add(w0, x0, o, last);
                Add(w1, x1, o, last);
                Add(w2, x2, o, last);
                Add(w3, x3, o, last);
            }
            for (; i < Inputs; i++) Add(Weight + i * Outputs, Vector256.Create(X[i]), first, last);
        }

        private readonly void Add(T* w, Vector256<float> x, long first, long last)
        {
            for (var o = first; o < last; o += Lanes.Count)
                Lanes.Store<float, Single32>(Y + o, Vector256.FusedMultiplyAdd(x, Lanes.Load<T, TElement>(w + o, last - o), Lanes.Load<float, Single32>(Y + o, last - o)), last - o);
        }
    }
}
