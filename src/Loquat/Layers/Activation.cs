using Loquat.Kernels;
using Loquat.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>Activation functions by their Hugging Face names (`hidden_act`, `activation_function`).</summary>
public enum ActivationKind
{
    /// <summary>`gelu_new`, `gelu_pytorch_tanh`: GELU in its tanh form.</summary>
    GeluNew,

    /// <summary>`silu`, `swish`.</summary>
    Silu,

    /// <summary>`relu2`: squared ReLU.</summary>
    Relu2,

    /// <summary>`gelu`: GELU in its exact form, with the error function.</summary>
    Gelu,

    /// <summary>`quick_gelu`: x · sigmoid(1.702 x).</summary>
    QuickGelu,

    /// <summary>`relu`.</summary>
    Relu,

    /// <summary>`tanh`.</summary>
    Tanh,

    /// <summary>`sigmoid`.</summary>
    Sigmoid,

    /// <summary>`mish`: x · tanh(ln(1 + eˣ)).</summary>
    Mish,

    /// <summary>`leaky_relu`: 0.01 x below 0.</summary>
    LeakyRelu,

    /// <summary>`elu`: eˣ - 1 below 0.</summary>
    Elu,

    /// <summary>`softplus`: ln(1 + eˣ).</summary>
    Softplus,

    /// <summary>`linear`: x. A gated unit of it is bilinear.</summary>
    Linear,
}

/// <summary>Elementwise activations and gated units, fused forward and backward.</summary>
public static class Activation
{
    /// <summary>f(x), same shape and type as <paramref name="x"/>.</summary>
    public static Tensor Apply(Tensor x, ActivationKind kind) => x.HasKernel() && HasKernel(kind) ? Plain.apply(x, kind) : Composite(x, kind);

    /// <summary>f(gate) · up (Shazeer 2020, GLU variants); both of one shape.</summary>
    public static Tensor Gated(Tensor gate, Tensor up, ActivationKind kind) =>
        gate.HasKernel() && HasKernel(kind) ? GatedFunction.apply(gate, up, kind) : Composite(gate, kind) * up;

    /// <summary>Whether there is a fused kernel, which written-out training passes need.</summary>
    internal static bool HasKernel(ActivationKind kind) => kind is ActivationKind.GeluNew or ActivationKind.Silu or ActivationKind.Relu2;

