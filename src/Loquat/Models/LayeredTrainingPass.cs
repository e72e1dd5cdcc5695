using static TorchSharp.torch;

namespace Loquat.Models;

/// <summary>
/// A pass of layers one after the other. The first of them keep their input alone and compute what their backward pass needs anew (<see cref="Model.CheckpointedLayers"/>).
/// </summary>
/// <typeparam name="TKept">What a layer's backward pass needs of its forward pass, besides its input.</typeparam>
internal abstract class LayeredTrainingPass<TKept>(int layers, int checkpointed) : ITrainingPass where TKept : class, IDisposable
{
    // N = B · T rows, E width

    private readonly Tensor[] _inputs = new Tensor[layers];
    private readonly TKept?[] _kept = new TKept?[layers];

    public Tensor Forward(Tensor x)
    {
        for (var layer = 0; layer < layers; layer++)
        {
            _inputs[layer] = x;
            var kept = Inside(layer, x);
            x = Output(layer, kept);
            if (layer < checkpointed) kept.Dispose();
            else _kept[layer] = kept;
        }
        return Finish(x);
    }

    public Tensor Backward(Tensor gradient)
    {
        var dx = FinishBackward(gradient);
        for (var layer = layers - 1; layer >= 0; layer--)
        {
            using (var kept = _kept[layer] ?? Inside(layer, _inputs[layer])) Backward(layer, _inputs[layer], kept, dx);
            _inputs[layer].Dispose();
        }
        return dx;
    }

    /// <summary>All of a layer before its last product.</summary>
    /// <param name="x">(N, E).</param>
    protected abstract TKept Inside(int layer, Tensor x);

    /// <returns>(N, E): what the layer gives.</returns>
    protected abstract Tensor Output(int layer, TKept kept);

    /// <summary>Adds to the gradients of the layer's parameters.</summary>
    /// <param name="dx">In: the gradient of the layer's output. Out: of its input.</param>
    protected abstract void Backward(int layer, Tensor x, TKept kept, Tensor dx);

    /// <summary>The last normalization.</summary>
    /// <param name="x">(N, E); taken over.</param>
    protected abstract Tensor Finish(Tensor x);

    /// <returns>(N, E): of what <see cref="Finish"/> took, from the gradient of what it gave.</returns>
    protected abstract Tensor FinishBackward(Tensor gradient);
}
