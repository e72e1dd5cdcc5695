using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Adapters;

/// <summary>What LoRA adds to an affine map: s · x Aᵀ Bᵀ.</summary>
/// <param name="a">(R, I).</param>
/// <param name="b">(O, R).</param>
/// <param name="scaling">s.</param>
public sealed class LoraAdapter(Parameter a, Parameter b, double scaling) : LinearAdapter
{
    /// <summary>Of x, where autograd follows. 0 to 1.</summary>
    public double Dropout { get; init; }

    /// <summary>DoRA's part; null: it is LoRA.</summary>
    internal LoraDirection? Direction { get; init; }

    public override IReadOnlyList<Parameter> Parameters => Direction is { } own ? [a, b, own.Magnitude] : [a, b];

    protected internal override Tensor After(Tensor x, Tensor y, Tensor plain)
    {
        var drops = Dropout > 0 && (is_grad_enabled() || ActivationCheckpoint.IsRunning);
        var read = Layers.Dropout.Apply(x, Dropout, drops);
        var change = Linear.Apply(Linear.Apply(read, a.Value) * scaling, b.Value);
        if (Direction is not { } own) return y + change;
        var ratio = own.Ratio(a.Value, b.Value, scaling).to(y.dtype);                       // (O)
        return y + (ratio - 1) * own.Mapped(read, drops ? null : plain) + ratio * change;
    }

    protected internal override Tensor? Merged(Tensor weight)
    {
        var changed = weight + scaling * b.Value.to(ScalarType.Float32).matmul(a.Value.to(ScalarType.Float32));
        return Direction is not { } own ? changed : changed * (own.Magnitude.Value.to(ScalarType.Float32) / changed.norm(1)).unsqueeze(1);
    }

    /// <summary>DoRA begins as the map itself: with the lengths of its rows.</summary>
    internal void Start() => Direction?.Start(a.Value, b.Value, scaling);
}
