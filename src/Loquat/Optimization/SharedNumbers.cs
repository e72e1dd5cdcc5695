using Loquat.Kernels;
using static TorchSharp.torch;

namespace Loquat.Optimization;

/// <summary>Numbers that a rule remembers of all its parameters together, in float64 and with the checkpoint.</summary>
internal sealed unsafe class SharedNumbers : IDisposable
{
    private readonly string[] _names;
    private readonly Tensor[] _tensors;

    /// <param name="numbers">Names, and what the numbers begin with.</param>
    public SharedNumbers(params (string Name, double Start)[] numbers)
    {
        _names = [.. numbers.Select(n => n.Name)];
        _tensors = [.. numbers.Select(n => tensor(n.Start, ScalarType.Float64).DetachFromDisposeScope())];
    }

    public IEnumerable<(string Name, Tensor Tensor)> State => _names.Zip(_tensors);

    public double this[int index]
    {
        get => *(double*)TensorPointers.Data(_tensors[index]);
        set => *(double*)TensorPointers.Data(_tensors[index]) = value;
    }

    public void Dispose()
    {
        foreach (var tensor in _tensors) tensor.Dispose();
    }
}
