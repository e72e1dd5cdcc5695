using Loquat.Layers;
using Loquat.Models;
using Loquat.Text.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Adapters;

/// <summary>
/// An adapter on a model: what learns while the weights stay. The model computes with it from the moment it is put on until it is taken off (<see cref="IsActive"/>) or merged; several act
/// one after the other. It belongs to the model, which disposes of it.
/// </summary>
public sealed class Adapter : IModelAdapter
{
    private readonly Model _model;
    private readonly List<(Parameter Weight, Parameter? Bias, LinearAdapter Map, bool Transposed)> _maps = [];
    private readonly Parameter? _table;
    private readonly List<Parameter> _trained;
    private readonly HashSet<string> _mapBiases;
    private readonly Dictionary<Parameter, Tensor> _others = [];   // values of the trained parameters of the model that it does not compute with now

    private Adapter(Model model, AdapterOptions options, AdapterPlan plan, ulong? seed)
    {
        (_model, Options, Plan) = (model, options, plan);
        _trained = [.. plan.Trained.Select(spec => model[spec.Name])];
        _mapBiases = plan.Maps.Select(map => $"{map.Map.Module}.bias").ToHashSet(StringComparer.Ordinal);
        List<Parameter> own = [];
        foreach (var (map, specs) in plan.Maps)
        {
            Parameter[] parameters = [.. specs.Select(spec => new Parameter(spec, model.Placement, seed))];
            var (weight, bias) = (model[map.Weight.Name], model.Find($"{map.Module}.bias"));
            _maps.Add((weight, bias, options.Create(map, weight, bias, parameters), map.Transposed));
            own.AddRange(parameters);
        }
        if (plan.Table is { } table) own.Add(_table = new Parameter(table, model.Placement, seed));
        Parameters = own;
        foreach (var parameter in _trained) _others[parameter] = parameter.Value.detach().clone().DetachFromDisposeScope();
    }

    public AdapterOptions Options { get; }

    /// <summary>What it learns.</summary>
    public AdapterPlan Plan { get; }

    /// <inheritdoc/>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Everything that is trained, saved and read: its own parameters, and those of the model that it trains.</summary>
    public IReadOnlyList<Parameter> Saved => [.. Parameters, .. _trained];

    /// <summary>Whether the model computes with it.</summary>
    public bool IsActive { get; private set; }

    /// <summary>Puts a new adapter on a model, whose weights then stay as they are.</summary>
    /// <param name="seed">Of its starting values.</param>
    /// <exception cref="OptionsException">The model cannot have it, or a name of the options names nothing of it.</exception>
    public static Adapter Add(Model model, AdapterOptions options, ulong seed)
    {
        var adapter = Create(model, options, seed, strict: true);
        if (options is PromptTuningOptions) adapter.StartAsTokens(seed);
        foreach (var (_, _, map, _) in adapter._maps) (map as LoraAdapter)?.Start();
        return adapter;
    }

    /// <summary>Puts an adapter on a model whose values are read afterwards.</summary>
    /// <param name="seed">Null: it has no values yet.</param>
    internal static Adapter Create(Model model, AdapterOptions options, ulong? seed, bool strict = false)
    {
        var plan = AdapterPlan.Of(options, model.Config, strict);
        if (plan.Table is not null && model is CausalModel { VirtualTokens: > 0 }) throw new OptionsException($"the model has learned tokens before its texts already; a second {options.Type} cannot stand there. Take the first off.");
        foreach (var other in model.Adapters.OfType<Adapter>().Where(other => other.IsActive))
            if (other._trained.Find(p => plan.Trained.Any(spec => spec.Name == p.Name)) is { } both) throw new OptionsException($"two adapters train {both.Name}, which can have one value only. Take the first off.");
        var adapter = new Adapter(model, options, plan, seed);
        foreach (var parameter in model.Parameters) parameter.Trains = false;
        foreach (var parameter in model.Parameters.Where(p => model.Config.TakesAdapter(p.Spec) && !adapter._trained.Contains(p))) parameter.Quantize(options.Quantization);
        model.AdapterList.Add(adapter);
        foreach (var parameter in adapter._trained) parameter.Trains = true;
        adapter.SetActive(true);
        return adapter;
    }

