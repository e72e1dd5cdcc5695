using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models.Heads;

/// <summary>What a head computes before its last layer: f(x Wᵀ + b), and a layer normalization where it has one. BERT's pooler is one.</summary>
/// <param name="Dense">Name of the affine map, without `.weight`.</param>
/// <param name="Inputs">Width of x.</param>
/// <param name="Outputs">Width of the result.</param>
/// <param name="Activation">f.</param>
public sealed record HeadTransform(string Dense, long Inputs, long Outputs, ActivationKind Activation)
{
    /// <summary>Whether the affine map has b. Default: true.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>Name of the normalization, without `.weight`; null: none.</summary>
    public string? Norm { get; init; }

    /// <summary>Whether the normalization has a bias. Default: true.</summary>
    public bool NormBias { get; init; } = true;

    public double NormEpsilon { get; init; } = 1e-12;

    internal IEnumerable<ParameterSpec> Parameters(Initializer start)
    {
        yield return new($"{Dense}.weight", [Outputs, Inputs], start, ParameterRole.Matrix);
        if (Bias) yield return new($"{Dense}.bias", [Outputs], Initializer.Zeros, ParameterRole.Vector);
        if (Norm is null) yield break;
        yield return new($"{Norm}.weight", [Outputs], Initializer.Ones, ParameterRole.Vector);
        if (NormBias) yield return new($"{Norm}.bias", [Outputs], Initializer.Zeros, ParameterRole.Vector);
    }

    /// <param name="x">(…, inputs).</param>
    /// <returns>(…, outputs).</returns>
    internal Tensor Apply(Tensor x, HeadContext context)
    {
        var h = Layers.Activation.Apply(Linear.Apply(x, context.Parameter($"{Dense}.weight"), Bias ? context.Parameter($"{Dense}.bias") : null), Activation);
        return Norm is null ? h : nn.functional.layer_norm(h, [Outputs], context[$"{Norm}.weight"], NormBias ? context[$"{Norm}.bias"] : null, NormEpsilon);
    }
}

/// <summary>What a part of a head knows of the model that it stands on, and of the pass.</summary>
/// <param name="Parameter">The model's parameter of a name.</param>
/// <param name="Forward">Padding, and whether this is training.</param>
internal sealed record HeadContext(Func<string, Parameter> Parameter, ForwardContext Forward)
{
    /// <summary>The values of a parameter.</summary>
    public Tensor this[string name] => Parameter(name).Value;

    public Tensor Drop(Tensor x, double probability) => Dropout.Apply(x, probability, Forward);
}
