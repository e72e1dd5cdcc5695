using static TorchSharp.torch;

namespace Loquat.Losses;

/// <summary>Cross-entropy that looks less at what is known already: -a (1 - p)^g log p (Lin et al. 2017, equation 5).</summary>
public static class FocalLoss
{
    /// <param name="logits">(N, V).</param>
    /// <param name="labels">(N) int64; below 0: does not count.</param>
    /// <param name="gamma">g, 0 or more; 0 is cross-entropy.</param>
    /// <param name="alpha">(V): a of each class; null: 1.</param>
    /// <returns>Each label's loss, (N).</returns>
    public static Tensor Each(Tensor logits, Tensor labels, double gamma, Tensor? alpha = null)
    {
        using var scope = NewDisposeScope();
        var places = labels.clamp(min: 0);
        var log = logits.to(ScalarType.Float32).log_softmax(-1).gather(1, places.unsqueeze(1)).squeeze(1);     // (N)
        var loss = -(1 - log.exp()).pow(gamma) * log;
        if (alpha is not null) loss = loss * alpha.index_select(0, places);
        return (loss * labels.ge(0)).MoveToOuterDisposeScope();
    }

    /// <param name="logits">(N): above 0 says yes.</param>
    /// <param name="labels">(N) int64: 1 = yes, 0 = no.</param>
    /// <param name="gamma">g, 0 or more.</param>
    /// <param name="alpha">a of yes; that of no is 1 - a.</param>
    /// <returns>Each label's loss, (N).</returns>
    public static Tensor Binary(Tensor logits, Tensor labels, double gamma, double alpha)
    {
        using var scope = NewDisposeScope();
        var sign = labels.to(ScalarType.Float32) * 2 - 1;
        var log = nn.functional.logsigmoid(logits.to(ScalarType.Float32) * sign);                                          // log p of what is true
        var weight = sign * (alpha - 0.5) + 0.5;
        return (-weight * (1 - log.exp()).pow(gamma) * log).MoveToOuterDisposeScope();
    }
}
