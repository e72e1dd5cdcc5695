using Loquat.Kernels;
using Loquat.Native;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>Affine maps. Products of matrices belong to libtorch; those of a single row, in generation, to a kernel that reads at the speed of memory.</summary>
public static class Linear
{
    /// <summary>y = x Wᵀ + b.</summary>
    /// <param name="x">(…, I).</param>
    /// <param name="weight">(O, I), as torch.nn.Linear stores it.</param>
    /// <param name="bias">(O) or null.</param>
    /// <returns>(…, O).</returns>
    public static Tensor Apply(Tensor x, Tensor weight, Tensor? bias = null) => IsRow(x, weight)
        ? Row(x, weight, bias, transposed: false)
        : nn.functional.linear(x, weight, bias is null ? null : Cast(bias, x));

    /// <summary>y = x W + b, for the (I, O) weights that GPT-2 checkpoints hold.</summary>
    public static Tensor ApplyTransposed(Tensor x, Tensor weight, Tensor bias)
    {
        if (IsRow(x, weight)) return Row(x, weight, bias, transposed: true);
        var rows = x.reshape(-1, weight.shape[0]);                          // (N, I)
        var y = addmm(Cast(bias, x), rows, weight, 1, 1);                   // (N, O)
        return y.view([.. x.shape[..^1], weight.shape[1]]);
    }

    private static Tensor Cast(Tensor bias, Tensor like) => bias.dtype == like.dtype ? bias : bias.to(like.dtype);

    /// <summary>Whether x is a single row that autograd does not follow.</summary>
    private static bool IsRow(Tensor x, Tensor weight) =>
        !is_grad_enabled() && x.HasKernel() && x.dtype == weight.dtype && x.numel() == x.shape[^1] && x.is_contiguous() && weight.is_contiguous();

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
