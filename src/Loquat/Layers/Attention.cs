using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>Causal scaled dot-product attention (Vaswani et al. 2017) over queries that may share key and value heads (Ainslie et al. 2023).</summary>
public static class Attention
{
    // B batch, T new tokens, S cached + new tokens, H query heads, K key/value heads, D head size

    /// <summary>Attends from each token to itself and the tokens before it.</summary>
    /// <param name="query">(B, T, H, D).</param>
    /// <param name="key">(B, T, K, D).</param>
    /// <param name="value">(B, T, K, D).</param>
    /// <param name="bias">From <see cref="Bias"/>; null: causal without padding.</param>
    /// <param name="dropout">Probability of dropping an attention weight, 0 to 1.</param>
    /// <param name="scale">Factor of the scores; null: 1 / √D.</param>
    /// <returns>(B, T, H · D).</returns>
    public static Tensor Apply(Tensor query, Tensor key, Tensor value, ForwardContext context, int layer, Tensor? bias, double dropout = 0, double? scale = null)
    {
        var (batch, tokens, heads) = (query.shape[0], query.shape[1], query.shape[2]);
        if (scale is { } factor) query = query * (factor * Math.Sqrt(query.shape[3]));   // libtorch's operator divides by √D itself
        var q = query.transpose(1, 2);                                  // (B, H, T, D)
        var k = key.transpose(1, 2);                                    // (B, K, T, D)
        var v = value.transpose(1, 2);
        if (context.Cache is { } cache) (k, v) = cache.Append(layer, k, v);     // (B, K, S, D)
        (k, v) = (Repeat(k, heads), Repeat(v, heads));                  // (B, H, S, D)
        var y = nn.functional.scaled_dot_product_attention(q, k, v, bias, context.Training ? dropout : 0, is_casual: bias is null && tokens > 1);
        return y.transpose(1, 2).reshape(batch, tokens, heads * query.shape[3]);
    }

    /// <summary>The additive mask of one forward pass, shared by all layers: 0 where attention is allowed, the most negative number elsewhere.</summary>
    /// <returns>(B or 1, 1, T, S), or null when plain causal attention needs none.</returns>
    public static Tensor? Bias(ForwardContext context, long tokens, Placement placement)
    {
        var past = context.Past;
        if (context.AttentionMask is null && (past == 0 || tokens == 1)) return null;
        using var scope = NewDisposeScope();
        var rows = arange(past, past + tokens, device: placement.Device).unsqueeze(1);          // (T, 1)
        var columns = arange(0, past + tokens, device: placement.Device).unsqueeze(0);          // (1, S)
        var allowed = columns.le(rows).unsqueeze(0).unsqueeze(0);                               // (1, 1, T, S)
        if (context.AttentionMask is { } mask) allowed = allowed.logical_and(mask.to(ScalarType.Bool).unsqueeze(1).unsqueeze(1));
        // A finite number, as the reference has it: a row of padding alone then attends evenly instead of giving NaN.
        var bias = zeros(allowed.shape, dtype: placement.Compute, device: placement.Device);
        return bias.masked_fill_(allowed.logical_not(), placement.Compute == ScalarType.Float32 ? float.MinValue : -3.38953e38f).MoveToOuterDisposeScope();
    }

    private static Tensor Repeat(Tensor x, long heads)
    {
        var groups = heads / x.shape[1];
        if (groups == 1) return x;
        return x.unsqueeze(2).expand(x.shape[0], x.shape[1], groups, x.shape[2], x.shape[3])
            .reshape(x.shape[0], heads, x.shape[2], x.shape[3]);
    }
}
