using static TorchSharp.torch;

namespace Loquat.Losses;

/// <summary>Vectors of the same thing are to be more alike than those of different things of one batch; how alike is divided by a temperature.</summary>
public static class ContrastiveLoss
{
    // B pairs, E width

    /// <summary>By the cosine: for each first vector, which of the second belongs to it (Gao et al. 2021, equation 4; with hard negatives, equation 5).</summary>
    /// <param name="first">(B, E).</param>
    /// <param name="second">(B, E): row i belongs to row i.</param>
    /// <param name="temperature">Above 0; 0.05 is usual.</param>
    /// <param name="hard">(B, E): vectors that belong to none, as those of contradictions; null: none.</param>
    /// <returns>Each pair's loss, (B).</returns>
    public static Tensor Pairs(Tensor first, Tensor second, double temperature, Tensor? hard = null)
    {
        using var scope = NewDisposeScope();
        var others = hard is null ? second : cat([second, hard], 0);                        // (B or 2B, E)
        return OnDiagonal(Unit(first).matmul(Unit(others).t()) / temperature).MoveToOuterDisposeScope();
    }

    /// <summary>The mean of both directions (Radford et al. 2021, figure 3).</summary>
    /// <param name="first">(B, E), each of length 1: the product is taken of the vectors as they are.</param>
    /// <param name="second">(B, E), each of length 1: row i belongs to row i.</param>
    /// <param name="temperature">Above 0.</param>
    /// <returns>Each pair's loss, (B).</returns>
    public static Tensor Symmetric(Tensor first, Tensor second, double temperature)
    {
        using var scope = NewDisposeScope();
        var alike = first.matmul(second.t()) / temperature;                                 // (B, B)
        return ((OnDiagonal(alike) + OnDiagonal(alike.t())) / 2).MoveToOuterDisposeScope();
    }

    private static Tensor Unit(Tensor x) => x / x.norm(1, keepdim: true);

    private static Tensor OnDiagonal(Tensor logits) => logits.logsumexp(1) - logits.diagonal();
}
