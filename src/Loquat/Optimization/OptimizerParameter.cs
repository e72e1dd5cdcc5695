using static TorchSharp.torch;

namespace Loquat.Optimization;

/// <summary>One tensor that the optimizer moves.</summary>
/// <param name="Name">Its name in the checkpoint; unique.</param>
/// <param name="Compute">The tensor the model computes with: float32 or bfloat16, contiguous, on the CPU or another device.</param>
/// <param name="WeightDecay">Whether weight decay applies; <see cref="Decays"/> is the usual rule.</param>
/// <param name="Rule">Its update rule. Default: the optimizer's.</param>
/// <param name="LearningRateFactor">Multiplies the learning rate of this tensor. Default: 1.</param>
/// <param name="Master">
/// The float32 values that <paramref name="Compute"/> was rounded from; copied at construction. Default: none, the masters start from the
/// rounded values. Not used where the model computes in float32.
/// </param>
public sealed record OptimizerParameter(
    string Name,
    Tensor Compute,
    bool WeightDecay,
    RuleOptions? Rule = null,
    double LearningRateFactor = 1,
    Tensor? Master = null)
{
    /// <summary>
    /// Where weight decay belongs: tensors of two or more dimensions, that is matrices and embeddings, and never biases, gains or
    /// other vectors (the rule of GPT-2 and nanoGPT). A vector's decay would pull gains to 0, which is no simpler function.
    /// </summary>
    public static bool Decays(Tensor tensor) => tensor.dim() >= 2;
}
