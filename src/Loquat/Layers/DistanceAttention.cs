using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>Attention that knows the distance of two tokens by what is added to their score, in tensor operations, for families to come.</summary>
internal static class DistanceAttention
{
    // B batch, H heads, T queries, S keys, D head size

    /// <summary>The slopes of ALiBi (Press et al. 2022): powers of 2^(-8 / n) for n heads, where n is a power of two; else those of the power below, and every other one of the power above.</summary>
    public static float[] Slopes(int heads)
    {
        var power = 1 << (int)Math.Log2(heads);
        IEnumerable<double> Powers(int n) => Enumerable.Range(1, n).Select(i => Math.Pow(2, -8.0 * i / n));
        return [.. Powers(power).Concat(Powers(2 * power).Where((_, i) => i % 2 == 0)).Take(heads).Select(slope => (float)slope)];
    }

    /// <summary>What ALiBi adds to scores: -slope · distance, and nothing of a later token.</summary>
    /// <param name="slopes">(H).</param>
    /// <returns>(1, H, T, S).</returns>
    public static Tensor Alibi(Tensor slopes, long queries, long keys)
    {
        var (rows, columns) = (arange(keys - queries, keys, device: slopes.device).unsqueeze(1), arange(keys, device: slopes.device).unsqueeze(0));
        var bias = -slopes.view(-1, 1, 1) * (rows - columns).to(ScalarType.Float32);
        return bias.masked_fill(columns.gt(rows), float.NegativeInfinity).unsqueeze(0);
    }

    /// <summary>
    /// Transformer-XL (Dai et al. 2019, section 3.3): score = ((q + u) · k + (q + w) · r of the distance) / √D over the tokens before and a memory of still earlier ones.
    /// </summary>
    /// <param name="q">(B, H, T, D).</param>
    /// <param name="k">(B, H, S, D), the memory first.</param>
    /// <param name="v">(B, H, S, D).</param>
    /// <param name="distances">(H, S, D): the projected encoding of each distance from 0.</param>
    /// <param name="contentBias">(H, D): u.</param>
    /// <param name="distanceBias">(H, D): w.</param>
    /// <returns>(B, H, T, D).</returns>
    public static Tensor WithMemory(Tensor q, Tensor k, Tensor v, Tensor distances, Tensor contentBias, Tensor distanceBias)
    {
        var (queries, keys) = (q.shape[2], k.shape[2]);
        var distance = arange(keys - queries, keys, device: q.device).unsqueeze(1) - arange(keys, device: q.device);                     // (T, S)
        var content = (q + contentBias.unsqueeze(1)).matmul(k.transpose(2, 3));
        var far = (q + distanceBias.unsqueeze(1)).matmul(distances.transpose(1, 2));                                                    // (B, H, T, distances)
        var scores = (content + far.gather(3, distance.clamp(min: 0).expand(q.shape[0], q.shape[1], -1, -1))) / Math.Sqrt(q.shape[3]);
        return scores.masked_fill(distance.lt(0), float.NegativeInfinity).softmax(-1).matmul(v);
    }
}
