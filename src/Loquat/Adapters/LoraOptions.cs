using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Loquat.Layers;
using Loquat.Models;

namespace Loquat.Adapters;

/// <summary>Which biases of the model learn along.</summary>
public enum LoraBias
{
    /// <summary>None.</summary>
    None,

    /// <summary>All of the model.</summary>
    All,

    /// <summary>Those of the maps that have an adapter.</summary>
    LoraOnly,
}

/// <summary>
/// Low-rank adaptation (Hu et al. 2021): y = x Wᵀ + b + s · x Aᵀ Bᵀ, with s = lora_alpha / r; rsLoRA (Kalajdzievski 2023) with lora_alpha / √r; DoRA (Liu et al. 2024), which learns the length of
/// each row of the weight apart from its direction.
/// </summary>
public sealed record LoraOptions : MapAdapterOptions
{
    public LoraOptions() => TargetModules = new TextList([ModuleNames.All]);

    public override string Type => "lora";

    public override string PeftType => "LORA";

    [Description("Rank of the change of each weight.")]
    [Range(1, 65536)]
    public int R { get; init; } = 8;

    [Description("The change is multiplied by lora_alpha / r.")]
    [Range(1e-6, 1e6)]
    public double LoraAlpha { get; init; } = 8;

    [Description("Dropout of what the change is made from, in training. 0 to 1.")]
    [Range(0, 0.99)]
    public double LoraDropout { get; init; }

    [Description("Multiply by lora_alpha / sqrt(r) instead, which keeps high ranks learning (rsLoRA).")]
    public bool UseRslora { get; init; }

    [Description("Learn the length of each row of a weight apart from its direction (DoRA).")]
    public bool UseDora { get; init; }

    [Description("Which biases of the model are trained as well: none, all, lora_only: those of the maps that have an adapter.")]
    public LoraBias Bias { get; init; }

    [Description("Numbers of the layers that are adapted, from 0. Default: all.")]
    public TextList LayersToTransform { get; init; } = TextList.Empty;

    [Description("What stands before the number of a layer in names, such as layers. Default: anything.")]
    public TextList LayersPattern { get; init; } = TextList.Empty;

    [Description("Ranks of some modules, as NAME=RANK; a name is the end of a module's, or a regular expression. Default: r for all.")]
    public TextList RankPattern { get; init; } = TextList.Empty;

    [Description("lora_alpha of some modules, as NAME=ALPHA. Default: lora_alpha for all.")]
    public TextList AlphaPattern { get; init; } = TextList.Empty;

    internal override string? Fault(ModelConfig model)
    {
        if (base.Fault(model) is { } fault) return fault;
        if (LayersToTransform.FirstOrDefault(text => !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _)) is { } wrong) return $"adapter.layers_to_transform has '{wrong}'; give numbers of layers, from 0.";
        if (LayersPattern.Count > 0 && LayersToTransform.Count == 0) return "adapter.layers_pattern has no effect without layers_to_transform. Take it out.";
        return FaultOf("rank_pattern", RankPattern, value => value >= 1 && value == Math.Floor(value), "a whole number from 1") ?? FaultOf("alpha_pattern", AlphaPattern, value => value > 0, "a number above 0");
    }

    private protected override bool Takes(string module) => LayersToTransform.Count == 0 || ModuleNames.Layer(module, LayersPattern) is { } layer && LayersToTransform.Contains(layer.ToString(CultureInfo.InvariantCulture));

    /// <summary>The rank of a module's change.</summary>
    internal int Rank(string module) => (int)(Of(RankPattern, module) ?? R);

    /// <summary>What the change of a module is multiplied by.</summary>
    internal double Scaling(string module) => (Of(AlphaPattern, module) ?? LoraAlpha) / (UseRslora ? Math.Sqrt(Rank(module)) : Rank(module));

    internal override IReadOnlyList<ParameterSpec> Parameters(AdaptedMap map)
    {
        var rank = Rank(map.Module);
        return
        [
            map.Own("lora_A.weight", [rank, map.Inputs], Initializer.Uniform(1 / Math.Sqrt(map.Inputs)), ParameterRole.Matrix),
            map.Own("lora_B.weight", [map.Outputs, rank], Initializer.Zeros, ParameterRole.Matrix),
            .. UseDora ? [map.Own("lora_magnitude_vector", [map.Outputs], Initializer.Ones, ParameterRole.Vector)] : (ReadOnlySpan<ParameterSpec>)[],
        ];
    }

    internal override LinearAdapter Create(AdaptedMap map, Parameter weight, Parameter? bias, IReadOnlyList<Parameter> own) =>
        new LoraAdapter(own[0], own[1], Scaling(map.Module)) { Dropout = LoraDropout, Direction = UseDora ? new(own[2], weight, bias, map.Transposed) : null };

    internal override bool Trains(ParameterSpec parameter, ModelConfig model, bool ofMap) =>
        parameter.Name.EndsWith(".bias", StringComparison.Ordinal) && (Bias == LoraBias.All || Bias == LoraBias.LoraOnly && ofMap);

    /// <summary>NAME=VALUE taken apart.</summary>
    internal static IEnumerable<(string Name, double? Value)> Pairs(TextList pattern) => pattern.Select(text =>
    {
        var at = text.LastIndexOf('=');
        return at > 0 && double.TryParse(text.AsSpan(at + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? (text[..at].TrimEnd(), (double?)value) : (text, null);
    });

    private static double? Of(TextList pattern, string module)
    {
        if (pattern.Count == 0) return null;
        var pairs = Pairs(pattern).ToList();
        return ModuleNames.KeyOf(pairs.Select(pair => pair.Name), module) is { } key ? pairs.First(pair => pair.Name == key).Value : null;
    }

    private static string? FaultOf(string key, TextList pattern, Func<double, bool> allowed, string expected) =>
        Pairs(pattern).FirstOrDefault(pair => pair.Value is not { } value || !allowed(value)).Name is { } name ? $"adapter.{key}: '{name}' is not NAME=VALUE with {expected}, such as down_proj=4." : null;
}
