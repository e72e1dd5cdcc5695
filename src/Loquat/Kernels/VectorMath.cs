using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Loquat.Kernels;

/// <summary>Elementary functions on float32 lanes, within 2 units in the last place on the range that training uses.</summary>
internal static class VectorMath
{
    /// <summary>e^x. Cody-Waite reduction x = n ln 2 + r, then a degree-6 polynomial on |r| ≤ ln 2 / 2. Below -87.3 the result is the smallest normal number, above 88.3 the largest power that fits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x)
    {
        // The bound first: of two numbers of which one is NaN, the processor takes the second.
        x = Vector256.MinNative(Vector256.Create(88.37626f), Vector256.MaxNative(Vector256.Create(-87.33654f), x));
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

    /// <summary>2^x for x ≤ 0, as softmax needs it: a polynomial of degree 5 on |r| ≤ 1/2 with relative error below 1e-7. Below -125 the result is about 2^-125.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp2<TLanes, V>(V x) where TLanes : ILanes<V> where V : struct
    {
        // Added to 1.5 · 2^23, a number's fraction is rounded away and its integer part stands in the lowest bits.
        var shifter = TLanes.Splat(12582912f);
        x = TLanes.Max(TLanes.Splat(-125f), x);     // in this order, NaN stays NaN
        var shifted = TLanes.Add(x, shifter);
        var r = TLanes.Subtract(x, TLanes.Subtract(shifted, shifter));
        var p = TLanes.FusedMultiplyAdd(TLanes.Splat(0.00132646516f), r, TLanes.Splat(0.00967151858f));
        p = TLanes.FusedMultiplyAdd(p, r, TLanes.Splat(0.0555073395f));
        p = TLanes.FusedMultiplyAdd(p, r, TLanes.Splat(0.240222424f));
        p = TLanes.FusedMultiplyAdd(p, r, TLanes.Splat(0.693147004f));
        p = TLanes.FusedMultiplyAdd(p, r, TLanes.Splat(1f));
        return TLanes.AddToExponent(p, shifted);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Sigmoid(Vector256<float> x) => Vector256<float>.One / (Vector256<float>.One + Exp(-x));

    /// <summary>tanh x = 2 sigmoid(2x) - 1. Absolute error below 2e-7; its relative error grows near 0, where the callers multiply by x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Tanh(Vector256<float> x) =>
        Vector256.Create(2f) / (Vector256<float>.One + Exp(x * Vector256.Create(-2f))) - Vector256<float>.One;

    /// <summary>ln(1 + e^x) = max(x, 0) + ln(1 + t) with t = e^-|x|; ln(1 + t) = 2 artanh(t / (2 + t)), whose series ends early since its argument is at most 1/3.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Softplus(Vector256<float> x)
    {
        var t = Exp(-Vector256.Abs(x));
        var s = t / (t + Vector256.Create(2f));
        var square = s * s;
        var p = Vector256.Create(2f / 15);
        p = Vector256.FusedMultiplyAdd(p, square, Vector256.Create(2f / 13));
        p = Vector256.FusedMultiplyAdd(p, square, Vector256.Create(2f / 11));
        p = Vector256.FusedMultiplyAdd(p, square, Vector256.Create(2f / 9));
        p = Vector256.FusedMultiplyAdd(p, square, Vector256.Create(2f / 7));
        p = Vector256.FusedMultiplyAdd(p, square, Vector256.Create(2f / 5));
        p = Vector256.FusedMultiplyAdd(p, square, Vector256.Create(2f / 3));
        p = Vector256.FusedMultiplyAdd(p, square, Vector256.Create(2f));
        return Vector256.FusedMultiplyAdd(p, s, Vector256.Max(x, Vector256<float>.Zero));
    }
}
