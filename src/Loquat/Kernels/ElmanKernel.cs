using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Loquat.Native;

namespace Loquat.Kernels;

/// <summary>What an Elman network applies to the sum of its two products; the derivative follows from the value.</summary>
internal interface IElmanFunction
{
    static abstract Vector256<float> Value(Vector256<float> x);

    static abstract Vector256<float> Slope(Vector256<float> y);
}

internal readonly struct ElmanTanh : IElmanFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Value(Vector256<float> x) => VectorMath.Tanh(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Slope(Vector256<float> y) => Vector256<float>.One - y * y;
}

internal readonly struct ElmanRelu : IElmanFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Value(Vector256<float> x) => Vector256.MaxNative(Vector256<float>.Zero, x);   // in this order, NaN stays NaN

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Slope(Vector256<float> y) => Vector256.ConditionalSelect(Vector256.GreaterThan(y, Vector256<float>.Zero), Vector256<float>.One, Vector256<float>.Zero);
}

/// <summary>One time step of an Elman network (Elman 1990) over the rows of a batch: h = f(gates).</summary>
internal static unsafe class ElmanKernel
{
    public struct Forward<TFunction> : IRangeBody where TFunction : IElmanFunction
    {
        public float* Gates, Hidden;    // (B, H)
        public long Width;

        public void Run(long begin, long end)
        {
            var last = end * Width;
            for (var i = begin * Width; i < last; i += Lanes.Count)
                Lanes.Store<float, Single32>(Hidden + i, TFunction.Value(Lanes.Load<float, Single32>(Gates + i, last - i)), last - i);
        }
    }

    public struct Backward<TFunction> : IRangeBody where TFunction : IElmanFunction
    {
        public float* Hidden, Dhidden, Dgates;  // (B, H); the last is overwritten
        public long Width;

        public void Run(long begin, long end)
        {
            var last = end * Width;
            for (var i = begin * Width; i < last; i += Lanes.Count)
                Lanes.Store<float, Single32>(Dgates + i, Lanes.Load<float, Single32>(Dhidden + i, last - i) * TFunction.Slope(Lanes.Load<float, Single32>(Hidden + i, last - i)), last - i);
        }
    }
}
