using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>A gated feed-forward layer of which there are several.</summary>
/// <param name="Gate">(I, E).</param>
/// <param name="Up">(I, E).</param>
/// <param name="Down">(E, I).</param>
internal sealed record Expert(Parameter Gate, Parameter Up, Parameter Down);

/// <summary>Mixtures of experts (Shazeer et al. 2017; Jiang et al. 2024, Mixtral): each token passes through the few experts that its router chooses.</summary>
internal static class Experts
{
    // N tokens, X experts, k experts of a token, E width, I feed-forward width

    /// <summary>The k likeliest experts of each token, their probabilities made to sum to one.</summary>
    /// <param name="logits">(N, X).</param>
    /// <returns>(N, k) float32 and (N, k) int64.</returns>
    public static (Tensor Weights, Tensor Chosen) Route(Tensor logits, int topK)
    {
        var (weights, chosen) = logits.to(ScalarType.Float32).softmax(-1).topk(topK, -1);
        return (weights / weights.sum(-1, keepdim: true), chosen);
    }

    /// <summary>The weighted sum of the chosen experts. The tokens of an expert are brought together first, so that each expert is one product.</summary>
    /// <param name="x">(N, E).</param>
    /// <param name="weights">(N, k).</param>
    /// <param name="chosen">(N, k) int64.</param>
    /// <returns>(N, E).</returns>
    public static Tensor Apply(Tensor x, Tensor weights, Tensor chosen, IReadOnlyList<Expert> experts, ActivationKind activation)
    {
        var flat = chosen.reshape(-1);                                              // (N·k)
        // By expert, and within one by place: the order, and with it every sum, is the same each time.
        var order = (flat * flat.numel() + arange(flat.numel(), device: flat.device)).argsort();
        var tokens = order.div(chosen.shape[1], RoundingMode.floor);                // (N·k): the token of each place
        var counts = flat.bincount(null, experts.Count).cpu().data<long>();
        var grouped = x.index_select(0, tokens);                                    // (N·k, E)
        var results = new List<Tensor>(experts.Count);
        long first = 0;
        for (var i = 0; i < experts.Count; i++)
        {
            var count = counts[i];
            if (count == 0) continue;
            var rows = grouped.narrow(0, first, count);
            var hidden = Activation.Gated(Linear.Apply(rows, experts[i].Gate), Linear.Apply(rows, experts[i].Up), activation);   // (n, I)
            results.Add(Linear.Apply(hidden, experts[i].Down));
            first += count;
        }
        var scaled = cat(results, 0) * weights.reshape(-1).index_select(0, order).unsqueeze(1).to(x.dtype);
        return zeros_like(x).index_add(0, tokens, scaled, 1);
    }

    /// <summary>
    /// Balance of the experts as Mixtral counts it: X · Σ fᵢ · Pᵢ, with f the choices of an expert for each token and P its mean probability (Fedus et al. 2021, eqs. 4 to 6, where k = 1).
    /// The least value is k, where all are chosen alike.
    /// </summary>
    /// <param name="logits">(N, X), of all layers one after the other.</param>
    /// <param name="mask">(N), 1 = token, 0 = padding; null: all are tokens.</param>
    public static Tensor BalanceLoss(Tensor logits, int topK, Tensor? mask = null)
    {
        var probabilities = logits.to(ScalarType.Float32).softmax(-1);
        var chosen = probabilities.topk(topK, -1).indexes;                          // (N, k)
        var choices = zeros_like(probabilities).scatter_(1, chosen, ones_like(chosen, dtype: ScalarType.Float32));    // (N, X)
        if (mask is null) return logits.shape[1] * (choices.mean([0L]) * probabilities.mean([0L])).sum();
        var counted = mask.to(ScalarType.Float32).unsqueeze(1);
        var total = counted.sum();
        return logits.shape[1] * ((choices * counted).sum([0L]) / total * ((probabilities * counted).sum([0L]) / total)).sum();
    }
}
