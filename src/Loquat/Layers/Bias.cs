using Loquat.Kernels;
using Loquat.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>Biases of rows, without autograd.</summary>
internal static class Bias
{
    /// <summary>y = x + bias in every row; the bias alone where <paramref name="x"/> is null.</summary>
    /// <param name="y">(N, E), overwritten.</param>
    /// <param name="bias">(E) float32.</param>
    /// <param name="x">(N, E).</param>
    public static void Fill(Tensor y, Tensor bias, Tensor? x = null)
    {
        if (y.dtype == ScalarType.Float32) Fill<float, Single32>(y, bias, x);
        else Fill<ushort, Brain16>(y, bias, x);
    }

    /// <summary>The sum over rows: the gradient of a bias.</summary>
    /// <param name="dy">(N, E), contiguous.</param>
    /// <param name="target">(E) float32, overwritten or added to.</param>
    public static void Gradient(Tensor dy, Tensor target, bool add)
    {
        if (dy.dtype == ScalarType.Float32) Gradient<float, Single32>(dy, target, add);
        else Gradient<ushort, Brain16>(dy, target, add);
    }

    private static unsafe void Fill<T, TElement>(Tensor y, Tensor bias, Tensor? x) where T : unmanaged where TElement : IElement<T>
    {
        var body = new BiasKernel<T, TElement> { X = x is null ? null : x.Pointer<T>(), Y = y.Pointer<T>(), Bias = bias.Pointer<float>(), Width = y.shape[1] };
        OpenMP.For(0, y.shape[0], Grain.Rows(body.Width), ref body);
    }

    private static unsafe void Gradient<T, TElement>(Tensor dy, Tensor target, bool add) where T : unmanaged where TElement : IElement<T>
    {
        var width = dy.shape[1];
        var chunks = new RowChunks(dy.shape[0]);
        using var partials = empty([chunks.Count, width], dtype: ScalarType.Float32);
        var body = new ColumnSumKernel<T, TElement> { X = dy.Pointer<T>(), Partials = partials.Pointer<float>(), Chunks = chunks, Width = width };
        OpenMP.For(0, chunks.Count, chunks.Grain(width), ref body);
        chunks.Sum(body.Partials, width, target.Pointer<float>(), width, add);
    }
}
