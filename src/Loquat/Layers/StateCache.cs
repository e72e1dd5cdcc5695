using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>One tensor of a layer's state.</summary>
/// <param name="Shape">Of one sequence.</param>
/// <param name="Start">What it is filled with before the first token.</param>
/// <param name="Type">Its number type.</param>
internal sealed record StatePart(long[] Shape, float Start = 0, ScalarType Type = ScalarType.Float32);

/// <summary>The state of a model that keeps as much of a short text as of a long one: a few tensors for each layer.</summary>
internal sealed class StateCache : ModelCache
{
    private readonly StatePart[] _parts;
    private readonly Tensor[,] _state;  // (layers, parts), each (B, …)

    /// <param name="parts">What each layer keeps.</param>
    public StateCache(int layers, long batch, Device device, params StatePart[] parts) : base(layers, batch, int.MaxValue)
    {
        _parts = parts;
        _state = new Tensor[layers, parts.Length];
        for (var layer = 0; layer < layers; layer++)
            for (var part = 0; part < parts.Length; part++)
                _state[layer, part] = full([batch, .. parts[part].Shape], parts[part].Start, dtype: parts[part].Type, device: device).DetachFromDisposeScope();
    }

    /// <summary>The cache as a model needs it; null where there is none.</summary>
    /// <exception cref="OptionsException">It is another model's.</exception>
    public static StateCache? Of(ForwardContext context, string modelType) => context.Cache switch
    {
        null => null,
        StateCache state => state,
        _ => throw new OptionsException($"the cache is {context.Cache.GetType().Name}; a {modelType} model needs one of its own NewCache."),
    };

    /// <summary>(B, …). Kernels write it in place.</summary>
    public Tensor this[int layer, int part] => _state[layer, part];

    /// <summary>Takes values over, not their history.</summary>
    public void Set(int layer, int part, Tensor value)
    {
        using var guard = no_grad();
        using var old = _state[layer, part];
        _state[layer, part] = value.detach().to(old.dtype).clone().contiguous().DetachFromDisposeScope();
    }

    /// <summary>There is room for any number of tokens.</summary>
    public override void Grow(long capacity)
    {
    }

    /// <inheritdoc/>
    public override void Truncate(long length)
    {
        if (length >= Length) return;
        if (length != 0) throw new OptionsException($"the state of a recurrent model cannot go back from {Length} tokens to {length}, only to 0; read the text again from its beginning.");
        using var guard = no_grad();
        for (var layer = 0; layer < Layers; layer++)
            for (var part = 0; part < _parts.Length; part++) _state[layer, part].fill_(_parts[part].Start);
        base.Truncate(0);
    }

    /// <inheritdoc/>
    public override void Reorder(ReadOnlySpan<long> rows)
    {
        using var scope = NewDisposeScope();
        var index = tensor(rows.ToArray(), device: _state.Length > 0 ? _state[0, 0].device : CPU);
        for (var layer = 0; layer < Layers; layer++)
            for (var part = 0; part < _parts.Length; part++) Set(layer, part, _state[layer, part].index_select(0, index));
        Batch = rows.Length;
    }

    protected override void Dispose(bool disposing)
    {
        foreach (var tensor in _state) tensor.Dispose();
    }
}
