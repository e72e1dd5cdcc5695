using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Loquat.Layers;

namespace Loquat.Adapters;

/// <summary>Bottleneck adapters (Houlsby et al. 2019, figure 2): y + up(f(down(y))) after the maps with which attention and feed-forward layers end. Its folders are written as LLM-Adapters (Hu et al. 2023) names them.</summary>
public sealed record BottleneckOptions : MapAdapterOptions
{
    public override string Type => "bottleneck";

    public override string PeftType => "BOTTLENECK";

    [Description("Width between down and up.")]
    [Range(1, 65536)]
    public int BottleneckSize { get; init; } = 64;

    [Description("The function between down and up.")]
    public ActivationKind NonLinearity { get; init; } = ActivationKind.Gelu;

    internal override IReadOnlyList<ParameterSpec> Parameters(AdaptedMap map) =>
    [
        map.Own("adapter_down.weight", [BottleneckSize, map.Outputs], Initializer.Uniform(1 / Math.Sqrt(map.Outputs)), ParameterRole.Matrix),
        map.Own("adapter_down.bias", [BottleneckSize], Initializer.Zeros, ParameterRole.Vector),
        map.Own("adapter_up.weight", [map.Outputs, BottleneckSize], Initializer.Zeros, ParameterRole.Matrix),
        map.Own("adapter_up.bias", [map.Outputs], Initializer.Zeros, ParameterRole.Vector),
    ];

    internal override LinearAdapter Create(AdaptedMap map, Parameter weight, Parameter? bias, IReadOnlyList<Parameter> own) => new BottleneckAdapter(own[0], own[1], own[2], own[3], NonLinearity);
}
