namespace Loquat.Planning;

/// <summary>
/// Loss in nats as a function of parameters N and tokens D: L = E + A / N^α + B / D^β (Hoffmann et al. 2022, approach 3).
/// </summary>
/// <param name="E">The loss that no model gets below: the entropy of the text.</param>
/// <param name="A">Weight of the size term.</param>
/// <param name="B">Weight of the data term.</param>
/// <param name="Alpha">Exponent of size.</param>
/// <param name="Beta">Exponent of data.</param>
public sealed record ScalingLaw(double E, double A, double B, double Alpha, double Beta)
{
    /// <summary>The rounded constants of Hoffmann et al. 2022.</summary>
    public static ScalingLaw Hoffmann { get; } = new(1.69, 406.4, 410.7, 0.34, 0.28);

    /// <summary>The fit of Besiroglu et al. 2024 to the same data.</summary>
    public static ScalingLaw Besiroglu { get; } = new(1.8172, 482.01, 2085.43, 0.3478, 0.3658);

    /// <summary>
    /// For runs of minutes with Muon: <see cref="Besiroglu"/> with a data term that puts the optimum near four tokens per parameter, where
    /// the best short runs on small text lie, instead of 25. An estimate for comparing sizes; its losses mean nothing by themselves.
    /// </summary>
    public static ScalingLaw ShortRuns { get; } = Besiroglu with { B = 975 };

    /// <summary>How the best N grows with compute: N* ~ C^this.</summary>
    public double ExponentOfParameters => Beta / (Alpha + Beta);

    /// <summary>How the best D grows with compute: D* ~ C^this.</summary>
    public double ExponentOfTokens => Alpha / (Alpha + Beta);

    /// <summary>The constant of the optimum: N* = G (C / 6)^(β / (α + β)).</summary>
    public double G => Math.Pow(Alpha * A / (Beta * B), 1 / (Alpha + Beta));

    /// <summary>Loss in nats per token.</summary>
    public double Loss(double parameters, double tokens) => E + A / Math.Pow(parameters, Alpha) + B / Math.Pow(tokens, Beta);

    /// <summary>The N and D with the least loss at 6 N D = <paramref name="flops"/>.</summary>
    public ComputeOptimum Optimum(double flops)
    {
        var parameters = G * Math.Pow(flops / 6, ExponentOfParameters);
        var tokens = Math.Pow(flops / 6, ExponentOfTokens) / G;
        return new(parameters, tokens, Loss(parameters, tokens));
    }

    /// <summary>
    /// What repeated text is worth in fresh tokens: U + U · R* · (1 - exp(-R / R*)) with R repeats beyond the first pass and R* = 15.4 (Muennighoff et al. 2023,
    /// equation 5).
    /// </summary>
    /// <param name="unique">Tokens of the corpus, U.</param>
    /// <param name="seen">Tokens trained on.</param>
    public static double EffectiveTokens(double unique, double seen)
    {
        const double HalfLife = 15.4;
        return seen <= unique ? seen : unique + unique * HalfLife * (1 - Math.Exp(-(seen / unique - 1) / HalfLife));
    }
}

/// <summary>A compute-optimal model.</summary>
/// <param name="Parameters">N.</param>
/// <param name="Tokens">D.</param>
/// <param name="Loss">Nats per token.</param>
public sealed record ComputeOptimum(double Parameters, double Tokens, double Loss)
{
    public double TokensPerParameter => Tokens / Parameters;
}

/// <summary>The power laws of Kaplan et al. 2020, equations 1.1 to 1.5. N counts no embeddings; losses are nats per token.</summary>
public static class KaplanLaw
{
    /// <summary>Operations of one petaflop for a day.</summary>
    public const double PetaflopDay = 8.64e19;

    /// <summary>Loss of a model of this size, trained to the end on unlimited text.</summary>
    public static double LossOfParameters(double parameters) => Math.Pow(8.8e13 / parameters, 0.076);

    /// <summary>Loss of a large model on this much text, stopped early.</summary>
    public static double LossOfTokens(double tokens) => Math.Pow(5.4e13 / tokens, 0.095);

    /// <summary>Loss at this compute, optimally spent.</summary>
    public static double LossOfCompute(double petaflopDays) => Math.Pow(3.1e8 / petaflopDays, 0.05);

    /// <summary>Loss of a size and an amount of text: ((N_c / N)^(α_N / α_D) + D_c / D)^α_D.</summary>
    public static double Loss(double parameters, double tokens) => Math.Pow(Math.Pow(6.4e13 / parameters, 0.076 / 0.103) + 1.8e13 / tokens, 0.103);

    /// <summary>Tokens per step beyond which larger batches save little time: B* / L^(1 / α_B).</summary>
    public static double CriticalBatchTokens(double loss) => 2e8 / Math.Pow(loss, 1 / 0.21);
}
