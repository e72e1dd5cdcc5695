namespace Loquat.Losses;

/// <summary>Forms of the loss that learns from pairs, one preferred over the other, how much likelier each becomes than it was for a reference model.</summary>
public enum DirectPreferenceForm
{
    /// <summary>-log σ(β m) (Rafailov et al. 2023, equation 7); with label smoothing the conservative form (Mitchell 2023).</summary>
    Sigmoid,

    /// <summary>The same of means over the tokens of each answer.</summary>
    SigmoidNorm,

    /// <summary>max(0, 1 - β m) (Zhao et al. 2023; Liu et al. 2024).</summary>
    Hinge,

    /// <summary>(m - 1 / (2 β))² (Azar et al. 2023, equation 17), of means over tokens.</summary>
    Ipo,

    /// <summary>Unbiased where a known share of the pairs is the wrong way round (Chowdhury et al. 2024, equation 12).</summary>
    Robust,

    /// <summary>Reverse KL of the pair's probabilities (Ji et al. 2024, equation 16); label smoothing above 0.</summary>
    ExoPair,

    /// <summary>Noise-contrastive: the preferred one must not become less likely (Chen et al. 2024, equation 11).</summary>
    NcaPair,

    /// <summary>A classifier of good and bad, with the mean reward so far as its threshold (Jung et al. 2024).</summary>
    BcoPair,

    /// <summary>Self-play with probabilities 1 and 0 (Wu et al. 2024, equation 4.7).</summary>
    SppoHard,

    /// <summary>The sorted margins of the batch dominate those of the reference as a distribution (Melnyk et al. 2024).</summary>
    Aot,

    /// <summary>The preferred one becomes likelier, the other less (D'Oosterlinck et al. 2024).</summary>
    ApoZero,

    /// <summary>Both become less likely, the preferred one by less: for models that are better than their data (D'Oosterlinck et al. 2024).</summary>
    ApoDown,

    /// <summary>A mixture of the logistic and the exponential loss, found by search (Lu et al. 2024).</summary>
    Discopop,
}
