using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>Keys and values of the tokens seen so far, for each layer.</summary>
public sealed class KvCache : ModelCache
{
    private readonly Tensor[] _keys;   // each (B, K, capacity, D)
    private readonly Tensor[] _values;

    public KvCache(int layers, long batch, long keyValueHeads, long capacity, long headSize, Placement placement) : base(layers, batch, capacity)
    {
        Tensor[] Allocate() => [.. Enumerable.Range(0, layers).Select(_ =>
            empty([batch, keyValueHeads, capacity, headSize], dtype: placement.Compute, device: placement.Device).DetachFromDisposeScope())];
        _keys = Allocate();
        _values = Allocate();
    }

    public override void Grow(long capacity)
    {
        if (capacity <= Capacity) return;
        Replace(old =>
        {
            var shape = old.shape;
            shape[2] = Virtual + capacity;
            var larger = empty(shape, dtype: old.dtype, device: old.device);
            if (Past == 0) return larger;
            using var from = old.narrow(2, 0, Past);
            using var to = larger.narrow(2, 0, Past);
            to.copy_(from);
            return larger;
        });
        Capacity = capacity;
    }

    public override void Reorder(ReadOnlySpan<long> rows)
    {
        using var index = tensor(rows.ToArray(), device: _keys.Length > 0 ? _keys[0].device : CPU);
        Replace(old => old.index_select(0, index));
        Batch = rows.Length;
    }

    /// <param name="key">(B, K, T, D): the new tokens'.</param>
    /// <param name="value">(B, K, T, D).</param>
    /// <returns>Both with all tokens so far: (B, K, S, D).</returns>
    internal (Tensor Key, Tensor Value) Append(int layer, Tensor key, Tensor value)
    {
        var tokens = key.shape[2];
        _keys[layer].narrow(2, Past, tokens).copy_(key);
        _values[layer].narrow(2, Past, tokens).copy_(value);
        return (_keys[layer].narrow(2, 0, Past + tokens), _values[layer].narrow(2, 0, Past + tokens));
    }

    /// <summary>Lets <paramref name="read"/> fill an empty cache with so many tokens, which then stand before every text.</summary>
    internal void Begin(long tokens, Action read)
    {
        var room = Capacity;
        Grow(Math.Max(room, tokens));
        read();
        if (Length != tokens) throw new InvalidOperationException($"{Length} tokens were read where {tokens} stand before the text.");
        Capacity -= tokens;
        Seal();
        Grow(room);
    }

    /// <summary>Where a kernel puts the new tokens' keys and values itself: (B, K, virtual + capacity, D) each.</summary>
    internal (Tensor Keys, Tensor Values) Storage(int layer) => (_keys[layer], _values[layer]);

    protected override void Dispose(bool disposing)
    {
        foreach (var tensor in _keys.Concat(_values)) tensor.Dispose();
    }

    private void Replace(Func<Tensor, Tensor> make)
    {
        foreach (var tensors in (Tensor[][])[_keys, _values])
        {
            for (var layer = 0; layer < tensors.Length; layer++)
            {
                using var old = tensors[layer];
                tensors[layer] = make(old).DetachFromDisposeScope();
            }
        }
    }
}
