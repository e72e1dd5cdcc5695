using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>What a recurrent decoder keeps: the states of the text that it reads, and its own.</summary>
/// <param name="tensors">Each with the rows first; taken over.</param>
internal sealed class RecurrentMemoryCache(int layers, Tensor?[] tensors) : ModelCache(layers, tensors[0]!.shape[0], int.MaxValue)
{
    private readonly Tensor?[] _tensors = [.. tensors.Select(tensor => tensor?.DetachFromDisposeScope())];

    public Tensor? this[int index] => _tensors[index];

    /// <summary>Replaces a tensor.</summary>
    /// <param name="value">Taken over.</param>
    public void Set(int index, Tensor value)
    {
        _tensors[index]?.Dispose();
        _tensors[index] = value.DetachFromDisposeScope();
    }

    public override void Grow(long capacity)
    {
    }

    public override void Truncate(long length)
    {
        if (length < Length) throw new OptionsException($"a recurrent decoder cannot go back from {Length} tokens to {length}; take a new cache.");
    }

    public override void Reorder(ReadOnlySpan<long> rows)
    {
        using var index = tensor(rows.ToArray(), device: _tensors[0]!.device);
        for (var i = 0; i < _tensors.Length; i++)
            if (_tensors[i] is { } old) Set(i, old.index_select(0, index));
        Batch = rows.Length;
    }

    protected override void Dispose(bool disposing)
    {
        foreach (var tensor in _tensors) tensor?.Dispose();
    }
}
