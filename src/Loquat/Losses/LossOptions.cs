namespace Loquat.Losses;

/// <summary>Over which classes label smoothing spreads what it takes from the label.</summary>
public enum SmoothingKind
{
    /// <summary>Over all V, the label included: torch and transformers.</summary>
    AllClasses,

    /// <summary>Over the other V - 1: fairseq since 2020.</summary>
    OtherClasses,
}

/// <summary>How the loss of a label differs from plain cross-entropy. What is default changes nothing.</summary>
public sealed record LossOptions
{
    // V classes, p the softmax of the logits, w the weights

    public static LossOptions Plain { get; } = new();

    /// <summary>The share e of a label that is spread over the classes: (1 - e) · -log p(label) + e · mean of -log p (Szegedy et al. 2016, section 7). 0 to below 1.</summary>
    public double LabelSmoothing { get; init; }

    public SmoothingKind Smoothing { get; init; }

    /// <summary>c of c · log² Σ exp(logits), added to the loss of each label (Chowdhery et al. 2022, section 5). 0 or more; 1e-4 is usual.</summary>
    public double ZLoss { get; init; }

    /// <summary>(V): what a label of each class weighs. The mean divides by the weights of the labels, not by their number. Null: each 1.</summary>
    public float[]? ClassWeights { get; init; }

    /// <summary>
    /// The factor a of R-Drop (Wu et al. 2021, eq. 4). Where it is above 0, the second half of the rows is the first once more under other dropout, and each label of either half gets a / 4 of both
    /// halves' divergences from each other besides: the mean over both is half the paper's loss, and so on the scale of one pass. 0 or more; 1 to 5 are usual.
    /// </summary>
    public double RDropAlpha { get; init; }

    public bool IsPlain => this is { LabelSmoothing: 0, ZLoss: 0, RDropAlpha: 0, ClassWeights: null };

    /// <summary>The factors of -log p(label) and of the sum of all -log p.</summary>
    internal (double Label, double Each) Shares(long classes)
    {
        if (LabelSmoothing == 0) return (1, 0);
        if (Smoothing == SmoothingKind.AllClasses) return (1 - LabelSmoothing, LabelSmoothing / classes);
        var each = LabelSmoothing / Math.Max(1, classes - 1);
        return (1 - LabelSmoothing - each, each);
    }

    /// <summary>By what the sum of the losses is divided for their mean: the weights of the labels that count.</summary>
    public double WeightOf(ReadOnlySpan<long> labels)
    {
        double sum = 0;
        foreach (var label in labels)
            if (label >= 0) sum += ClassWeights?[label] ?? 1;
        return sum;
    }

    /// <exception cref="OptionsException">There are weights for another number of classes.</exception>
    internal void CheckClasses(long classes)
    {
        if (ClassWeights is { } weights && weights.Length != classes) throw new OptionsException($"there are weights for {weights.Length} classes; the labels are of {classes}.");
    }
}
