using Loquat.Kernels;
using Loquat.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>Affine maps. Products of matrices go through <see cref="Products"/>; those of a single row, in generation, to a kernel that reads at the speed of memory.</summary>
public static class Linear
{
    // N rows, I inputs, O outputs

    /// <summary>y = x Wᵀ + b.</summary>
    /// <param name="x">(…, I).</param>
    /// <param name="weight">(O, I), as torch.nn.Linear stores it.</param>
    /// <param name="bias">(O) or null.</param>
    /// <returns>(…, O).</returns>
    public static Tensor Apply(Tensor x, Tensor weight, Tensor? bias = null) => Apply(x, weight, bias, transposed: false);

    /// <summary>y = x W + b, for the (I, O) weights that GPT-2 checkpoints hold.</summary>
    public static Tensor ApplyTransposed(Tensor x, Tensor weight, Tensor bias) => Apply(x, weight, bias, transposed: true);

    /// <summary>y = x Wᵀ + b by the parameters of a model, with what adapters make of it (<see cref="LinearAdapter"/>), from whichever numbers the weight is kept in.</summary>
    /// <param name="x">(…, I).</param>
    /// <param name="weight">(O, I).</param>
    /// <param name="bias">(O) or null.</param>
    /// <returns>(…, O).</returns>
    public static Tensor Apply(Tensor x, Parameter weight, Parameter? bias = null) => Adapted(x, weight, bias, transposed: false);

    /// <summary>As <see cref="Apply(Tensor, Parameter, Parameter?)"/>, for (I, O) weights.</summary>
    public static Tensor ApplyTransposed(Tensor x, Parameter weight, Parameter? bias) => Adapted(x, weight, bias, transposed: true);

    private static Tensor Adapted(Tensor x, Parameter weight, Parameter? bias, bool transposed)
    {
        if (weight.Adapters.Count == 0) return Stored(x, weight, bias, transposed);
        foreach (var adapter in weight.Adapters) x = adapter.Before(x);
        var plain = Stored(x, weight, bias, transposed);
        return weight.Adapters.Aggregate(plain, (y, adapter) => adapter.After(x, y, plain));
    }

    private static Tensor Stored(Tensor x, Parameter weight, Parameter? bias, bool transposed) => weight.Quantized is { } quantized
        ? QuantizedLinear.Apply(x, quantized, bias?.Value, transposed)
        : Apply(x, weight.Value, bias?.Value, transposed);

    internal static Tensor Apply(Tensor x, Tensor weight, Tensor? bias, bool transposed)
    {
        if (!x.HasKernel() || x.dtype != weight.dtype || bias is { dtype: not ScalarType.Float32 }) return Composite(x, weight, bias, transposed);
        if (!is_grad_enabled()) return x.numel() == x.shape[^1] && x.is_contiguous() && weight.is_contiguous() ? Row(x, weight, bias, transposed) : Forward(x, weight, bias, transposed);
        return bias is null ? Function.apply(x, weight, transposed) : Function.apply(x, weight, transposed, bias);
    }

    /// <summary>The definition, in tensor operations: other devices and number types, and the reference of the tests.</summary>
    internal static Tensor Composite(Tensor x, Tensor weight, Tensor? bias, bool transposed)
    {
        var cast = bias is null || bias.dtype == x.dtype ? bias : bias.to(x.dtype);
        if (!transposed) return nn.functional.linear(x, weight, cast);
        var y = x.matmul(weight);
        return cast is null ? y : y + cast;
    }

    private static Tensor Forward(Tensor x, Tensor weight, Tensor? bias, bool transposed)
    {
        using var rows = x.reshape(-1, x.shape[^1]);                                // (N, I)
        var outputs = weight.shape[transposed ? 1 : 0];
        using var y = empty([rows.shape[0], outputs], dtype: x.dtype);              // (N, O)
        if (bias is not null) Bias.Fill(y, bias);
        if (transposed) Products.Into(y, rows, weight, add: bias is not null);
        else Products.IntoTransposed(y, rows, weight, add: bias is not null);
        return y.view([.. x.shape[..^1], outputs]);
    }

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => nameof(Linear);