    /// <summary>Takes the adapter off, or puts it on again behind those that are on. Switching costs nothing but the values of modules that were trained whole.</summary>
    public void SetActive(bool active)
    {
        if (active == IsActive) return;
        IsActive = active;
        foreach (var (weight, _, map, _) in _maps)
            if (active) weight.Adapters.Add(map);
            else weight.Adapters.Remove(map);
        if (_table is not null && _model is CausalModel causal)
        {
            if (Options is PrefixTuningOptions) causal.KeyValues = active ? new KvPrefix(_table, _model.Config.Layers) : null;
            else causal.TokenEmbedding.MoreRows = active ? _table : null;
        }
        foreach (var parameter in _trained)
        {
            var (old, now) = (_others[parameter], parameter.Value.detach().clone().DetachFromDisposeScope());
            parameter.Load(old);
            old.Dispose();
            _others[parameter] = now;
        }
    }

    /// <summary>Adds what was learned to the weights, which then give the same alone, and disposes of the adapter.</summary>
    /// <exception cref="OptionsException">No weights can give the same, or they are quantized.</exception>
    public void Merge()
    {
        if (_table is not null) throw new OptionsException($"an adapter of type {Options.Type} learns tokens before a text; no weights of the model give the same. Keep it as it is, and load it beside the model.");
        if (_maps.Exists(map => map.Weight.Quantized is not null)) throw new OptionsException("the weights are quantized; what was learned is merged into whole ones. Load the model without quantization.");
        SetActive(true);
        using (NewDisposeScope())
        {
            using var guard = no_grad();
            foreach (var (weight, bias, map, transposed) in _maps)
            {
                var w = weight.Value.to(ScalarType.Float32);
                var merged = map.Merged(transposed ? w.t() : w) ?? throw new OptionsException($"an adapter of type {Options.Type} is no change of weights; no weights of the model give the same. Keep it as it is, and load it beside the model.");
                weight.Load(transposed ? merged.t() : merged);
                if (bias is not null && !_trained.Contains(bias)) bias.Load(map.MergedBias(bias.Value.to(ScalarType.Float32)));
                weight.Adapters.Remove(map);
            }
        }
        IsActive = false;
        _model.AdapterList.Remove(this);
        Free();
        if (_model.Adapters.Count == 0)
            foreach (var parameter in _model.Parameters) parameter.Trains = true;
    }

    /// <summary>What base models leave out of names.</summary>
    internal string BasePrefix => _model.Config.BasePrefix;

    /// <summary>The name that peft's files give a parameter.</summary>
    public string FileName(Parameter parameter)
    {
        if (Parameters.Contains(parameter)) return parameter.Name;
        // Where an adapter stands, the map itself lies one module deeper.
        return AdaptedMap.Prefix + (_mapBiases.Contains(parameter.Name) ? $"{parameter.Name[..^4]}base_layer.bias" : parameter.Name);
    }

    /// <summary>Takes the adapter off and frees it; the weights are as they were.</summary>
    public void Dispose()
    {
        if (!_model.AdapterList.Remove(this)) return;
        SetActive(false);
        Free();
    }

    private void Free()
    {
        foreach (var parameter in Parameters) parameter.Dispose();
        foreach (var values in _others.Values) values.Dispose();
        _others.Clear();
    }

    // Tokens of the vocabulary are better starts than chance (Lester et al. 2021, figure 3).
    private void StartAsTokens(ulong seed)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var embedding = ((CausalModel)_model).TokenEmbedding.Value;
        var ids = Enumerable.Range(0, (int)_table!.Spec.Shape[0]).Select(i => (long)(SplitMix64.Mix(seed + (ulong)i) % (ulong)embedding.shape[0])).ToArray();
        _table.Load(embedding.index_select(0, tensor(ids, device: embedding.device)));
    }
}
