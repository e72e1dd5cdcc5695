using Loquat.Kernels;
using Loquat.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>Root-mean-square normalization over the last axis: y = x / sqrt(mean(x²) + eps) · w (Zhang and Sennrich 2019).</summary>
public static class RmsNorm
{
    /// <param name="x">(…, E), float32 or bfloat16; reduced in float32.</param>
    /// <param name="weight">(E) float32.</param>
    /// <param name="epsilon">Added to the mean square; Hugging Face `rms_norm_eps`.</param>
    public static Tensor Apply(Tensor x, Tensor weight, double epsilon) =>
        x.HasKernel() ? Function.apply(x, weight, epsilon) : Composite(x, weight, epsilon);

    /// <summary>The definition, in tensor operations: other devices, and the reference of the tests.</summary>
    internal static Tensor Composite(Tensor x, Tensor weight, double epsilon)
    {
        var wide = x.to(ScalarType.Float32);
        return (wide * rsqrt(wide.square().mean([-1], keepdim: true) + epsilon) * weight).to(x.dtype);
    }

    /// <summary>The kernel itself, without autograd.</summary>
    /// <param name="x">(N, E), contiguous.</param>
    /// <param name="y">(N, E), overwritten.</param>
    /// <param name="reciprocal">(N) float32, overwritten: what the backward pass needs.</param>
    internal static void Forward(Tensor x, Tensor weight, double epsilon, Tensor y, Tensor reciprocal)
    {
        if (x.dtype == ScalarType.Float32) Forward<float, Single32>(x, weight, y, reciprocal, epsilon);
        else Forward<ushort, Brain16>(x, weight, y, reciprocal, epsilon);
    }

    /// <param name="dx">(N, E): overwritten, or added to.</param>
    /// <param name="dw">(E) float32: overwritten, or added to.</param>
    internal static void Backward(Tensor x, Tensor weight, Tensor reciprocal, Tensor dy, Tensor dx, bool addToInput, Tensor dw, bool addToWeight)
    {
        if (dx.dtype == ScalarType.Float32) Backward<float, Single32>(x, weight, reciprocal, dy, dx, addToInput, dw, addToWeight);
        else Backward<ushort, Brain16>(x, weight, reciprocal, dy, dx, addToInput, dw, addToWeight);
    }

    private static unsafe void Forward<T, TElement>(Tensor x, Tensor weight, Tensor y, Tensor reciprocal, double epsilon)
        where T : unmanaged where TElement : IElement<T>
    {
        var body = new RmsNormKernel.Forward<T, TElement>
        {
            X = x.Pointer<T>(),
            Y = y.Pointer<T>(),
            Weight = weight.Pointer<float>(),
            Reciprocal = reciprocal.Pointer<float>(),
            Width = x.shape[^1],
            Epsilon = (float)epsilon,
        };
        OpenMP.For(0, reciprocal.shape[0], Grain.Rows(body.Width), ref body);
    }

    private static unsafe void Backward<T, TElement>(Tensor x, Tensor weight, Tensor reciprocal, Tensor dy, Tensor dx, bool addToInput, Tensor dw, bool addToWeight)
        where T : unmanaged where TElement : IElement<T>
    {
        var width = x.shape[^1];
        var chunks = new RowChunks(reciprocal.shape[0]);
        using var partials = empty([chunks.Count, width], dtype: ScalarType.Float32);
        var body = new RmsNormKernel.Backward<T, TElement>
        {
            X = x.Pointer<T>(),
            Dy = dy.Pointer<T>(),
            Dx = dx.Pointer<T>(),
            Weight = weight.Pointer<float>(),
            Reciprocal = reciprocal.Pointer<float>(),
            Partials = partials.Pointer<float>(),
            Chunks = chunks,
            Width = width,
            Add = addToInput,
        };
        OpenMP.For(0, chunks.Count, chunks.Grain(width), ref body);
        chunks.Sum(body.Partials, width, dw.Pointer<float>(), width, addToWeight);
    }

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => nameof(RmsNorm);

        public override Tensor forward(autograd.AutogradContext context, params object[] arguments)
        {
            var x = ((Tensor)arguments[0]).contiguous();
            var weight = (Tensor)arguments[1];
            var y = empty_like(x);
            var reciprocal = empty(x.numel() / x.shape[^1], dtype: ScalarType.Float32);
            RmsNorm.Forward(x, weight, (double)arguments[2], y, reciprocal);
            context.save_for_backward([x, weight, reciprocal]);
            return y;
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
        {
            var saved = context.get_saved_variables();
            using var dy = gradient.contiguous();
            var dx = empty_like(saved[0]);
            var dw = empty_like(saved[1]);
            RmsNorm.Backward(saved[0], saved[1], saved[2], dy, dx, addToInput: false, dw, addToWeight: false);
            return [dx, dw, null!];
        }
    }
}