    /// <summary>The definition, in tensor operations: functions without a kernel, other devices, and the reference of the tests.</summary>
    internal static Tensor Composite(Tensor x, ActivationKind kind) => kind switch
    {
        ActivationKind.GeluNew => 0.5 * x * (1 + tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
        ActivationKind.Silu => x * sigmoid(x),
        ActivationKind.Relu2 => x.relu().square(),
        ActivationKind.Gelu => nn.functional.gelu(x),
        ActivationKind.QuickGelu => x * sigmoid(1.702 * x),
        ActivationKind.Relu => x.relu(),
        ActivationKind.Tanh => x.tanh(),
        ActivationKind.Sigmoid => x.sigmoid(),
        ActivationKind.Mish => nn.functional.mish(x),
        ActivationKind.LeakyRelu => nn.functional.leaky_relu(x, 0.01),
        ActivationKind.Elu => nn.functional.elu(x, 1),
        ActivationKind.Softplus => nn.functional.softplus(x),
        ActivationKind.Linear => x,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    private sealed class Plain : autograd.SingleTensorFunction<Plain>
    {
        public override string Name => nameof(Activation);

        public override Tensor forward(autograd.AutogradContext context, params object[] arguments)
        {
            var x = ((Tensor)arguments[0]).contiguous();
            var kind = (ActivationKind)arguments[1];
            var y = empty_like(x);
            ActivationLauncher.Forward(kind, x, null, y);
            context.save_for_backward([x]);
            context.save_data("kind", kind);
            return y;
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
        {
            var x = context.get_saved_variables()[0];
            using var dy = gradient.contiguous();
            var dx = empty_like(x);
            ActivationLauncher.Backward((ActivationKind)context.get_data("kind"), x, null, dy, dx, null);
            return [dx, null!];
        }
    }

    private sealed class GatedFunction : autograd.SingleTensorFunction<GatedFunction>
    {
        public override string Name => "GatedActivation";

        public override Tensor forward(autograd.AutogradContext context, params object[] arguments)
        {
            var gate = ((Tensor)arguments[0]).contiguous();
            var up = ((Tensor)arguments[1]).contiguous();
            var kind = (ActivationKind)arguments[2];
            var y = empty_like(gate);
            ActivationLauncher.Forward(kind, gate, up, y);
            context.save_for_backward([gate, up]);
            context.save_data("kind", kind);
            return y;
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
        {
            var saved = context.get_saved_variables();
            using var dy = gradient.contiguous();
            var dgate = empty_like(saved[0]);
            var dup = empty_like(saved[1]);
            ActivationLauncher.Backward((ActivationKind)context.get_data("kind"), saved[0], saved[1], dy, dgate, dup);
            return [dgate, dup, null!];
        }
    }
}

/// <summary>Picks the kernel for a number type and an activation.</summary>
internal static unsafe class ActivationLauncher
{
    public static void Forward(ActivationKind kind, Tensor x, Tensor? up, Tensor y)
    {
        if (x.dtype == ScalarType.Float32) Forward<float, Single32>(kind, x, up, y);
        else Forward<ushort, Brain16>(kind, x, up, y);
    }

    public static void Backward(ActivationKind kind, Tensor x, Tensor? up, Tensor dy, Tensor dx, Tensor? dup, Tensor? y = null)
    {
        if (x.dtype == ScalarType.Float32) Backward<float, Single32>(kind, x, up, dy, dx, dup, y);
        else Backward<ushort, Brain16>(kind, x, up, dy, dx, dup, y);
    }

    private static void Forward<T, TElement>(ActivationKind kind, Tensor x, Tensor? up, Tensor y) where T : unmanaged where TElement : IElement<T>
    {
        switch (kind)
        {
            case ActivationKind.GeluNew: Forward<T, TElement, GeluTanh>(x, up, y); break;
            case ActivationKind.Silu: Forward<T, TElement, Silu>(x, up, y); break;
            case ActivationKind.Relu2: Forward<T, TElement, ReluSquared>(x, up, y); break;
            default: throw new ArgumentOutOfRangeException(nameof(kind), kind, null);
        }
    }

    private static void Forward<T, TElement, TActivation>(Tensor x, Tensor? up, Tensor y)
        where T : unmanaged where TElement : IElement<T> where TActivation : IActivation
    {
        if (up is null)
        {
            var plain = new ActivationKernels.Forward<T, TElement, TActivation> { X = x.Pointer<T>(), Y = y.Pointer<T>() };
            OpenMP.For(0, x.numel(), Grain.Elements, ref plain);
            return;
        }
        var gated = new ActivationKernels.GatedForward<T, TElement, TActivation> { Gate = x.Pointer<T>(), Up = up.Pointer<T>(), Y = y.Pointer<T>() };
        OpenMP.For(0, x.numel(), Grain.Elements, ref gated);
    }

    private static void Backward<T, TElement>(ActivationKind kind, Tensor x, Tensor? up, Tensor dy, Tensor dx, Tensor? dup, Tensor? y = null) where T : unmanaged where TElement : IElement<T>
    {
        switch (kind)
        {
            case ActivationKind.GeluNew: Backward<T, TElement, GeluTanh>(x, up, dy, dx, dup, y); break;
            case ActivationKind.Silu: Backward<T, TElement, Silu>(x, up, dy, dx, dup, y); break;
            case ActivationKind.Relu2: Backward<T, TElement, ReluSquared>(x, up, dy, dx, dup, y); break;
            default: throw new ArgumentOutOfRangeException(nameof(kind), kind, null);
        }
    }

    private static void Backward<T, TElement, TActivation>(Tensor x, Tensor? up, Tensor dy, Tensor dx, Tensor? dup, Tensor? y = null)
        where T : unmanaged where TElement : IElement<T> where TActivation : IActivation
    {
        if (up is null)
        {
            var plain = new ActivationKernels.Backward<T, TElement, TActivation> { X = x.Pointer<T>(), Dy = dy.Pointer<T>(), Dx = dx.Pointer<T>(), Y = y is null ? null : y.Pointer<T>() };
            OpenMP.For(0, x.numel(), Grain.Elements, ref plain);
            return;
        }
        var gated = new ActivationKernels.GatedBackward<T, TElement, TActivation>
        {
            Gate = x.Pointer<T>(),
            Up = up.Pointer<T>(),
            Dy = dy.Pointer<T>(),
            Dgate = dx.Pointer<T>(),
            Dup = dup!.Pointer<T>(),
            Y = y is null ? null : y.Pointer<T>(),
        };
        OpenMP.For(0, x.numel(), Grain.Elements, ref gated);
    }
}
