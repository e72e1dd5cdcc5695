using System.ComponentModel;
using Loquat.Models;

namespace Loquat.Adapters;

/// <summary>Of adapters that stand on affine maps.</summary>
public abstract record MapAdapterOptions : AdapterOptions
{
    [Description("Ends of the names of affine maps, such as [q_proj, v_proj]; all-linear: those of all hidden layers; or one regular expression for whole names.")]
    public TextList TargetModules { get; init; } = TextList.Empty;

    [Description("Of those, not these. Default: none is left out.")]
    public TextList ExcludeModules { get; init; } = TextList.Empty;

    /// <summary>Whether a module that the names choose is taken.</summary>
    private protected virtual bool Takes(string module) => true;

    internal override string? Fault(ModelConfig model) => TargetModules.Count == 0
        ? $"adapter.target_modules names nothing; give ends of names, such as {string.Join(", ", ModuleNames.Adaptable(model).Select(map => map.Module.Split('.')[^1]).Distinct().Take(3))}, or all-linear."
        : null;

    internal override IReadOnlyList<AdaptedMap> Maps(ModelConfig model, bool strict)
    {
        if (Fault(model) is { } fault) throw new OptionsException(fault);
        var maps = ModuleNames.Chosen(model, TargetModules, ExcludeModules, ModulesToSave, strict).Where(map => Takes(map.Module)).ToList();
        return maps.Count > 0
            ? maps
            : throw new OptionsException($"adapter.target_modules ({string.Join(", ", TargetModules)}) takes none of the model's affine maps. They are named as {string.Join(", ", ModuleNames.Adaptable(model).Select(map => map.Module).Take(3))}.");
    }
}
