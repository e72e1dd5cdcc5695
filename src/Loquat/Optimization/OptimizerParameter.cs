using static TorchSharp.torch;

namespace Loquat.Optimization;

/// <summary>Which update rule moves a parameter.</summary>
public enum OptimizerKind
{
    /// <summary>Adam with decoupled weight decay: any shape.</summary>
    AdamW,

    /// <summary>Orthogonalized momentum: matrices inside the network only.</summary>
    Muon,
}

/// <summary>One tensor that the optimizer moves.</summary>
/// <param name="Name">Its name in the checkpoint; unique.</param>
/// <param name="Compute">The tensor the model computes with: float32 or bfloat16, contiguous, on the CPU or another device.</param>
/// <param name="WeightDecay">Whether weight decay applies; <see cref="Decays"/> is the usual rule.</param>
/// <param name="Kind">The update rule.</param>
/// <param name="LearningRateFactor">Multiplies the learning rate of this tensor. Default: 1.</param>
/// <param name="Master">
/// The float32 values that <paramref name="Compute"/> was rounded from; copied at construction. Default: none, the masters start from the
/// rounded values. Not used where the model computes in float32.
/// </param>
public sealed record OptimizerParameter(
    string Name,
    Tensor Compute,
    bool WeightDecay,
    OptimizerKind Kind = OptimizerKind.AdamW,
    double LearningRateFactor = 1,
    Tensor? Master = null)
{
    /// <summary>
    /// Where weight decay belongs: tensors of two or more dimensions, that is matrices and embeddings, and never biases, gains or
    /// other vectors (the rule of GPT-2 and nanoGPT). A vector's decay would pull gains to 0, which is no simpler function.
    /// </summary>
    public static bool Decays(Tensor tensor) => tensor.dim() >= 2;

    /// <summary>
    /// Where Muon belongs: matrices that map hidden states to hidden states. Embeddings and the output head take one row per token
    /// kind, so their update has no spectrum worth flattening; they and all vectors go to AdamW (Jordan et al. 2024).
    /// </summary>
    /// <param name="tensor">The parameter.</param>
    /// <param name="isEmbeddingOrHead">Whether it is a token or position embedding, or the output head.</param>
    public static OptimizerKind KindFor(Tensor tensor, bool isEmbeddingOrHead) =>
        tensor.dim() == 2 && !isEmbeddingOrHead ? OptimizerKind.Muon : OptimizerKind.AdamW;
}