        public override Tensor forward(autograd.AutogradContext context, params object[] arguments)
        {
            var (x, weight, transposed, bias) = ((Tensor)arguments[0], (Tensor)arguments[1], (bool)arguments[2], arguments.Length > 3 ? (Tensor)arguments[3] : null);
            context.save_for_backward([x, weight]);
            context.save_data("transposed", transposed);
            context.save_data("needs", (x.requires_grad, weight.requires_grad, bias?.requires_grad));
            return Linear.Forward(x, weight, bias, transposed);
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
        {
            var saved = context.get_saved_variables();
            var (x, weight, transposed) = (saved[0], saved[1], (bool)context.get_data("transposed"));
            var (needsX, needsWeight, needsBias) = ((bool, bool, bool?))context.get_data("needs");
            using var dy = gradient.reshape(-1, gradient.shape[^1]).contiguous();       // (N, O)
            Tensor? dx = null, dweight = null, dbias = null;
            if (needsX)
            {
                dx = empty(x.shape, dtype: x.dtype);
                using var rows = dx.view(-1, x.shape[^1]);                              // (N, I)
                if (transposed) Products.IntoTransposed(rows, dy, weight);
                else Products.Into(rows, dy, weight);
            }
            if (needsWeight)
            {
                dweight = empty(weight.shape, dtype: weight.dtype);
                using var rows = x.reshape(-1, x.shape[^1]);
                using var across = transposed ? rows.t() : dy.t();
                Products.Into(dweight, across, transposed ? dy : rows);
            }
            if (needsBias is not { } bias) return [dx!, dweight!, null!];
            if (bias) Bias.Gradient(dy, dbias = empty([dy.shape[1]], dtype: ScalarType.Float32), add: false);
            return [dx!, dweight!, null!, dbias!];
        }
    }

    private static Tensor Row(Tensor x, Tensor weight, Tensor? bias, bool transposed)
    {
        if (x.dtype == ScalarType.Float32) return Row<float, Single32>(x, weight, bias, transposed);
        using var wide = x.to(ScalarType.Float32);
        using var y = Row<ushort, Brain16>(wide, weight, bias, transposed);
        return y.to(x.dtype);
    }

    private static unsafe Tensor Row<T, TElement>(Tensor x, Tensor weight, Tensor? bias, bool transposed) where T : unmanaged where TElement : IElement<T>
    {
        var shape = x.shape;
        var inputs = shape[^1];
        var outputs = weight.shape[transposed ? 1 : 0];
        shape[^1] = outputs;
        var y = empty(shape, dtype: ScalarType.Float32);
        using var wideBias = bias is null || bias.dtype == ScalarType.Float32 ? null : bias.to(ScalarType.Float32);
        var b = (wideBias ?? bias) is { } given ? given.Pointer<float>() : null;
        if (transposed)
        {
            using var sums = empty([RowProductKernels.Parts, outputs], dtype: ScalarType.Float32);
            var body = new RowProductKernels.Down<T, TElement> { X = x.Pointer<float>(), Sums = sums.Pointer<float>(), Weight = weight.Pointer<T>(), Inputs = inputs, Outputs = outputs };
            OpenMP.For(0, RowProductKernels.Parts, Grain.Rows(inputs * outputs / RowProductKernels.Parts), ref body);
            RowProductKernels.Join(body.Sums, b, y.Pointer<float>(), outputs);
        }
        else
        {
            var body = new RowProductKernels.Along<T, TElement> { X = x.Pointer<float>(), Bias = b, Y = y.Pointer<float>(), Weight = weight.Pointer<T>(), Inputs = inputs };
            OpenMP.For(0, outputs, Grain.Rows(inputs), ref body);
        }
        return y;
    }
}
