using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>Normalizations beside those of the families that are built, in tensor operations, for families to come.</summary>
internal static class Normalization
{
    /// <summary>g · x / |x|: one gain for all (ScaleNorm, Nguyen and Salazar 2019).</summary>
    /// <param name="x">(…, E).</param>
    /// <param name="gain">One number, which starts at √E.</param>
    public static Tensor Scale(Tensor x, Tensor gain, double epsilon = 1e-5) => gain * x / x.square().sum(-1, keepdim: true).sqrt().clamp(min: epsilon);

    /// <summary>w · tanh(a x) + b in place of a normalization (DyT, Zhu et al. 2025, section 4).</summary>
    /// <param name="a">One number, which starts at 0.5.</param>
    public static Tensor DynamicTanh(Tensor x, Tensor a, Tensor weight, Tensor bias) => weight * tanh(a * x) + bias;

    /// <summary>LN(α x + y): a residual that outweighs what is added, so that a normalization after each part trains at any depth (DeepNorm, Wang et al. 2022).</summary>
    /// <param name="part">What attention or the feed-forward layer made of x.</param>
    public static Tensor Deep(Tensor x, Tensor part, double alpha, Tensor weight, Tensor bias, double epsilon = 1e-5) =>
        nn.functional.layer_norm(alpha * x + part, [x.shape[^1]], weight, bias, epsilon);
}

/// <summary>The constants of DeepNorm (Wang et al. 2022, figure 2).</summary>
/// <param name="Alpha">Weight of the residual.</param>
/// <param name="Beta">Gain of the value, output and feed-forward matrices at the start.</param>
internal readonly record struct DeepNormConstants(double Alpha, double Beta)
{
    /// <summary>Of an encoder or a decoder that stands alone.</summary>
    public static DeepNormConstants Of(int layers) => new(Math.Pow(2.0 * layers, 0.25), Math.Pow(8.0 * layers, -0.25));

    /// <summary>Of an encoder before a decoder.</summary>
    public static DeepNormConstants OfEncoder(int encoderLayers, int decoderLayers)
    {
        var depth = Math.Pow(encoderLayers, 4) * decoderLayers;
        return new(0.81 * Math.Pow(depth, 1.0 / 16), 0.87 * Math.Pow(depth, -1.0 / 16));
    }

    /// <summary>Of a decoder behind an encoder.</summary>
    public static DeepNormConstants OfDecoder(int decoderLayers) => new(Math.Pow(3.0 * decoderLayers, 0.25), Math.Pow(12.0 * decoderLayers, -0.25));
}
