using Loquat.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>The parameters of an affine map, y = x Wᵀ + b, and what written-out training passes do with them. Those have no adapters.</summary>
/// <param name="Weight">(O, I).</param>
/// <param name="Bias">(O) or null.</param>
internal sealed record Affine(Parameter Weight, Parameter? Bias)
{
    /// <param name="x">(…, I).</param>
    /// <returns>(…, O).</returns>
    public Tensor Apply(Tensor x) => Linear.Apply(x, Weight, Bias);

    /// <summary>Without autograd: y = x Wᵀ + b.</summary>
    /// <param name="y">(N, O), overwritten.</param>
    /// <param name="x">(N, I).</param>
    public void Into(Tensor y, Tensor x)
    {
        if (Bias is not null) Layers.Bias.Fill(y, Bias.Value);
        Products.IntoTransposed(y, x, Weight.Value, add: Bias is not null);
    }

    /// <summary>Without autograd: y = z + x Wᵀ + b.</summary>
    /// <param name="y">(N, O), overwritten.</param>
    /// <param name="x">(N, I).</param>
    /// <param name="z">(N, O).</param>
    public void AddInto(Tensor y, Tensor x, Tensor z)
    {
        if (Bias is null) y.copy_(z);
        else Layers.Bias.Fill(y, Bias.Value, z);
        Products.IntoTransposed(y, x, Weight.Value, add: true);
    }

    /// <summary>Adds to the gradients of both.</summary>
    /// <param name="dy">(N, O), contiguous.</param>
    /// <param name="x">(N, I): what the forward pass took.</param>
    public void AddGradient(Tensor dy, Tensor x)
    {
        Weight.AddGradient(dy, x);
        if (Bias is null) return;
        var (gradient, add) = Bias.GradientBuffer();
        Layers.Bias.Gradient(dy, gradient, add);
        gradient.Dispose();
    }
}
