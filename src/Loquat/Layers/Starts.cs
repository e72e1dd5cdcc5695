namespace Loquat.Layers;

/// <summary>Standard deviations with which matrices of (outputs, inputs) start, by those who proposed them.</summary>
internal static class Starts
{
    /// <summary>How much a function must be made up for, as torch.nn.init.calculate_gain has it.</summary>
    /// <param name="slope">Of leaky_relu below 0.</param>
    public static double Gain(string function, double slope = 0.01) => function switch
    {
        "tanh" => 5.0 / 3,
        "relu" => Math.Sqrt(2),
        "leaky_relu" => Math.Sqrt(2 / (1 + slope * slope)),
        "selu" => 0.75,
        "linear" or "sigmoid" => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(function), function, null),
    };

    /// <summary>Glorot and Bengio 2010.</summary>
    public static double Xavier(long outputs, long inputs, double gain = 1) => gain * Math.Sqrt(2.0 / (outputs + inputs));

    /// <summary>He et al. 2015, for the way there (<paramref name="fan"/> inputs) or back (outputs).</summary>
    public static double Kaiming(long fan, double gain) => gain / Math.Sqrt(fan);

    /// <summary>LeCun et al. 1998.</summary>
    public static double LeCun(long inputs) => 1 / Math.Sqrt(inputs);

    /// <summary>Nguyen and Salazar 2019, "small init": as wide a layer as its inputs, and one four times as wide.</summary>
    public static double Small(long inputs) => Math.Sqrt(2.0 / (5 * inputs));

    /// <summary>Of projections into the residual stream (Wang and Komatsuzaki 2021, GPT-J).</summary>
    public static double Wang(long inputs, int layers) => 2 / (layers * Math.Sqrt(inputs));

    /// <summary>The bound of the even distribution with a standard deviation.</summary>
    public static double Bound(double deviation) => deviation * Math.Sqrt(3);

    /// <summary>What is left of a standard deviation where a normal distribution is cut at so many of them on both sides.</summary>
    public static double Cut(double cutoff)
    {
        // 1 - 2 c φ(c) / (2 Φ(c) - 1), whose integral is taken by Simpson's rule.
        const int steps = 4096;
        var (sum, width) = (0.0, cutoff / steps);
        double Density(double x) => Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
        for (var i = 0; i <= steps; i++) sum += Density(i * width) * (i is 0 or steps ? 1 : i % 2 == 1 ? 4 : 2);
        return Math.Sqrt(1 - cutoff * Density(cutoff) / (sum * width / 3));
    }
}

/// <summary>
/// What changes with the width of a model so that settings found with a narrow one hold for a wide one (μP, Yang et al. 2022, Tensor Programs V): factors on the narrow model's deviation at the start,
/// on the forward pass and on the rate.
/// </summary>
internal readonly record struct WidthFactors(double InitStd, double Multiplier, double LearningRate)
{
    /// <summary>Table 8, for Adam: embeddings may be the head.</summary>
    /// <param name="part">`input` (embeddings), `hidden`, `output` (the head) or `bias` (all vectors).</param>
    /// <param name="ratio">Width / width of the narrow model.</param>
    public static WidthFactors Adam(string part, double ratio) => part switch
    {
        "hidden" => new(1 / Math.Sqrt(ratio), 1, 1 / ratio),
        "output" => new(1, 1 / ratio, 1),
        _ => new(1, 1, 1),
    };

    /// <summary>Table 3, for Adam, of a head of its own.</summary>
    public static WidthFactors AdamUntiedHead(double ratio) => new(1 / ratio, 1, 1 / ratio);

    /// <summary>Rates of table 8 for plain gradient descent.</summary>
    public static double SgdLearningRate(string part, double ratio) => part == "hidden" ? 1 : ratio;
}
