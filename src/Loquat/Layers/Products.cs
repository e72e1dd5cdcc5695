using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>Matrix products of training passes: libtorch's, into tensors that are there already, without autograd.</summary>
internal static class Products
{
    /// <summary>y (+)= a · b.</summary>
    /// <param name="y">(M, N), overwritten or added to.</param>
    /// <param name="a">(M, K), at any strides.</param>
    /// <param name="b">(K, N), at any strides.</param>
    public static void Into(Tensor y, Tensor a, Tensor b, bool add = false) => y.addmm_(a, b, add ? 1 : 0, 1);

    /// <summary>y (+)= a · bᵀ.</summary>
    public static void IntoTransposed(Tensor y, Tensor a, Tensor b, bool add = false)
    {
        using var across = b.t();
        Into(y, a, across, add);
    }

    /// <summary>Adds aᵀ · b to the gradient of a parameter: the sum over rows happens inside the product.</summary>
    public static void Gradient(Parameter parameter, Tensor a, Tensor b)
    {
        using var across = a.t();
        var (gradient, add) = parameter.GradientBuffer();
        Into(gradient, across, b, add);
        gradient.Dispose();
    }
}
