using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>Affine maps. Matrix products belong to libtorch.</summary>
public static class Linear
{
    /// <summary>y = x Wᵀ + b.</summary>
    /// <param name="x">(…, I).</param>
    /// <param name="weight">(O, I), as torch.nn.Linear stores it.</param>
    /// <param name="bias">(O) or null.</param>
    /// <returns>(…, O).</returns>
    public static Tensor Apply(Tensor x, Tensor weight, Tensor? bias = null) =>
        nn.functional.linear(x, weight, bias is null ? null : Cast(bias, x));

    /// <summary>y = x W + b, for the (I, O) weights that GPT-2 checkpoints hold.</summary>
    public static Tensor ApplyTransposed(Tensor x, Tensor weight, Tensor bias)
    {
        var rows = x.reshape(-1, weight.shape[0]);                          // (N, I)
        var y = addmm(Cast(bias, x), rows, weight, 1, 1);                   // (N, O)
        return y.view([.. x.shape[..^1], weight.shape[1]]);
    }

    private static Tensor Cast(Tensor bias, Tensor like) => bias.dtype == like.dtype ? bias : bias.to(like.dtype);
}
