using static TorchSharp.torch;

namespace Loquat.Models;

/// <summary>
/// Forward and backward of all layers for one batch, with the derivatives written out in place of autograd: products add into the gradients,
/// activations are computed anew where that is cheaper than keeping them, and a layer's memory is free once its gradients are known.
/// Made for one batch and used once, under no_grad and the caller's dispose scope.
/// </summary>
internal interface ITrainingPass
{
    /// <param name="x">(N, E): embedded tokens, whole sequences one after the other. Taken over.</param>
    /// <returns>(N, E), after the last normalization.</returns>
    Tensor Forward(Tensor x);

    /// <summary>Adds to the gradient of every parameter of the layers.</summary>
    /// <param name="gradient">(N, E): of what <see cref="Forward"/> gave.</param>
    /// <returns>(N, E): of what <see cref="Forward"/> took.</returns>
    Tensor Backward(Tensor gradient);
}
