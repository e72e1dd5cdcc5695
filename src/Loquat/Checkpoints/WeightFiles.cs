using System.Text.Json;
using System.Text.Json.Nodes;
using Loquat.Models;
using static TorchSharp.torch;

namespace Loquat.Checkpoints;

/// <summary>
/// The weights of a model: one safetensors file, or several that `model.safetensors.index.json` joins. Names are as published: with or without
/// the prefix of the base model, with tables that older programs saved beside the parameters.
/// </summary>
internal sealed class WeightFiles : IDisposable
{
    private const string IndexFile = "model.safetensors.index.json";
    private const string Head = "lm_head.weight";

    // What programs put before every name of a model that they wrapped.
    private static readonly string[] _wrappers = ["_orig_mod.", "module."];

    private readonly string _place;
    private readonly Dictionary<string, SafetensorsFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SafetensorsFile> _tensors = new(StringComparer.Ordinal);

    private WeightFiles(string place) => _place = place;

    /// <param name="path">A model folder, or one safetensors file.</param>
    /// <exception cref="CheckpointException">A file is missing or damaged; the message says which.</exception>
    public static WeightFiles Open(string path)
    {
        var whole = Directory.Exists(path) ? Path.Combine(path, ModelFolder.WeightsFile) : path;
        var index = Path.Combine(path, IndexFile);
        var weights = new WeightFiles(File.Exists(whole) || !File.Exists(index) ? whole : index);
        try
        {
            if (weights._place == index) weights.OpenShards(path);
            else weights.OpenWhole(path);
            return weights;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>The configuration with what only the tensors tell.</summary>
    public ModelConfig Fit(ModelConfig config) => config.For(_tensors.Keys.Select(name => Canonical(name, config)).ToHashSet(StringComparer.Ordinal));

    /// <summary>The file and the name in it of every parameter of a model, each of the right shape and a floating-point type. Nothing is read yet.</summary>
    /// <param name="newHead">Parameters of the head may be missing or of another shape: they are left out of the result.</param>
    /// <exception cref="CheckpointException">A tensor is missing, superfluous, twice there, or of another shape or type.</exception>
    public IReadOnlyDictionary<string, (SafetensorsFile File, string Name)> Match(ModelConfig config, bool newHead = false)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);   // the model's name of a tensor → the file's
        foreach (var name in _tensors.Keys)
            if (!names.TryAdd(Canonical(name, config), name))
                throw Fault($"'{name}' and '{names[Canonical(name, config)]}' are the same tensor of a {config.ModelType} model.");
        var found = new Dictionary<string, (SafetensorsFile, string)>(StringComparer.Ordinal);
        // One by one: a configuration may ask for any number of layers, and the first that is missing ends it.
        foreach (var (spec, trained) in config.Parameters().Select(spec => (spec, true)).Concat(config.Buffers().Select(spec => (spec, false))))
        {
            if (!names.Remove(spec.Name, out var name)) name = !trained || newHead && config.IsOfHead(spec.Name) ? null : throw Missing(spec.Name, config);
            if (name is null) continue;
            var entry = _tensors[name].Entries[name];
            if (newHead && config.IsOfHead(spec.Name) && !entry.Shape.SequenceEqual(spec.Shape)) continue;
            if (!entry.Shape.SequenceEqual(spec.Shape))
                throw Fault($"tensor '{name}' has shape [{string.Join(", ", entry.Shape)}]; by its config.json the model needs [{string.Join(", ", spec.Shape)}].");
            if (entry.Type is not (ScalarType.Float64 or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16))
                throw Fault($"tensor '{name}' has dtype {SafetensorsTypes.Name(entry.Type)}; weights must be F64, F32, F16 or BF16. Quantized models are not read.");
            found[spec.Name] = (_tensors[name], name);
        }
        foreach (var (alias, parameter) in config.Tied)
            if (names.Remove(Canonical(alias, config), out var again) && found.TryGetValue(parameter, out var tied)) CheckTied(again, tied);
        var others = names.Count == 0 ? [] : config.OtherHeads.ToHashSet(StringComparer.Ordinal);
        if (names.FirstOrDefault(pair => !others.Contains(pair.Key) && !config.SavedTables.Any(end => pair.Key.EndsWith(end, StringComparison.Ordinal))).Value is { } extra)
            throw Fault($"tensor '{extra}' is not of this {config.ModelType} model. Where the file holds more layers or heads than config.json tells, correct one of the two.");
        return found;
    }

