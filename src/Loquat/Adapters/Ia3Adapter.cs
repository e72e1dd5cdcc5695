using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Adapters;

/// <summary>Gains of what an affine map takes or gives.</summary>
/// <param name="gain">(1, I) of inputs, (O, 1) of outputs.</param>
/// <param name="ofInputs">Whether the inputs are scaled.</param>
public sealed class Ia3Adapter(Parameter gain, bool ofInputs) : LinearAdapter
{
    public override IReadOnlyList<Parameter> Parameters => [gain];

    protected internal override Tensor Before(Tensor x) => ofInputs ? x * Gain(x) : x;

    protected internal override Tensor After(Tensor x, Tensor y, Tensor plain) => ofInputs ? y : y * Gain(y);

    protected internal override Tensor? Merged(Tensor weight) => weight * gain.Value.to(ScalarType.Float32);

    protected internal override Tensor MergedBias(Tensor bias) => ofInputs ? bias : bias * gain.Value.view(-1).to(ScalarType.Float32);

    private Tensor Gain(Tensor like) => gain.Value.view(-1).to(like.dtype);
}
