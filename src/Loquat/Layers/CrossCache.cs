using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>What a decoder keeps: the keys and values of the text it reads, which are made once, and those of the tokens that it has written.</summary>
internal sealed class CrossCache : ModelCache
{
    private readonly (Tensor Key, Tensor Value)[] _memory;   // each (B, S, H, D)
    private Tensor? _bias;                                   // (B, 1, 1, S)
    private long[] _texts;                                   // row → the text that it reads

    /// <param name="own">Empty; taken over.</param>
    /// <param name="memory">Of each layer; taken over.</param>
    /// <param name="bias">Taken over.</param>
    public CrossCache(KvCache own, IEnumerable<(Tensor Key, Tensor Value)> memory, Tensor? bias) : base(own.Layers, own.Batch, own.Capacity)
    {
        Self = own;
        _memory = [.. memory.Select(pair => (pair.Key.DetachFromDisposeScope(), pair.Value.DetachFromDisposeScope()))];
        _bias = bias?.DetachFromDisposeScope();
        _texts = [.. Enumerable.Range(0, (int)own.Batch).Select(row => (long)row)];
    }

    /// <summary>Of the tokens written.</summary>
    public KvCache Self { get; }

    /// <summary>Of the text read, of a layer.</summary>
    public (Tensor Key, Tensor Value) Memory(int layer) => _memory[layer];

    public Tensor? MemoryBias => _bias;

    public override void Grow(long capacity)
    {
        Self.Grow(capacity);
        Capacity = Self.Capacity;
    }

    public override void Truncate(long length)
    {
        base.Truncate(length);
        Self.Truncate(length);
    }

    public override void Reorder(ReadOnlySpan<long> rows)
    {
        Self.Reorder(rows);
        Batch = rows.Length;
        var texts = new long[rows.Length];
        for (var i = 0; i < texts.Length; i++) texts[i] = _texts[(int)rows[i]];
        // Hypotheses of one text read the same.
        if (!texts.AsSpan().SequenceEqual(_texts))
        {
            using var index = tensor(rows.ToArray(), device: _memory[0].Key.device);
            for (var layer = 0; layer < _memory.Length; layer++) _memory[layer] = (Select(_memory[layer].Key, index), Select(_memory[layer].Value, index));
            if (_bias is not null) _bias = Select(_bias, index);
        }
        _texts = texts;
    }

    protected override void Dispose(bool disposing)
    {
        Self.Dispose();
        foreach (var (key, value) in _memory)
        {
            key.Dispose();
            value.Dispose();
        }
        _bias?.Dispose();
    }

    private static Tensor Select(Tensor old, Tensor index)
    {
        using (old) return old.index_select(0, index).DetachFromDisposeScope();
    }
}
