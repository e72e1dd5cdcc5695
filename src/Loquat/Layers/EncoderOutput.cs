using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>What an encoder made of the texts that it read, for a decoder that writes from them.</summary>
/// <param name="Hidden">(B, S, E).</param>
/// <param name="Mask">(B, S) int64, 1 = token, 0 = padding; null: no padding.</param>
public sealed record EncoderOutput(Tensor Hidden, Tensor? Mask)
{
    /// <summary>The additive mask of attention to the text: 0 where there is a token, the most negative number elsewhere.</summary>
    /// <returns>(B, 1, 1, S); null where nothing is padding.</returns>
    internal static Tensor? Bias(Tensor? mask, Placement placement)
    {
        if (mask is null) return null;
        using var scope = NewDisposeScope();
        var bias = zeros([mask.shape[0], 1, 1, mask.shape[1]], dtype: placement.Compute, device: placement.Device);
        return bias.masked_fill_(mask.eq(0).unsqueeze(1).unsqueeze(1), placement.Compute == ScalarType.Float32 ? float.MinValue : -3.38953e38f).MoveToOuterDisposeScope();
    }
}
