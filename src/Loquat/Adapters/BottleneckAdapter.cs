using Loquat.Layers;
using static TorchSharp.torch;

namespace Loquat.Adapters;

/// <summary>y + up(f(down(y))) of what an affine map gives.</summary>
/// <param name="down">(M, O).</param>
/// <param name="downBias">(M).</param>
/// <param name="up">(O, M).</param>
/// <param name="upBias">(O).</param>
/// <param name="activation">f.</param>
public sealed class BottleneckAdapter(Parameter down, Parameter downBias, Parameter up, Parameter upBias, ActivationKind activation) : LinearAdapter
{
    public override IReadOnlyList<Parameter> Parameters => [down, downBias, up, upBias];

    protected internal override Tensor After(Tensor x, Tensor y, Tensor plain) => y + Linear.Apply(Activation.Apply(Linear.Apply(y, down, downBias), activation), up, upBias);

    /// <summary>No weight bends as f does.</summary>
    protected internal override Tensor? Merged(Tensor weight) => null;
}
