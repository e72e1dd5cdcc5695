using System.Runtime.Intrinsics;
using Loquat.Native;

namespace Loquat.Kernels;

/// <summary>
/// Layer normalization of rows (Ba et al. 2016): y = n · w + b with n = (x - mean) · r and r = 1 / sqrt(variance + eps). Gradients, with
/// g = dy · w: dx = r (g - mean(g) - n mean(g n)); dw = Σ rows dy · n; db = Σ rows dy.
/// </summary>
internal static unsafe class LayerNormKernel
{
    public struct Forward<T, TElement> : IRangeBody where T : unmanaged where TElement : IElement<T>
    {
        public T* X, Y;                     // (N, E)
        public float* Weight, Bias;         // (E)
        public float* Mean, Reciprocal;     // (N), for the backward pass
        public long Width;
        public float Epsilon;

        public void Run(long begin, long end)
        {
            for (var row = begin; row < end; row++)
            {
                T* x = X + row * Width, y = Y + row * Width;
                var sums = Vector256<float>.Zero;
                for (long i = 0; i < Width; i += Lanes.Count) sums += Lanes.Load<T, TElement>(x + i, Width - i);
                var mean = Vector256.Sum(sums) / Width;
                var center = Vector256.Create(mean);
                var squares = Vector256<float>.Zero;
                for (long i = 0; i < Width; i += Lanes.Count)
                {
                    var d = Lanes.Load<T, TElement>(x + i, Width - i) - center;
                    if (Width - i < Lanes.Count) d &= Lanes.Mask(Width - i);
                    squares = Vector256.FusedMultiplyAdd(d, d, squares);
                }
                var r = 1f / MathF.Sqrt(Vector256.Sum(squares) / Width + Epsilon);
                (Mean[row], Reciprocal[row]) = (mean, r);
                var scale = Vector256.Create(r);
                for (long i = 0; i < Width; i += Lanes.Count)
                {
                    var n = (Lanes.Load<T, TElement>(x + i, Width - i) - center) * scale;
                    var value = Vector256.FusedMultiplyAdd(n, Lanes.Load<float, Single32>(Weight + i, Width - i), Lanes.Load<float, Single32>(Bias + i, Width - i));
                    Lanes.Store<T, TElement>(y + i, value, Width - i);
                }
            }
        }
    }

    /// <summary>One index is one chunk of rows: its part of the input's gradient, and its sums for the gradients of gain and bias.</summary>
    public struct Backward<T, TElement> : IRangeBody where T : unmanaged where TElement : IElement<T>
    {
        public T* X, Dy, Dx;                // (N, E); Dx is added to
        public float* Weight, Mean, Reciprocal;
        public float* Partials;             // (chunks, 2 E): dw, then db
        public RowChunks Chunks;
        public long Width;

        public void Run(long begin, long end)
        {
            for (var chunk = begin; chunk < end; chunk++)
            {
                float* dw = Partials + chunk * 2 * Width, db = dw + Width;
                new Span<float>(dw, (int)(2 * Width)).Clear();
                for (var row = chunk * Chunks.Size; row < Chunks.End(chunk); row++) Row(X + row * Width, Dy + row * Width, Dx + row * Width, Mean[row], Reciprocal[row], dw, db);
            }
        }

        private readonly void Row(T* x, T* dy, T* dx, float mean, float reciprocal, float* dw, float* db)
        {
            var (center, scale) = (Vector256.Create(mean), Vector256.Create(reciprocal));
            Vector256<float> sums = Vector256<float>.Zero, products = Vector256<float>.Zero;
            for (long i = 0; i < Width; i += Lanes.Count)
            {
                var left = Width - i;
                var dyi = Lanes.Load<T, TElement>(dy + i, left);
                var n = (Lanes.Load<T, TElement>(x + i, left) - center) * scale;
                var g = dyi * Lanes.Load<float, Single32>(Weight + i, left);     // 0 beyond the row
                sums += g;
                products = Vector256.FusedMultiplyAdd(g, n, products);
                Lanes.Store<float, Single32>(dw + i, Vector256.FusedMultiplyAdd(dyi, n, Lanes.Load<float, Single32>(dw + i, left)), left);
                Lanes.Store<float, Single32>(db + i, Lanes.Load<float, Single32>(db + i, left) + dyi, left);
            }
            var (meanG, meanGn) = (Vector256.Create(Vector256.Sum(sums) / Width), Vector256.Create(Vector256.Sum(products) / Width));
            for (long i = 0; i < Width; i += Lanes.Count)
            {
                var left = Width - i;
                var n = (Lanes.Load<T, TElement>(x + i, left) - center) * scale;
                var g = Lanes.Load<T, TElement>(dy + i, left) * Lanes.Load<float, Single32>(Weight + i, left);
                var d = g - meanG - n * meanGn;
                Lanes.Store<T, TElement>(dx + i, Vector256.FusedMultiplyAdd(d, scale, Lanes.Load<T, TElement>(dx + i, left)), left);
            }
        }
    }
}
