using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models.Recurrent;

/// <summary>
/// The state of a recurrent model after the tokens seen so far, of constant size. Carried from one batch to the next it makes truncated backpropagation
/// (gradients end at it) and evaluation of a text as one sequence.
/// </summary>
public sealed class RecurrentState : ModelCache
{
    private readonly Tensor[] _hidden;  // each (B, R)
    private readonly Tensor?[] _cells;  // each (B, H), of an LSTM

    internal RecurrentState(RecurrentConfig config, long batch, Placement placement) : base(config.Layers, batch, int.MaxValue)
    {
        Tensor Zeros(int width) => zeros([batch, width], dtype: placement.Compute, device: placement.Device).DetachFromDisposeScope();
        _hidden = [.. Enumerable.Range(0, Layers).Select(layer => Zeros(config.Outputs(layer)))];
        _cells = [.. Enumerable.Range(0, Layers).Select(layer => config.ModelType == "lstm" ? Zeros(config.Units(layer)) : null)];
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
        foreach (var tensor in Tensors) tensor.zero_();
        base.Truncate(0);
    }

    /// <inheritdoc/>
    public override void Reorder(ReadOnlySpan<long> rows)
    {
        using var index = tensor(rows.ToArray(), device: _hidden[0].device);
        for (var layer = 0; layer < Layers; layer++)
            Set(layer, _hidden[layer].index_select(0, index), _cells[layer]?.index_select(0, index));
        Batch = rows.Length;
    }

    internal (Tensor Hidden, Tensor? Cell) Of(int layer) => (_hidden[layer], _cells[layer]);

    /// <summary>Takes values over, not their history.</summary>
    internal void Set(int layer, Tensor hidden, Tensor? cell)
    {
        using var guard = no_grad();
        Replace(ref _hidden[layer]!, hidden);
        Replace(ref _cells[layer], cell);
    }

    private static void Replace(ref Tensor? place, Tensor? value)
    {
        if (value is null) return;
        place?.Dispose();
        place = value.detach().clone().DetachFromDisposeScope();
    }

    private IEnumerable<Tensor> Tensors => _hidden.Concat(_cells.OfType<Tensor>());

    protected override void Dispose(bool disposing)
    {
        foreach (var tensor in Tensors) tensor.Dispose();
    }
}
