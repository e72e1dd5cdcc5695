namespace Loquat.Optimization;

/// <summary>
/// How noisy gradients are, from those of micro-batches and their mean (McCandlish et al. 2018, appendix A.1): a batch much smaller than the scale wastes steps, one much larger
/// wastes tokens.
/// </summary>
/// <param name="Signal">Square of the true gradient's length.</param>
/// <param name="Noise">Trace of the covariance of a gradient of one token.</param>
public readonly record struct GradientNoiseScale(double Signal, double Noise)
{
    /// <summary>The batch, in the unit of the sizes given, at which noise and signal are alike. Negative or infinite where there were too few batches to tell.</summary>
    public double Scale => Noise / Signal;

    /// <summary>Unbiased estimates from one step.</summary>
    /// <param name="smallSquared">Square of the length of a small batch's mean gradient, averaged over small batches.</param>
    /// <param name="bigSquared">The same of all of them together.</param>
    /// <param name="small">Size of a small batch. Above 0.</param>
    /// <param name="big">Size of all. Above <paramref name="small"/>.</param>
    public static GradientNoiseScale Estimate(double smallSquared, double bigSquared, double small, double big) =>
        new((big * bigSquared - small * smallSquared) / (big - small), (smallSquared - bigSquared) / (1 / small - 1 / big));
}
