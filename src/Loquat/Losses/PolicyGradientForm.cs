namespace Loquat.Losses;

/// <summary>How the losses of tokens become one number.</summary>
public enum PolicyGradientForm
{
    /// <summary>The mean over answers of their means over tokens (Shao et al. 2024).</summary>
    Grpo,

    /// <summary>The sum over the tokens of the batch.</summary>
    Bnpo,

    /// <summary>The sum over answers times the most tokens that one may have: long answers are not favored (Liu et al. 2025).</summary>
    DrGrpo,

    /// <summary>The sum over the tokens of the whole step (Yu et al. 2025).</summary>
    Dapo,

    /// <summary>As the last; what is clipped is a weight of log p, so that every token keeps a gradient (MiniMax 2025).</summary>
    Cispo,
}

/// <summary>What the policy gradient is told besides its log-probabilities.</summary>
public sealed record PolicyGradientOptions
{
    public PolicyGradientForm Form { get; init; }

    /// <summary>How far below 1 the ratio of probabilities counts.</summary>
    public double EpsilonLow { get; init; } = 0.2;

    /// <summary>How far above 1; of <see cref="PolicyGradientForm.Cispo"/> the largest ratio itself.</summary>
    public double EpsilonHigh { get; init; } = 0.2;

    /// <summary>Weight of the divergence from the reference; 0: none.</summary>
    public double Beta { get; init; }

    /// <summary>The most tokens of an answer, by which <see cref="PolicyGradientForm.DrGrpo"/> divides.</summary>
    public int MaxCompletionLength { get; init; } = 256;

    /// <summary>One ratio for an answer, the geometric mean of its tokens' (Zheng et al. 2025), in place of one for each token.</summary>
    public bool SequenceRatios { get; init; }
}
