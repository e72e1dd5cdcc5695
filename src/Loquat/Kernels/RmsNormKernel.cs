using System.Runtime.Intrinsics;
using Loquat.Native;

namespace Loquat.Kernels;

/// <summary>
/// Root-mean-square normalization of rows (Zhang and Sennrich 2019): y = x · r · w with r = 1 / sqrt(mean(x²) + eps).
/// Gradients: dx = r (g - x r² mean(g x)) with g = dy · w; dw = Σ rows dy · x · r.
/// </summary>
internal static unsafe class RmsNormKernel
{
    private const int ColumnBlock = 64;

    public struct Forward<T, TElement> : IRangeBody where T : unmanaged where TElement : IElement<T>
    {
        public T* X, Y;             // (N, E)
        public float* Weight;       // (E)
        public float* Reciprocal;   // (N): r of each row, for the backward pass
        public long Width;
        public float Epsilon;

        public void Run(long begin, long end)
        {
            for (var row = begin; row < end; row++)
            {
                T* x = X + row * Width, y = Y + row * Width;
                var squares = Vector256<float>.Zero;
                for (long i = 0; i < Width; i += Lanes.Count)
                {
                    var v = Lanes.Load<T, TElement>(x + i, Width - i);
                    squares = Vector256.FusedMultiplyAdd(v, v, squares);
                }
                var r = 1f / MathF.Sqrt(Vector256.Sum(squares) / Width + Epsilon);
                Reciprocal[row] = r;
                var scale = Vector256.Create(r);
                for (long i = 0; i < Width; i += Lanes.Count)
                {
                    var w = Lanes.Load<float, Single32>(Weight + i, Width - i);
                    Lanes.Store<T, TElement>(y + i, Lanes.Load<T, TElement>(x + i, Width - i) * scale * w, Width - i);
                }
            }
        }
    }

    public struct BackwardInput<T, TElement> : IRangeBody where T : unmanaged where TElement : IElement<T>
    {
        public T* X, Dy, Dx;        // (N, E)
        public float* Weight, Reciprocal;
        public long Width;

        public void Run(long begin, long end)
        {
            for (var row = begin; row < end; row++)
            {
                T* x = X + row * Width, dy = Dy + row * Width, dx = Dx + row * Width;
                var products = Vector256<float>.Zero;
                for (long i = 0; i < Width; i += Lanes.Count)
                {
                    var g = Lanes.Load<T, TElement>(dy + i, Width - i) * Lanes.Load<float, Single32>(Weight + i, Width - i);
                    products = Vector256.FusedMultiplyAdd(g, Lanes.Load<T, TElement>(x + i, Width - i), products);
                }
                var r = Reciprocal[row];
                var scale = Vector256.Create(r);
                var pull = Vector256.Create(-r * r * r * Vector256.Sum(products) / Width);
                for (long i = 0; i < Width; i += Lanes.Count)
                {
                    var g = Lanes.Load<T, TElement>(dy + i, Width - i) * Lanes.Load<float, Single32>(Weight + i, Width - i);
                    var value = Vector256.FusedMultiplyAdd(Lanes.Load<T, TElement>(x + i, Width - i), pull, g * scale);
                    Lanes.Store<T, TElement>(dx + i, value, Width - i);
                }
            }
        }
    }

    /// <summary>Sums over rows by blocks of columns, so that the result does not depend on the number of threads.</summary>
    public struct BackwardWeight<T, TElement> : IRangeBody where T : unmanaged where TElement : IElement<T>
    {
        public T* X, Dy;            // (N, E)
        public float* Reciprocal;   // (N)
        public float* Dw;           // (E)
        public long Rows, Width;

        public static long Blocks(long width) => (width + ColumnBlock - 1) / ColumnBlock;

        public void Run(long begin, long end)
        {
            var sums = stackalloc float[ColumnBlock];
            for (var block = begin; block < end; block++)
            {
                var first = block * ColumnBlock;
                var count = Math.Min(ColumnBlock, Width - first);
                new Span<float>(sums, ColumnBlock).Clear();
                for (long row = 0; row < Rows; row++)
                {
                    T* x = X + row * Width + first, dy = Dy + row * Width + first;
                    var scale = Vector256.Create(Reciprocal[row]);
                    for (long i = 0; i < count; i += Lanes.Count)
                    {
                        var product = Lanes.Load<T, TElement>(x + i, count - i) * Lanes.Load<T, TElement>(dy + i, count - i);
                        Vector256.FusedMultiplyAdd(product, scale, Vector256.Load(sums + i)).Store(sums + i);
                    }
                }
                for (long i = 0; i < count; i++) Dw[first + i] = sums[i];
            }
        }
    }
}
