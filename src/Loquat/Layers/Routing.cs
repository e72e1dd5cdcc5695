using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>Other ways to choose experts, and what is asked of a router beside its balance.</summary>
internal static class Routing
{
    // N tokens, X experts, k experts of a token

    /// <summary>Sigmoid scores, each expert by itself; the bias helps to choose and weighs nothing (DeepSeek-V3, eqs. 12-16).</summary>
    /// <param name="logits">(N, X).</param>
    /// <param name="bias">(X).</param>
    /// <param name="scale">Factor of the weights, which sum to 1 before it.</param>
    /// <returns>(N, k) float32 and (N, k) int64.</returns>
    public static (Tensor Weights, Tensor Chosen) BySigmoid(Tensor logits, Tensor bias, int topK, double scale)
    {
        var scores = logits.to(ScalarType.Float32).sigmoid();
        var chosen = (scores + bias).detach().topk(topK, -1).indexes;
        var weights = scores.gather(1, chosen);
        return (weights / weights.sum(-1, keepdim: true) * scale, chosen);
    }

    /// <summary>The mean of (log Σ e^logit)²: keeps a router's logits small (Zoph et al. 2022, eq. 5).</summary>
    /// <param name="logits">(N, X).</param>
    public static Tensor ZLoss(Tensor logits) => logits.to(ScalarType.Float32).logsumexp(-1).square().mean();

    /// <summary>The one expert of each token (Fedus et al. 2021, eq. 3): places are given in the order of tokens, and a token beyond the capacity of its expert passes by it.</summary>
    /// <param name="logits">(N, X).</param>
    /// <param name="factor">Capacity in units of an even share.</param>
    /// <returns>For each token its expert, its place there from 0, whether it has one, and the probability of the expert; and the capacity.</returns>
    public static (Tensor Expert, Tensor Place, Tensor Kept, Tensor Probability, int Capacity) Switch(Tensor logits, double factor)
    {
        var (probability, expert) = logits.to(ScalarType.Float32).softmax(-1).max(-1);
        var capacity = (int)(logits.shape[0] / (double)logits.shape[1] * factor);
        var claims = nn.functional.one_hot(expert, logits.shape[1]);                        // (N, X)
        var place = (claims.cumsum(0) * claims).sum(-1) - 1;
        return (expert, place, place.lt(capacity), probability, capacity);
    }
}
