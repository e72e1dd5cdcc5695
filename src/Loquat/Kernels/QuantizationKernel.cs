using System.Runtime.Intrinsics;
using Loquat.Native;

namespace Loquat.Kernels;

/// <summary>Weights in blocks that share a scale, the largest absolute value of the block: to few bits and back. One index is one block.</summary>
internal static unsafe class QuantizationKernel
{
    /// <summary>Weights that share a scale.</summary>
    public const int Block = 64;

    /// <summary>Steps of <see cref="EncodeBytes"/> on either side of 0.</summary>
    public const float Steps = 127;

    /// <summary>NF4: sixteen quantiles of a normal distribution, scaled to -1 … 1, 0 among them (Dettmers et al. 2023, appendix E).</summary>
    public static ReadOnlySpan<float> Codes =>
    [
        -1f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f, -0.18477343022823334f, -0.09105003625154495f, 0f,
        0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f, 0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1f,
    ];

    private const float LeastScale = 1e-36f;

    // A byte's two codes as two floats.
    private static readonly ulong[] _pairs = Pairs();

    /// <summary>x → bytes of two codes, the first in the upper half, and scales.</summary>
    public struct EncodeCodes : IRangeBody
    {
        public float* X, Scales;
        public byte* Q;
        public long Count;

        public void Run(long begin, long end)
        {
            for (var block = begin; block < end; block++)
            {
                float* x = X + block * Block;
                byte* q = Q + block * Block / 2;
                var count = (int)Math.Min(Block, Count - block * Block);
                var scale = Scales[block] = Largest(x, count);
                var inverse = scale > 0 ? 1 / scale : 0;
                for (var i = 0; i < Block; i += 2) q[i / 2] = (byte)(Nearest(i < count ? x[i] * inverse : 0) << 4 | Nearest(i + 1 < count ? x[i + 1] * inverse : 0));
            }
        }
    }

    /// <summary>x → steps and scales.</summary>
    public struct EncodeBytes : IRangeBody
    {
        public float* X, Scales;
        public byte* Q;
        public long Count;

        public void Run(long begin, long end)
        {
            for (var block = begin; block < end; block++)
            {
                float* x = X + block * Block;
                sbyte* q = (sbyte*)Q + block * Block;
                var count = (int)Math.Min(Block, Count - block * Block);
                var scale = Scales[block] = Largest(x, count);
                var inverse = scale > 0 ? Steps / scale : 0;
                for (var i = 0; i < Block; i++) q[i] = i < count ? (sbyte)MathF.Round(x[i] * inverse) : (sbyte)0;
            }
        }
    }

    public struct DecodeCodes<T, TElement> : IRangeBody where T : unmanaged where TElement : IElement<T>
    {
        public T* X;
        public float* Scales;
        public byte* Q;
        public long Count;

        public void Run(long begin, long end)
        {
            T* rest = stackalloc T[Block];
            fixed (ulong* pairs = _pairs)
            {
                for (var block = begin; block < end; block++)
                {
                    byte* q = Q + block * Block / 2;
                    var count = (int)Math.Min(Block, Count - block * Block);
                    var x = count == Block ? X + block * Block : rest;
                    var scale = Vector256.Create(Scales[block]);
                    for (var i = 0; i < Block; i += 8, q += 4) TElement.Store(x + i, Vector256.Create(pairs[q[0]], pairs[q[1]], pairs[q[2]], pairs[q[3]]).AsSingle() * scale);
                    for (var i = 0; count < Block && i < count; i++) X[block * Block + i] = rest[i];
                }
            }
        }
    }

    public struct DecodeBytes<T, TElement> : IRangeBody where T : unmanaged where TElement : IElement<T>
    {
        public T* X;
        public float* Scales;
        public byte* Q;
        public long Count;

        public void Run(long begin, long end)
        {
            T* rest = stackalloc T[Block];
            for (var block = begin; block < end; block++)
            {
                sbyte* q = (sbyte*)Q + block * Block;
                var count = (int)Math.Min(Block, Count - block * Block);
                var x = count == Block ? X + block * Block : rest;
                var unit = Vector256.Create(Scales[block] / Steps);
                for (var i = 0; i < Block; i += 8)
                {
                    var wide = Vector256.WidenLower(Vector128.WidenLower(Vector64.Load(q + i).ToVector128Unsafe()).ToVector256Unsafe());
                    TElement.Store(x + i, Vector256.ConvertToSingle(wide) * unit);
                }
                for (var i = 0; count < Block && i < count; i++) X[block * Block + i] = rest[i];
            }
        }
    }

    private static float Largest(float* x, int count)
    {
        var largest = 0f;
        for (var i = 0; i < count; i++) largest = MathF.Max(largest, MathF.Abs(x[i]));
        return largest < LeastScale ? 0 : largest;   // below, a scale has no inverse
    }

    private static int Nearest(float x)
    {
        var code = 0;
        while (code < 15 && x > (Codes[code] + Codes[code + 1]) / 2) code++;
        return code;
    }

    private static ulong[] Pairs()
    {
        var pairs = new ulong[256];
        for (var both = 0; both < pairs.Length; both++)
            pairs[both] = BitConverter.SingleToUInt32Bits(Codes[both >> 4]) | (ulong)BitConverter.SingleToUInt32Bits(Codes[both & 15]) << 32;
        return pairs;
    }
}
