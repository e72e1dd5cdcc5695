using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>Keys and values of the tokens seen so far, for each layer. Belongs to one generation, not to the model.</summary>
public sealed class KvCache : IDisposable
{
    private readonly Tensor[] _keys;   // each (B, K, capacity, D)
    private readonly Tensor[] _values;

    public KvCache(int layers, long batch, long keyValueHeads, long capacity, long headSize, Placement placement)
    {
        (Layers, Batch, Capacity) = (layers, batch, capacity);
        Tensor[] Allocate() => [.. Enumerable.Range(0, layers).Select(_ =>
            empty([batch, keyValueHeads, capacity, headSize], dtype: placement.Compute, device: placement.Device).DetachFromDisposeScope())];
        _keys = Allocate();
        _values = Allocate();
    }

    public int Layers { get; }

    /// <summary>Sequences.</summary>
    public long Batch { get; }

    /// <summary>Tokens that fit.</summary>
    public long Capacity { get; private set; }

    /// <summary>Tokens seen so far.</summary>
    public long Length { get; private set; }

    /// <summary>Makes room for more tokens; those seen so far stay.</summary>
    public void Grow(long capacity)
    {
        if (capacity <= Capacity) return;
        foreach (var tensors in (Tensor[][])[_keys, _values])
        {
            for (var layer = 0; layer < tensors.Length; layer++)
            {
                using var old = tensors[layer];
                var shape = old.shape;
                shape[2] = capacity;
                tensors[layer] = empty(shape, dtype: old.dtype, device: old.device).DetachFromDisposeScope();
                if (Length == 0) continue;
                using var from = old.narrow(2, 0, Length);
                using var to = tensors[layer].narrow(2, 0, Length);
                to.copy_(from);
            }
        }
        Capacity = capacity;
    }

    /// <summary>Forgets the tokens from <paramref name="length"/> on.</summary>
    public void Truncate(long length) => Length = Math.Min(Length, length);

    /// <param name="key">(B, K, T, D): the new tokens'.</param>
    /// <param name="value">(B, K, T, D).</param>
    /// <returns>Both with all tokens so far: (B, K, S, D).</returns>
    internal (Tensor Key, Tensor Value) Append(int layer, Tensor key, Tensor value)
    {
        var tokens = key.shape[2];
        _keys[layer].narrow(2, Length, tokens).copy_(key);
        _values[layer].narrow(2, Length, tokens).copy_(value);
        return (_keys[layer].narrow(2, 0, Length + tokens), _values[layer].narrow(2, 0, Length + tokens));
    }

    /// <summary>Where a kernel puts the new tokens' keys and values itself: (B, K, capacity, D) each.</summary>
    internal (Tensor Keys, Tensor Values) Storage(int layer) => (_keys[layer], _values[layer]);

    /// <summary>Called by the model once all layers have seen the new tokens.</summary>
    internal void Advance(long tokens) => Length += tokens;

    public void Dispose()
    {
        foreach (var tensor in _keys.Concat(_values)) tensor.Dispose();
    }
}
