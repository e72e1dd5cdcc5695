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

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => nameof(RmsNorm);

        public override Tensor forward(autograd.AutogradContext context, params object[] arguments)
        {
            var x = ((Tensor)arguments[0]).contiguous();
            var weight = (Tensor)arguments[1];
            var rows = x.numel() / x.shape[^1];
            var y = empty_like(x);
            var reciprocal = empty(rows, dtype: ScalarType.Float32);
            if (x.dtype == ScalarType.Float32) Forward<float, Single32>(x, weight, y, reciprocal, (double)arguments[2]);
            else Forward<ushort, Brain16>(x, weight, y, reciprocal, (double)arguments[2]);
            context.save_for_backward([x, weight, reciprocal]);
            return y;
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
        {
            var saved = context.get_saved_variables();
            using var dy = gradient.contiguous();
            var dx = empty_like(saved[0]);
            var dw = empty_like(saved[1]);
            if (dx.dtype == ScalarType.Float32) Backward<float, Single32>(saved[0], saved[1], saved[2], dy, dx, dw);
            else Backward<ushort, Brain16>(saved[0], saved[1], saved[2], dy, dx, dw);
            return [dx, dw, null!];
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

        private static unsafe void Backward<T, TElement>(Tensor x, Tensor weight, Tensor reciprocal, Tensor dy, Tensor dx, Tensor dw)
            where T : unmanaged where TElement : IElement<T>
        {
            var width = x.shape[^1];
            var rows = reciprocal.shape[0];
            var input = new RmsNormKernel.BackwardInput<T, TElement>
            {
                X = x.Pointer<T>(),
                Dy = dy.Pointer<T>(),
                Dx = dx.Pointer<T>(),
                Weight = weight.Pointer<float>(),
                Reciprocal = reciprocal.Pointer<float>(),
                Width = width,
            };
            OpenMP.For(0, rows, Grain.Rows(width), ref input);
            var sums = new RmsNormKernel.BackwardWeight<T, TElement>
            {
                X = x.Pointer<T>(),
                Dy = dy.Pointer<T>(),
                Reciprocal = reciprocal.Pointer<float>(),
                Dw = dw.Pointer<float>(),
                Rows = rows,
                Width = width,
            };
            OpenMP.For(0, RmsNormKernel.BackwardWeight<T, TElement>.Blocks(width), Grain.Rows(rows * 64), ref sums);
        }
    }
}
