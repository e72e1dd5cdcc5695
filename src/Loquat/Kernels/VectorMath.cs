using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Loquat.Kernels;

/// <summary>Elementary functions on eight float32 lanes, within 2 units in the last place on the range that training uses.</summary>
internal static class VectorMath
{
    /// <summary>e^x. Cody-Waite reduction x = n ln 2 + r, then a degree-6 polynomial on |r| ≤ ln 2 / 2. Below -87.3 the result is the smallest normal number, above 88.3 the largest power that fits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x)
    {
        x = Vector256.Min(Vector256.Max(x, Vector256.Create(-87.33654f)), Vector256.Create(88.37626f));
        var n = Vector256.Round(x * Vector256.Create(1.44269504f));
        var r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-0.693359375f), x);
        r = Vector256.FusedMultiplyAdd(n, Vector256.Create(2.12194440e-4f), r);
        var p = Vector256.Create(1.3888889e-3f);
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(8.3333333e-3f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(4.1666667e-2f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.6666667e-1f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(0.5f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256<float>.One);
        p = Vector256.FusedMultiplyAdd(p, r, Vector256<float>.One);
        return p * ((Vector256.ConvertToInt32(n) + Vector256.Create(127)) << 23).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Sigmoid(Vector256<float> x) => Vector256<float>.One / (Vector256<float>.One + Exp(-x));

    /// <summary>tanh x = 2 sigmoid(2x) - 1. Absolute error below 2e-7; its relative error grows near 0, where the callers multiply by x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Tanh(Vector256<float> x) =>
        Vector256.Create(2f) / (Vector256<float>.One + Exp(x * Vector256.Create(-2f))) - Vector256<float>.One;
}
