using System.Runtime.Intrinsics;
using Loquat.Native;

namespace Loquat.Kernels;

/// <summary>
/// Root-mean-square normalization of rows (Zhang and Sennrich 2019): y = x · r · w with r = 1 / sqrt(mean(x²) + eps).
/// Gradients: dx = r (g - x r² mean(g x)) with g = dy · w; dw = Σ rows dy · x · r.
/// </summary>
internal static unsafe class RmsNormKernel
{
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

    /// <summary>One index is one chunk of rows: its part of the input's gradient, and its sum for the gradient of the weight.</summary>
    public struct Backward<T, TElement> : IRangeBody where T : unmanaged where TElement : IElement<T>
    {
        public T* X, Dy, Dx;        // (N, E)
        public float* Weight, Reciprocal;
        public float* Partials;     // (chunks, E): dw
        public RowChunks Chunks;
        public long Width;

        /// <summary>Adds to what <see cref="Dx"/> holds.</summary>
        public bool Add;

        public void Run(long begin, long end)
        {
            for (var chunk = begin; chunk < end; chunk++)
            {
                var dw = Partials + chunk * Width;
                new Span<float>(dw, (int)Width).Clear();
                for (var row = chunk * Chunks.Size; row < Chunks.End(chunk); row++) Row(X + row * Width, Dy + row * Width, Dx + row * Width, Reciprocal[row], dw);
            }
        }

        private readonly void Row(T* x, T* dy, T* dx, float r, float* dw)
        {
            var scale = Vector256.Create(r);
            var products = Vector256<float>.Zero;
            for (long i = 0; i < Width; i += Lanes.Count)
            {
                var left = Width - i;
                var product = Lanes.Load<T, TElement>(dy + i, left) * Lanes.Load<T, TElement>(x + i, left);
                products = Vector256.FusedMultiplyAdd(product, Lanes.Load<float, Single32>(Weight + i, left), products);
                Lanes.Store<float, Single32>(dw + i, Vector256.FusedMultiplyAdd(product, scale, Lanes.Load<float, Single32>(dw + i, left)), left);
            }
            var pull = Vector256.Create(-r * r * r * Vector256.Sum(products) / Width);
            for (long i = 0; i < Width; i += Lanes.Count)
            {
                var left = Width - i;
                var g = Lanes.Load<T, TElement>(dy + i, left) * Lanes.Load<float, Single32>(Weight + i, left);
                var value = Vector256.FusedMultiplyAdd(Lanes.Load<T, TElement>(x + i, left), pull, g * scale);
                if (Add) value += Lanes.Load<T, TElement>(dx + i, left);
                Lanes.Store<T, TElement>(dx + i, value, left);
            }
        }
    }
}
