using static TorchSharp.torch;

namespace Loquat.Models;

/// <summary>What a teacher says of one batch. Its tensors live until it is disposed.</summary>
internal interface ILesson : IDisposable
{
    /// <summary>Layers of the student whose states are compared, counted from 1; empty: none are.</summary>
    IReadOnlyList<int> Layers { get; }

    /// <summary>The loss of some positions, which follow each other in the batch.</summary>
    /// <param name="logits">(n, V) of the student, which autograd follows.</param>
    /// <param name="labels">(n) int64; those below 0 do not count.</param>
    /// <param name="first">The first of them, row by row.</param>
    /// <returns>(n) float32, 0 where a label does not count.</returns>
    Tensor Each(Tensor logits, Tensor labels, long first);

    /// <summary>The loss of the states after <see cref="Layers"/>, summed over the positions that count.</summary>
    /// <param name="states">(B, T, E) each, which autograd follows.</param>
    /// <param name="labels">(B, T) int64.</param>
    /// <returns>A number, float32.</returns>
    Tensor OfStates(IReadOnlyList<Tensor> states, Tensor labels);
}

/// <summary>A model that another one learns from: read, never trained.</summary>
internal interface ITeacher
{
    /// <summary>Reads a batch.</summary>
    ILesson Read(ModelBatch batch);
}
