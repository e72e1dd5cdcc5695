using static TorchSharp.torch;

namespace Loquat.Losses;

/// <summary>Cross-entropy of classes and of yes and no, in operations that autograd follows. Labels below 0 do not count.</summary>
public static class CrossEntropyLoss
{
    // N labels, V classes

    /// <summary>Each label's loss in nats.</summary>
    /// <param name="logits">(N, V).</param>
    /// <param name="labels">(N) int64.</param>
    /// <returns>(N) float32, 0 where a label does not count.</returns>
    /// <exception cref="OptionsException">There are weights for another number of classes.</exception>
    public static Tensor Each(Tensor logits, Tensor labels, LossOptions options)
    {
        using var scope = NewDisposeScope();
        options.CheckClasses(logits.shape[1]);
        var x = logits.to(ScalarType.Float32);
        var normalizer = x.logsumexp(-1);                                                   // (N)
        var places = labels.clamp(min: 0);
        var (label, each) = options.Shares(x.shape[1]);
        var weights = options.ClassWeights is { } given ? tensor(given, device: x.device) : null;
        var loss = (normalizer - x.gather(1, places.unsqueeze(1)).squeeze(1)) * label;
        if (options.ZLoss > 0) loss = loss + options.ZLoss * normalizer.square();
        if (weights is not null) loss = loss * weights.index_select(0, places);
        if (each > 0) loss = loss + each * (weights is null ? x.shape[1] * normalizer - x.sum(-1) : weights.sum() * normalizer - x.matmul(weights));
        if (options.RDropAlpha > 0) loss = loss + options.RDropAlpha / 4 * Divergence(x).repeat(2);
        return (loss * labels.ge(0)).MoveToOuterDisposeScope();
    }

    /// <summary>What the predictions of both halves of the rows diverge from each other: KL(P‖Q) + KL(Q‖P), which is the sum of (p - q) · (log p - log q).</summary>
    /// <param name="logits">(2N, V).</param>
    /// <returns>(N).</returns>
    private static Tensor Divergence(Tensor logits)
    {
        if (logits.shape[0] % 2 != 0) throw new OptionsException($"R-Drop compares two halves of a batch; this has {logits.shape[0]} rows.");
        var halves = logits.log_softmax(-1).chunk(2, 0);
        return ((halves[0].exp() - halves[1].exp()) * (halves[0] - halves[1])).sum(-1);
    }

    /// <summary>The sum of the losses over the sum of their weights.</summary>
    /// <inheritdoc cref="Each"/>
    public static Tensor Mean(Tensor logits, Tensor labels, LossOptions options)
    {
        using var scope = NewDisposeScope();
        var weight = options.WeightOf(labels.cpu().contiguous().data<long>().ToArray());
        return (Each(logits, labels, options).sum() / weight).MoveToOuterDisposeScope();
    }

    /// <summary>Each loss of yes (1) and no (0), as a detector of replaced tokens has it (Clark et al. 2020, section 2).</summary>
    /// <param name="logits">Any shape.</param>
    /// <param name="labels">As many, int64.</param>
    /// <param name="mask">As many: 0 leaves one out; null: none.</param>
    /// <returns>Of the same shape, float32.</returns>
    public static Tensor Binary(Tensor logits, Tensor labels, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        var counted = labels.ge(0);
        if (mask is not null) counted = counted.logical_and(mask.to(ScalarType.Bool));
        return (nn.functional.binary_cross_entropy_with_logits(logits.to(ScalarType.Float32), labels.clamp(min: 0).to(ScalarType.Float32), reduction: nn.Reduction.None) * counted).MoveToOuterDisposeScope();
    }
}
