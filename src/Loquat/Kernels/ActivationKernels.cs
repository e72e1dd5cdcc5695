using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Loquat.Native;

namespace Loquat.Kernels;

/// <summary>An activation function and its derivative on eight lanes.</summary>
internal interface IActivation
{
    static abstract Vector256<float> Value(Vector256<float> x);

    /// <summary>Value and derivative, which share their costly part.</summary>
    static abstract (Vector256<float> Value, Vector256<float> Derivative) Both(Vector256<float> x);
}

/// <summary>GELU, tanh form (Hendrycks and Gimpel 2016): x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))). `gelu_new`, `gelu_pytorch_tanh`.</summary>
internal readonly struct GeluTanh : IActivation
{
    private const float Scale = 0.7978845608f, Cubic = 0.044715f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Value(Vector256<float> x) => x * Gate(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float> Value, Vector256<float> Derivative) Both(Vector256<float> x)
    {
        // x/2 (1 + tanh u) = x s with s = sigmoid(2u); its derivative is s + x s (1 - s) 2u'.
        var s = Gate(x);
        var slope = Vector256.FusedMultiplyAdd(x * x, Vector256.Create(6 * Scale * Cubic), Vector256.Create(2 * Scale));
        var value = x * s;
        return (value, Vector256.FusedMultiplyAdd(value * (Vector256<float>.One - s), slope, s));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Gate(Vector256<float> x) =>
        VectorMath.Sigmoid(x * Vector256.FusedMultiplyAdd(x * x, Vector256.Create(2 * Scale * Cubic), Vector256.Create(2 * Scale)));
}

/// <summary>SiLU, also called swish: x · sigmoid(x).</summary>
internal readonly struct Silu : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Value(Vector256<float> x) => x * VectorMath.Sigmoid(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float> Value, Vector256<float> Derivative) Both(Vector256<float> x)
    {
        var s = VectorMath.Sigmoid(x);
        return (x * s, s * (Vector256<float>.One + x * (Vector256<float>.One - s)));
    }
}

/// <summary>Squared ReLU (So et al. 2021, Primer): max(x, 0)². `relu2`.</summary>
internal readonly struct ReluSquared : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Value(Vector256<float> x)
    {
        var positive = Vector256.MaxNative(Vector256<float>.Zero, x);
        return positive * positive;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float> Value, Vector256<float> Derivative) Both(Vector256<float> x)
    {
        var positive = Vector256.MaxNative(Vector256<float>.Zero, x);
        return (positive * positive, positive + positive);
    }
}

internal static unsafe class ActivationKernels
{
    /// <summary>y = f(x).</summary>
    public struct Forward<T, TElement, TActivation> : IRangeBody where T : unmanaged where TElement : IElement<T> where TActivation : IActivation
    {
        public T* X, Y;

        public void Run(long begin, long end)
        {
            for (var i = begin; i < end; i += Lanes.Count)
                Lanes.Store<T, TElement>(Y + i, TActivation.Value(Lanes.Load<T, TElement>(X + i, end - i)), end - i);
        }
    }

    /// <summary>dx = dy · f'(x); and y = f(x) anew where asked for, so that it need not be kept. Dx may be Dy.</summary>
    public struct Backward<T, TElement, TActivation> : IRangeBody where T : unmanaged where TElement : IElement<T> where TActivation : IActivation
    {
        public T* X, Dy, Dx, Y;

        public void Run(long begin, long end)
        {
            for (var i = begin; i < end; i += Lanes.Count)
            {
                var (value, slope) = TActivation.Both(Lanes.Load<T, TElement>(X + i, end - i));
                Lanes.Store<T, TElement>(Dx + i, Lanes.Load<T, TElement>(Dy + i, end - i) * slope, end - i);
                if (Y != null) Lanes.Store<T, TElement>(Y + i, value, end - i);
            }
        }
    }

    /// <summary>Gated unit (Shazeer 2020): y = f(gate) · up.</summary>
    public struct GatedForward<T, TElement, TActivation> : IRangeBody where T : unmanaged where TElement : IElement<T> where TActivation : IActivation
    {
        public T* Gate, Up, Y;

        public void Run(long begin, long end)
        {
            for (var i = begin; i < end; i += Lanes.Count)
            {
                var value = TActivation.Value(Lanes.Load<T, TElement>(Gate + i, end - i)) * Lanes.Load<T, TElement>(Up + i, end - i);
                Lanes.Store<T, TElement>(Y + i, value, end - i);
            }
        }
    }

    /// <summary>dgate = dy · up · f'(gate); dup = dy · f(gate); and y = f(gate) · up anew where asked for. Dgate and Dup may be Gate and Up.</summary>
    public struct GatedBackward<T, TElement, TActivation> : IRangeBody where T : unmanaged where TElement : IElement<T> where TActivation : IActivation
    {
        public T* Gate, Up, Dy, Dgate, Dup, Y;

        public void Run(long begin, long end)
        {
            for (var i = begin; i < end; i += Lanes.Count)
            {
                var (value, slope) = TActivation.Both(Lanes.Load<T, TElement>(Gate + i, end - i));
                var up = Lanes.Load<T, TElement>(Up + i, end - i);
                var dy = Lanes.Load<T, TElement>(Dy + i, end - i);
                Lanes.Store<T, TElement>(Dgate + i, dy * up * slope, end - i);
                Lanes.Store<T, TElement>(Dup + i, dy * value, end - i);
                if (Y != null) Lanes.Store<T, TElement>(Y + i, value * up, end - i);
            }
        }
    }
}
