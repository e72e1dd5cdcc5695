namespace Loquat.Optimization;

/// <summary>Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2), as <c>torch.optim.AdamW</c> computes it.</summary>
public sealed record AdamWOptions
{
    /// <summary>Decay of the running mean of gradients. 0 up to, not including, 1. Default: 0.9.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the running mean of squared gradients. 0 up to, not including, 1. Default: 0.95 (Brown et al. 2020).</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Added to the root of the second moment. Above 0. Default: 1e-8.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Fraction of a decaying weight lost per step, times the learning rate. 0 or more. Default: 0.1 (Brown et al. 2020).</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>The same options.</summary>
    /// <exception cref="OptionsException">A value out of its range.</exception>
    public AdamWOptions Validated()
    {
        if (Beta1 is not (>= 0 and < 1)) throw new OptionsException($"beta1 is {Beta1}; allowed: 0 up to, not including, 1.");
        if (Beta2 is not (>= 0 and < 1)) throw new OptionsException($"beta2 is {Beta2}; allowed: 0 up to, not including, 1.");
        if (!(Epsilon > 0)) throw new OptionsException($"epsilon is {Epsilon}; allowed: above 0.");
        if (!(WeightDecay >= 0)) throw new OptionsException($"weight_decay is {WeightDecay}; allowed: 0 or more.");
        return this;
    }
}