    public void Dispose()
    {
        foreach (var file in _files.Values) file.Dispose();
    }

    private static string Canonical(string name, ModelConfig config)
    {
        foreach (var wrapper in _wrappers)
            if (name.StartsWith(wrapper, StringComparison.Ordinal)) name = name[wrapper.Length..];
        name = config.Renamed(name);
        return name.StartsWith(config.BasePrefix, StringComparison.Ordinal) || config.HeadPrefixes.Any(head => name.StartsWith(head, StringComparison.Ordinal)) ? name : config.BasePrefix + name;
    }

    /// <summary>A tied tensor that was saved all the same must be the one it is tied to: else one of the two is what the model was trained with, and none can tell which.</summary>
    private void CheckTied(string head, (SafetensorsFile File, string Name) embedding)
    {
        using var scope = NewDisposeScope();
        var (first, second) = (_tensors[head].Load(head), embedding.File.Load(embedding.Name));
        if (!first.shape.SequenceEqual(second.shape) || !first.eq(second).all().item<bool>())
            throw Fault($"'{head}' differs from '{embedding.Name}', but by config.json the two are one (tie_word_embeddings). Set tie_word_embeddings to false to use the head that the file holds.");
    }

    private void OpenWhole(string path)
    {
        if (!File.Exists(_place) && Directory.Exists(path) && Directory.EnumerateFiles(path, "*.bin").Concat(Directory.EnumerateFiles(path, "*.pt*")).FirstOrDefault() is { } pickle)
            throw Fault($"there is no such file; {Path.GetFileName(pickle)} is of a kind that can run code and is never read. Convert it to safetensors first.");
        var file = _files[""] = SafetensorsFile.Open(_place);
        foreach (var name in file.Entries.Keys) _tensors[name] = file;
    }

    private void OpenShards(string folder)
    {
        if (ConfigReader.Open(_place).Object("weight_map") is not { Count: > 0 } map) throw Fault("there is no weight_map that tells which file holds each tensor.");
        foreach (var (name, value) in map)
        {
            var shard = Shard(name, value);
            if (!_files.TryGetValue(shard, out var file))
            {
                if (!File.Exists(Path.Combine(folder, shard))) throw Fault($"the file '{shard}', which holds '{name}', is missing.");
                file = _files[shard] = SafetensorsFile.Open(Path.Combine(folder, shard));
            }
            if (!file.Entries.ContainsKey(name)) throw Fault($"'{shard}' does not hold the tensor '{name}'.");
            _tensors[name] = file;
        }
        foreach (var (shard, file) in _files)
            if (file.Entries.Keys.FirstOrDefault(name => !_tensors.ContainsKey(name)) is { } unlisted)
                throw Fault($"'{shard}' holds the tensor '{unlisted}', which the index does not name.");
    }

    private string Shard(string tensor, JsonNode? value)
    {
        var shard = value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : throw Fault($"weight_map of '{tensor}' is {value?.ToJsonString() ?? "null"}; it must be the name of a file.");
        return shard.EndsWith(".safetensors", StringComparison.Ordinal) && shard.IndexOfAny(['/', '\\', ':', '\0']) < 0
            ? shard
            : throw Fault($"weight_map of '{tensor}' is '{shard}'; it must be the name of a .safetensors file in the same folder.");
    }

    private CheckpointException Missing(string name, ModelConfig config) => Fault(name == Head
        ? $"there is no head '{Head}': the folder holds a base model, and config.json does not tie the head to the embedding (tie_word_embeddings). It cannot write text."
        : config.IsOfHead(name)
            ? $"there is no tensor '{name}' of the head that config.json names: the folder holds a base model, or one with another head. To begin with a new one, load it with a seed (docs/models.md)."
            : $"there is no tensor '{name}'; by its config.json the {config.ModelType} model has it.");

    private CheckpointException Fault(string message) => new($"{_place}: {message}");
}
