using Loquat.Layers;

namespace Loquat.Adapters;

/// <summary>An affine map of a model that an adapter stands on.</summary>
/// <param name="Module">Its name, that of its parameters without `.weight`.</param>
/// <param name="Weight">(outputs, inputs), or the other way round.</param>
/// <param name="Transposed">Whether the weight is (inputs, outputs).</param>
public sealed record AdaptedMap(string Module, ParameterSpec Weight, bool Transposed)
{
    /// <summary>How names begin in the files of peft.</summary>
    internal const string Prefix = "base_model.model.";

    public long Inputs => Weight.Shape[Transposed ? 0 : 1];

    public long Outputs => Weight.Shape[Transposed ? 1 : 0];

    /// <summary>A parameter of an adapter under the name that peft's files give it.</summary>
    internal ParameterSpec Own(string name, long[] shape, Initializer start, ParameterRole role) => new($"{Prefix}{Module}.{name}", shape, start, role);
}
