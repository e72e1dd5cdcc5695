using Loquat.Layers;
using Loquat.Models;

namespace Loquat.Adapters;

/// <summary>What an adapter learns of an architecture, known without building either.</summary>
/// <param name="Maps">The affine maps that it stands on, and its parameters of each.</param>
/// <param name="Table">Learned tokens; null: none.</param>
/// <param name="Trained">Parameters of the model that it trains.</param>
public sealed record AdapterPlan(IReadOnlyList<(AdaptedMap Map, IReadOnlyList<ParameterSpec> Own)> Maps, ParameterSpec? Table, IReadOnlyList<ParameterSpec> Trained)
{
    /// <summary>Numbers that are trained.</summary>
    public long Count => Maps.Sum(map => map.Own.Sum(own => own.Count)) + (Table?.Count ?? 0) + Trained.Sum(parameter => parameter.Count);

    /// <param name="strict">Whether every name of the options must name something of the model, as those of a recipe.</param>
    /// <exception cref="OptionsException">The model cannot have it, or a name names nothing; the message says which.</exception>
    public static AdapterPlan Of(AdapterOptions options, ModelConfig model, bool strict = true)
    {
        if (options.Fault(model) is { } fault) throw new OptionsException(fault);
        var maps = options.Maps(model, strict);
        var biases = maps.Select(map => $"{map.Module}.bias").ToHashSet(StringComparer.Ordinal);
        var parameters = model.Parameters().ToList();
        List<ParameterSpec> trained = [.. parameters.Where(p => ModuleNames.Within(p.Name, options.ModulesToSave) || options.Trains(p, model, biases.Contains(p.Name)))];
        foreach (var name in options.ModulesToSave)
            if (!trained.Any(p => ModuleNames.Within(p.Name, new TextList([name]))) && (strict || !Usual.Contains(name)))
                throw new OptionsException($"adapter.modules_to_save names '{name}', which is no module of this {model.ModelType} model{(name == "lm_head" && model.TiesHead ? ": its head is its embedding (tie_word_embeddings); name that" : "")}. " +
                    NearestName.Advice(name, [.. parameters.Select(p => p.Name[..Math.Max(0, p.Name.LastIndexOf('.'))]).Distinct()]));
        return new([.. maps.Select(map => (map, options.Parameters(map)))], options.Table(model), trained);
    }

    // peft names both for every classifier, whichever the model has.
    private static readonly string[] Usual = ["classifier", "score"];
}
