using System.Runtime.Intrinsics;
using Loquat.Native;

namespace Loquat.Kernels;

/// <summary>
/// Rotary position embedding in the half-split layout (Su et al. 2021; Hugging Face order), with an optional
/// root-mean-square normalization of each head before it (QK-norm, Henry et al. 2020), in one pass over the data.
/// Rows are head vectors: row = (b · T + t) · H + h. The cosine and sine tables hold D/2 columns.
/// </summary>
internal static unsafe class RotaryKernel
{
    public struct Forward<T, TElement> : IRangeBody where T : unmanaged where TElement : IElement<T>
    {
        public T* X, Y;                 // (B, T, H, D)
        public float* Cos, Sin;         // (positions, D / 2)
        public long* Positions;         // (B, T), or null: position = Offset + t
        public float* Weight;           // (D), or null: no normalization
        public float* Reciprocal;       // (B, T, H): r of each head, when normalized
        public long Offset, Tokens, Heads, HeadSize, MaxPositions;
        public float Epsilon;

        public void Run(long begin, long end)
        {
            var half = HeadSize / 2;
            for (var row = begin; row < end; row++)
            {
                T* x = X + row * HeadSize, y = Y + row * HeadSize;
                var token = row / Heads;
                var position = Checked(Positions != null ? Positions[token] : Offset + token % Tokens, MaxPositions);
                float* cos = Cos + position * half, sin = Sin + position * half;
                var scale = Vector256<float>.One;
                if (Weight != null)
                {
                    var squares = Vector256<float>.Zero;
                    for (long i = 0; i < HeadSize; i += Lanes.Count)
                    {
                        var v = Lanes.Load<T, TElement>(x + i, HeadSize - i);
                        squares = Vector256.FusedMultiplyAdd(v, v, squares);
                    }
                    Reciprocal[row] = 1f / MathF.Sqrt(Vector256.Sum(squares) / HeadSize + Epsilon);
                    scale = Vector256.Create(Reciprocal[row]);
                }
                for (long i = 0; i < half; i += Lanes.Count)
                {
                    var low = Lanes.Load<T, TElement>(x + i, half - i);
                    var high = Lanes.Load<T, TElement>(x + half + i, half - i);
                    if (Weight != null)
                    {
                        low *= scale * Lanes.Load<float, Single32>(Weight + i, half - i);
                        high *= scale * Lanes.Load<float, Single32>(Weight + half + i, half - i);
                    }
                    var c = Lanes.Load<float, Single32>(cos + i, half - i);
                    var s = Lanes.Load<float, Single32>(sin + i, half - i);
                    Lanes.Store<T, TElement>(y + i, low * c - high * s, half - i);
                    Lanes.Store<T, TElement>(y + half + i, high * c + low * s, half - i);
                }
            }
        }
    }

    /// <summary>A row of the tables: what lies beyond them is not the model's.</summary>
    private static long Checked(long position, long positions) => (ulong)position < (ulong)positions ? position
        : throw new OptionsException($"there is no position {position} in tables of {positions}; shorten the sequence, or build the model with more positions.");

    /// <summary>The rotation by the opposite angle, then the gradient of the normalization.</summary>
    public struct Backward<T, TElement> : IRangeBody where T : unmanaged where TElement : IElement<T>
    {
        public T* X, Dy, Dx;            // (B, T, H, D); X only when normalized
        public float* Cos, Sin;
        public long* Positions;
        public float* Weight, Reciprocal;
        public float* Rotated;          // (B, T, H, D) float32: gradient of the normalized head, kept for the weight's gradient
        public long Offset, Tokens, Heads, HeadSize, MaxPositions;

        public void Run(long begin, long end)
        {
            var half = HeadSize / 2;
            for (var row = begin; row < end; row++)
            {
                T* dy = Dy + row * HeadSize, dx = Dx + row * HeadSize;
                var token = row / Heads;
                var position = Checked(Positions != null ? Positions[token] : Offset + token % Tokens, MaxPositions);
                float* cos = Cos + position * half, sin = Sin + position * half;
                float* rotated = Weight != null ? Rotated + row * HeadSize : null;
                for (long i = 0; i < half; i += Lanes.Count)
                {
                    var low = Lanes.Load<T, TElement>(dy + i, half - i);
                    var high = Lanes.Load<T, TElement>(dy + half + i, half - i);
                    var c = Lanes.Load<float, Single32>(cos + i, half - i);
                    var s = Lanes.Load<float, Single32>(sin + i, half - i);
                    var first = low * c + high * s;
                    var second = high * c - low * s;
                    if (Weight == null)
                    {
                        Lanes.Store<T, TElement>(dx + i, first, half - i);
                        Lanes.Store<T, TElement>(dx + half + i, second, half - i);
                    }
                    else
                    {
                        Lanes.Store<float, Single32>(rotated + i, first, half - i);
                        Lanes.Store<float, Single32>(rotated + half + i, second, half - i);
                    }
                }
                if (Weight != null) Normalize(X + row * HeadSize, rotated, dx, Reciprocal[row]);
            }
        }

        private readonly void Normalize(T* x, float* rotated, T* dx, float r)
        {
            var products = Vector256<float>.Zero;
            for (long i = 0; i < HeadSize; i += Lanes.Count)
            {
                var g = Lanes.Load<float, Single32>(rotated + i, HeadSize - i) * Lanes.Load<float, Single32>(Weight + i, HeadSize - i);
                products = Vector256.FusedMultiplyAdd(g, Lanes.Load<T, TElement>(x + i, HeadSize - i), products);
            }
            var scale = Vector256.Create(r);
            var pull = Vector256.Create(-r * r * r * Vector256.Sum(products) / HeadSize);
            for (long i = 0; i < HeadSize; i += Lanes.Count)
            {
                var g = Lanes.Load<float, Single32>(rotated + i, HeadSize - i) * Lanes.Load<float, Single32>(Weight + i, HeadSize - i);
                var v = Lanes.Load<T, TElement>(x + i, HeadSize - i);
                Lanes.Store<T, TElement>(dx + i, Vector256.FusedMultiplyAdd(v, pull, g * scale), HeadSize - i);
                // From here on the row holds its share of the weight's gradient: dn · x · r.
                Lanes.Store<float, Single32>(rotated + i, Lanes.Load<float, Single32>(rotated + i, HeadSize - i) * v * scale, HeadSize - i);
            }
        }
    }
}
