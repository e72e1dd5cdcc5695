using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Loquat.Optimization;

/// <summary>
/// Numbers of a block as bytes and one float32 scale (Dettmers et al. 2022, "8-bit optimizers", with squares in place of the dynamic tree): the largest is exact, small ones keep more digits than
/// equal steps would leave them. Counts are multiples of 8.
/// </summary>
internal static unsafe class BlockQuantization
{
    /// <summary>Numbers that share a scale.</summary>
    public const int Block = 256;

    /// <summary>A block without a number of this size is kept as zeros: its scale and units would not be normal numbers, and its root is far below any rule's epsilon.</summary>
    public const float LeastScale = 1e-30f;

    private const float MostSigned = 127;
    private const float MostPositive = 255;

    /// <summary>x = scale · sign(q) · (q / 127)².</summary>
    public static void DecodeSigned(sbyte* q, float scale, float* x, int count)
    {
        var unit = Vector256.Create(scale / (MostSigned * MostSigned));
        for (var i = 0; i < count; i += 8)
        {
            var wide = Vector256.WidenLower(Vector128.WidenLower(Vector64.Load(q + i).ToVector128Unsafe()).ToVector256Unsafe());
            var f = Vector256.ConvertToSingle(wide);
            (f * Vector256.Abs(f) * unit).Store(x + i);
        }
    }

    /// <summary>The nearest q. The error is at most (1 / 127 + 1 / 254²) of the largest absolute value, where that is <see cref="LeastScale"/> or more.</summary>
    /// <returns>The scale.</returns>
    public static float EncodeSigned(float* x, sbyte* q, int count)
    {
        var largest = Vector256<float>.Zero;
        for (var i = 0; i < count; i += 8) largest = Vector256.Max(largest, Vector256.Abs(Vector256.Load(x + i)));
        var scale = Largest(largest);
        var inverse = Vector256.Create(scale > 0 ? 1 / scale : 0);
        for (var i = 0; i < count; i += 8)
        {
            var value = Vector256.Load(x + i);
            var root = Vector256.Min(Vector256.Sqrt(Vector256.Abs(value) * inverse), Vector256<float>.One) * MostSigned;
            Store(Vector256.ConvertToInt32(Vector256.CopySign(Vector256.Round(root), value)), (byte*)q + i);
        }
        return scale;
    }

    /// <summary>x = scale · (q / 255)².</summary>
    public static void DecodePositive(byte* q, float scale, float* x, int count)
    {
        var unit = Vector256.Create(scale / (MostPositive * MostPositive));
        for (var i = 0; i < count; i += 8)
        {
            var wide = Vector256.WidenLower(Vector128.WidenLower(Vector64.Load(q + i).ToVector128Unsafe()).ToVector256Unsafe());
            var f = Vector256.ConvertToSingle(wide.AsInt32());
            (f * f * unit).Store(x + i);
        }
    }

    /// <summary>The q whose value is not below x: what is divided by it never becomes larger than it was. The error is at most (2 / 255 + 1 / 255²) of the largest value, where that is <see cref="LeastScale"/> or more.</summary>
    /// <param name="x">0 or more.</param>
    /// <returns>The scale.</returns>
    public static float EncodePositive(float* x, byte* q, int count)
    {
        var largest = Vector256<float>.Zero;
        for (var i = 0; i < count; i += 8) largest = Vector256.Max(largest, Vector256.Load(x + i));
        var scale = Largest(largest);
        var inverse = Vector256.Create(scale > 0 ? 1 / scale : 0);
        for (var i = 0; i < count; i += 8)
        {
            var root = Vector256.Sqrt(Vector256.Load(x + i) * inverse) * MostPositive;
            Store(Vector256.ConvertToInt32(Vector256.Min(Vector256.Ceiling(root), Vector256.Create(MostPositive))), q + i);
        }
        return scale;
    }

    private static float Largest(Vector256<float> x)
    {
        var largest = 0f;
        for (var i = 0; i < 8; i++) largest = MathF.Max(largest, x.GetElement(i));
        return largest < LeastScale ? 0 : largest;
    }

    /// <summary>The low bytes of eight integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<int> wide, byte* target)
    {
        var half = Vector256.Narrow(wide, wide).GetLower();
        Vector128.Narrow(half.AsUInt16() & Vector128.Create((ushort)0xFF), half.AsUInt16() & Vector128.Create((ushort)0xFF)).GetLower().Store(target);
    }
}
