using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>Learned keys and values that stand before every text, in each layer (Li and Liang 2021, prefix tuning). Real tokens take the positions after them.</summary>
/// <param name="table">(P, layers · 2 · K · D): of each layer keys, then values. Keys are taken as they are, not rotated.</param>
internal sealed class KvPrefix(Parameter table, int layers)
{
    /// <summary>P.</summary>
    public long Tokens { get; } = table.Spec.Shape[0];

    /// <param name="key">(B, K, T, D): of a text.</param>
    /// <param name="value">(B, K, T, D).</param>
    /// <returns>Both behind those of the prefix: (B, K, P + T, D).</returns>
    public (Tensor Key, Tensor Value) Join(int layer, Tensor key, Tensor value)
    {
        var (first, second) = Of(layer, key.shape[0], key.shape[1], key.shape[3]);
        return (cat([first, key], 2), cat([second, value], 2));
    }

    /// <summary>Puts them into an empty cache.</summary>
    public void Fill(KvCache cache)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        for (var layer = 0; layer < layers; layer++)
        {
            var shape = cache.Storage(layer).Keys.shape;
            var (key, value) = Of(layer, shape[0], shape[1], shape[3]);
            cache.Append(layer, key, value);
        }
        cache.Advance(Tokens);
    }

    private (Tensor Key, Tensor Value) Of(int layer, long batch, long heads, long size)
    {
        var parts = table.Value.view(Tokens, layers, 2, heads, size).select(1, layer).permute(1, 2, 0, 3);      // (2, K, P, D)
        return (parts.select(0, 0).unsqueeze(0).expand(batch, -1, -1, -1), parts.select(0, 1).unsqueeze(0).expand(batch, -1, -1, -1));
    }
}
