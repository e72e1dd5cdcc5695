namespace Loquat.Optimization;

/// <summary>Clipping by the norm of all gradients as one vector, as <c>torch.nn.utils.clip_grad_norm_</c>.</summary>
public static class GradientClipping
{
    /// <summary>
    /// What every gradient is multiplied by: max_norm / (norm + 1e-6), at most 1. NaN or infinite norms give NaN or 0: check
    /// the norm before the step.
    /// </summary>
    /// <param name="norm">The norm, 0 or more.</param>
    /// <param name="maxNorm">The longest vector allowed; infinity for no clipping. Above 0.</param>
    public static double Factor(double norm, double maxNorm) => Math.Min(1, maxNorm / (norm + 1e-6));
}
