using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>Dropout (Srivastava et al. 2014): what is kept is divided by the probability of keeping it, so that means stay.</summary>
internal static class Dropout
{
    /// <param name="x">Any shape; each number is dropped for itself.</param>
    /// <param name="probability">0 to 1, of dropping.</param>
    public static Tensor Apply(Tensor x, double probability, ForwardContext context) => Apply(x, probability, context.Training);

    /// <inheritdoc cref="Apply(Tensor, double, ForwardContext)"/>
    public static Tensor Apply(Tensor x, double probability, bool training) => training && probability > 0 ? x * Mask(probability, x, x.shape) : x;

    /// <summary>0 where something is dropped, 1 / (1 − p) where it is kept.</summary>
    /// <param name="like">Gives type and device.</param>
    /// <param name="shape">Of the mask; a dimension of 1 drops along it whole.</param>
    public static Tensor Mask(double probability, Tensor like, params long[] shape)
    {
        using var guard = no_grad();
        var mask = empty(shape, dtype: like.dtype, device: like.device);
        return probability == 1 ? mask.zero_() : mask.bernoulli_(1 - probability, Randomness.For(like.device)).div_(1 - probability);
    }
}
