using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Adapters;

/// <summary>
/// DoRA's part (Liu et al. 2024): W' = m · V / |V| with V = W + s B A, of each output row. The length counts as a constant in the gradient (section 4.3); it comes from products with A and B,
/// so that V is never made.
/// </summary>
/// <param name="magnitude">m, (O).</param>
/// <param name="weight">W, (O, I), or (I, O) where it is <paramref name="transposed"/>.</param>
/// <param name="bias">(O) or null.</param>
internal sealed class LoraDirection(Parameter magnitude, Parameter weight, Parameter? bias, bool transposed)
{
    public Parameter Magnitude => magnitude;

    /// <summary>x Wᵀ.</summary>
    /// <param name="plain">x Wᵀ + b where it is known.</param>
    public Tensor Mapped(Tensor x, Tensor? plain)
    {
        if (plain is null) return transposed ? Linear.ApplyTransposed(x, weight.Value, zeros([weight.Spec.Shape[1]], dtype: ScalarType.Float32, device: x.device)) : Linear.Apply(x, weight.Value);
        return bias is null ? plain : plain - bias.Value.to(plain.dtype);
    }

    /// <summary>m / |V|, (O).</summary>
    public Tensor Ratio(Tensor a, Tensor b, double scaling) => magnitude.Value / Lengths(a, b, scaling).to(magnitude.Value.dtype);

    public void Start(Tensor a, Tensor b, double scaling) => magnitude.Load(Lengths(a, b, scaling));

    private Tensor Lengths(Tensor a, Tensor b, double scaling)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var w = weight.Value.to(ScalarType.Float32);
        if (transposed) w = w.t();
        (a, b) = (a.to(ScalarType.Float32), b.to(ScalarType.Float32));
        var squares = w.square().sum(1) + 2 * scaling * (b * w.matmul(a.t())).sum(1) + scaling * scaling * (b.matmul(a.matmul(a.t())) * b).sum(1);
        return squares.clamp(min: 0).sqrt().MoveToOuterDisposeScope();
    }
}
