using Loquat.Kernels;
using Loquat.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>Layer normalization over the last axis (Ba et al. 2016), without autograd: forward and backward for training passes.</summary>
internal static class LayerNorm
{
    /// <param name="x">(N, E), contiguous.</param>
    /// <param name="weight">(E) float32.</param>
    /// <param name="bias">(E) float32.</param>
    /// <param name="y">(N, E), overwritten.</param>
    /// <param name="statistics">(2, N) float32, overwritten: mean and 1 / standard deviation of each row.</param>
    public static void Forward(Tensor x, Tensor weight, Tensor bias, double epsilon, Tensor y, Tensor statistics)
    {
        if (x.dtype == ScalarType.Float32) Forward<float, Single32>(x, weight, bias, epsilon, y, statistics);
        else Forward<ushort, Brain16>(x, weight, bias, epsilon, y, statistics);
    }

    /// <param name="dx">(N, E): the gradient is added to it.</param>
    /// <param name="dw">(E) float32, overwritten or added to.</param>
    /// <param name="db">(E) float32, overwritten or added to.</param>
    public static void Backward(Tensor x, Tensor weight, Tensor statistics, Tensor dy, Tensor dx, Tensor dw, Tensor db, bool addToParameters)
    {
        if (x.dtype == ScalarType.Float32) Backward<float, Single32>(x, weight, statistics, dy, dx, dw, db, addToParameters);
        else Backward<ushort, Brain16>(x, weight, statistics, dy, dx, dw, db, addToParameters);
    }

    private static unsafe void Forward<T, TElement>(Tensor x, Tensor weight, Tensor bias, double epsilon, Tensor y, Tensor statistics)
        where T : unmanaged where TElement : IElement<T>
    {
        var rows = x.shape[0];
        var body = new LayerNormKernel.Forward<T, TElement>
        {
            X = x.Pointer<T>(),
            Y = y.Pointer<T>(),
            Weight = weight.Pointer<float>(),
            Bias = bias.Pointer<float>(),
            Mean = statistics.Pointer<float>(),
            Reciprocal = statistics.Pointer<float>() + rows,
            Width = x.shape[1],
            Epsilon = (float)epsilon,
        };
        OpenMP.For(0, rows, Grain.Rows(body.Width), ref body);
    }

    private static unsafe void Backward<T, TElement>(Tensor x, Tensor weight, Tensor statistics, Tensor dy, Tensor dx, Tensor dw, Tensor db, bool addToParameters)
        where T : unmanaged where TElement : IElement<T>
    {
        var (rows, width) = (x.shape[0], x.shape[1]);
        var chunks = new RowChunks(rows);
        using var partials = empty([chunks.Count, 2 * width], dtype: ScalarType.Float32);
        var body = new LayerNormKernel.Backward<T, TElement>
        {
            X = x.Pointer<T>(),
            Dy = dy.Pointer<T>(),
            Dx = dx.Pointer<T>(),
            Weight = weight.Pointer<float>(),
            Mean = statistics.Pointer<float>(),
            Reciprocal = statistics.Pointer<float>() + rows,
            Partials = partials.Pointer<float>(),
            Chunks = chunks,
            Width = width,
        };
        OpenMP.For(0, chunks.Count, chunks.Grain(width), ref body);
        chunks.Sum(body.Partials, 2 * width, dw.Pointer<float>(), width, addToParameters);
        chunks.Sum(body.Partials + width, 2 * width, db.Pointer<float>(), width, addToParameters);
    }
}
