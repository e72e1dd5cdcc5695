using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>One step of a gated recurrent unit (Cho et al. 2014), as torch has it: the reset gate multiplies the recurrent product with its bias. Gates r, z, n.</summary>
/// <param name="input">(3H, I).</param>
/// <param name="recurrent">(3H, H).</param>
internal sealed class GruStep(Affine input, Affine recurrent)
{
    /// <param name="x">(…, I).</param>
    /// <returns>(…, 3H): what <see cref="Next"/> takes.</returns>
    public Tensor Project(Tensor x) => input.Apply(x);

    /// <param name="projected">(B, 3H).</param>
    /// <param name="state">(B, H).</param>
    /// <returns>(B, H).</returns>
    public Tensor Next(Tensor projected, Tensor state)
    {
        var (x, h) = (projected.chunk(3, 1), recurrent.Apply(state).chunk(3, 1));
        var reset = (x[0] + h[0]).sigmoid();
        var update = (x[1] + h[1]).sigmoid();
        var candidate = (x[2] + reset * h[2]).tanh();
        return candidate + update * (state - candidate);
    }
}
