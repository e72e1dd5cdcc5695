namespace Loquat.Optimization;

/// <summary>How far an orthogonal update of a given shape moves.</summary>
public enum MuonScale
{
    /// <summary>sqrt(max(1, rows / columns)): the same spectral change for every shape (Jordan et al. 2024).</summary>
    Original,

    /// <summary>0.2 sqrt(max(rows, columns)): the root mean square of an AdamW update, so that both share one learning rate (Liu et al. 2025).</summary>
    MatchRmsAdamW,
}

/// <summary>The number type of the Newton-Schulz products.</summary>
public enum MuonPrecision
{
    /// <summary>float32.</summary>
    Float32,

    /// <summary>bfloat16, as <c>torch.optim.Muon</c>: several times faster where the CPU has AMX or AVX512-BF16 products.</summary>
    BFloat16,
}

/// <summary>
/// Momentum orthogonalized by Newton-Schulz (Jordan et al. 2024, "Muon"), as <c>torch.optim.Muon</c> computes it: the momentum buffer
/// is a running mean of gradients, and weight decay uses the unscaled learning rate.
/// </summary>
public sealed record MuonOptions
{
    /// <summary>Decay of the momentum buffer. 0 up to, not including, 1. Default: 0.95.</summary>
    public double Momentum { get; init; } = 0.95;

    /// <summary>Whether the update looks one step of momentum ahead. Default: yes.</summary>
    public bool Nesterov { get; init; } = true;

    /// <summary>Newton-Schulz iterations. 1 to 20. Default: 5.</summary>
    public int NewtonSchulzSteps { get; init; } = 5;

    /// <summary>The smallest norm by which a matrix is divided. Above 0. Default: 1e-7.</summary>
    public double Epsilon { get; init; } = 1e-7;

    /// <summary>Fraction of a decaying weight lost per step, times the learning rate. 0 or more. Default: 0.1.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Default: the original.</summary>
    public MuonScale Scale { get; init; } = MuonScale.Original;

    /// <summary>Default: float32.</summary>
    public MuonPrecision Precision { get; init; } = MuonPrecision.Float32;

    /// <summary>Multiplies the step's learning rate for matrices; the schedule is shared with AdamW. Above 0. Default: 1.</summary>
    public double LearningRateFactor { get; init; } = 1;

    /// <summary>The same options.</summary>
    /// <exception cref="OptionsException">A value out of its range.</exception>
    public MuonOptions Validated()
    {
        if (Momentum is not (>= 0 and < 1)) throw new OptionsException($"muon momentum is {Momentum}; allowed: 0 up to, not including, 1.");
        if (NewtonSchulzSteps is < 1 or > 20) throw new OptionsException($"muon newton_schulz_steps is {NewtonSchulzSteps}; allowed: 1 to 20.");
        if (!(Epsilon > 0)) throw new OptionsException($"muon epsilon is {Epsilon}; allowed: above 0.");
        if (!(WeightDecay >= 0)) throw new OptionsException($"muon weight_decay is {WeightDecay}; allowed: 0 or more.");
        if (!(LearningRateFactor > 0)) throw new OptionsException($"muon learning_rate_factor is {LearningRateFactor}; allowed: above 0.");
        return this;
    }
}
