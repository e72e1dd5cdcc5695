using System.ComponentModel;
using Loquat.Layers;
using Loquat.Models;

namespace Loquat.Adapters;

/// <summary>(IA)³ (Liu et al. 2022, section 3.3): a gain for each output of keys and values, and for each input of the feed-forward layer's last map.</summary>
public sealed record Ia3Options : MapAdapterOptions
{
    public override string Type => "ia3";

    public override string PeftType => "IA3";

    [Description("Of target_modules, those whose inputs are scaled, not their outputs: the last map of feed-forward layers.")]
    public TextList FeedforwardModules { get; init; } = TextList.Empty;

    internal override IReadOnlyList<ParameterSpec> Parameters(AdaptedMap map) =>
        [map.Own("ia3_l", ScalesInputs(map) ? [1, map.Inputs] : [map.Outputs, 1], Initializer.Ones, ParameterRole.Vector)];

    internal override LinearAdapter Create(AdaptedMap map, Parameter weight, Parameter? bias, IReadOnlyList<Parameter> own) => new Ia3Adapter(own[0], ScalesInputs(map));

    private bool ScalesInputs(AdaptedMap map) => ModuleNames.Matches(map.Module, FeedforwardModules);
}
