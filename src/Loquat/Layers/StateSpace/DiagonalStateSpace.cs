using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers.StateSpace;

/// <summary>
/// A state space whose matrix is diagonal and complex (S4D, Gu et al. 2022, listing 1): each channel is a convolution with a kernel as long as the text,
/// K_l = 2 Re Σ_n C_n (e^(dt A_n) - 1) / A_n · e^(l dt A_n), with A = -e^(log_a_real) + i a_imag, held by zero order.
/// </summary>
internal static class DiagonalStateSpace
{
    // B batch, T tokens, D channels, N states of a channel

    /// <param name="logStep">(D): ln dt.</param>
    /// <param name="logRate">(D, N): ln -Re A.</param>
    /// <param name="frequency">(D, N): Im A.</param>
    /// <param name="outputReal">(D, N): Re C.</param>
    /// <param name="outputImaginary">(D, N): Im C.</param>
    /// <returns>(D, T).</returns>
    public static Tensor Kernel(Tensor logStep, Tensor logRate, Tensor frequency, Tensor outputReal, Tensor outputImaginary, long tokens)
    {
        var rate = -exp(logRate);
        var step = exp(logStep).unsqueeze(-1);
        var (growth, turn) = (step * rate, step * frequency);                                       // dt A
        // e^(dt A) - 1 without taking close numbers from each other.
        var half = sin(turn / 2);
        var real = expm1(growth) * cos(turn) - 2 * half * half;
        var imaginary = exp(growth) * sin(turn);
        var size = rate * rate + frequency * frequency;
        var (heldReal, heldImaginary) = ((real * rate + imaginary * frequency) / size, (imaginary * rate - real * frequency) / size);
        var (weightReal, weightImaginary) = (outputReal * heldReal - outputImaginary * heldImaginary, outputReal * heldImaginary + outputImaginary * heldReal);
        var places = arange(tokens, dtype: ScalarType.Float32, device: logStep.device);
        var (exponents, angles) = (growth.unsqueeze(-1) * places, turn.unsqueeze(-1) * places);     // (D, N, T)
        return 2 * (exp(exponents) * (weightReal.unsqueeze(-1) * cos(angles) - weightImaginary.unsqueeze(-1) * sin(angles))).sum(1);
    }

    /// <summary>y_t = Σ_l K_l u_(t-l) + D u_t, by Fourier transforms.</summary>
    /// <param name="u">(B, T, D).</param>
    /// <param name="kernel">(D, T).</param>
    /// <param name="skip">(D).</param>
    /// <returns>(B, T, D).</returns>
    public static Tensor Apply(Tensor u, Tensor kernel, Tensor skip)
    {
        var tokens = u.shape[1];
        // Twice as long, so that the end of a text does not come around to its beginning.
        var product = fft.rfft(u.transpose(1, 2), 2 * tokens) * fft.rfft(kernel, 2 * tokens);       // (B, D, T + 1)
        return fft.irfft(product, 2 * tokens).narrow(-1, 0, tokens).transpose(1, 2) + skip * u;
    }
}
