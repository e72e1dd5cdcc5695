using Loquat.Adapters;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Text.Files;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Checkpoints;

/// <summary>
/// An adapter as peft keeps it: `adapter_config.json` and `adapter_model.safetensors`, without the weights of the model that it was trained on. <see cref="ModelFolder.Load(string, Placement, CancellationToken)"/>
/// reads such a folder with that model, where it names a folder that is there.
/// </summary>
public static class AdapterFolder
{
    public const string ConfigFile = "adapter_config.json";
    public const string WeightsFile = "adapter_model.safetensors";

    // What peft puts into names for a module that was trained whole, and takes out again when it saves; older versions left it.
    private const string SavedModule = "modules_to_save.";
    private const string BaseLayer = "base_layer.";

    /// <summary>Whether a folder holds an adapter, and no model of its own.</summary>
    public static bool Is(string folder) => File.Exists(Path.Combine(folder, ConfigFile)) && !File.Exists(Path.Combine(folder, ModelFolder.WeightsFile));

    /// <summary>What an adapter is.</summary>
    /// <exception cref="CheckpointException">The file is missing or damaged, or says what Loquat does not build.</exception>
    public static AdapterOptions ReadOptions(string folder) => AdapterConfigFile.Read(Path.Combine(folder, ConfigFile));

    /// <summary>The model folder that an adapter was trained on.</summary>
    /// <exception cref="CheckpointException">It names none, or none that is here.</exception>
    public static string BaseOf(string folder)
    {
        var path = Path.Combine(folder, ConfigFile);
        var named = AdapterConfigFile.BaseOf(path);
        if (string.IsNullOrEmpty(named)) throw new CheckpointException($"{path}: base_model_name_or_path names no model. Give the one that the adapter was trained on: generate MODEL --adapter {folder}.");
        var found = ((string[])[named, Path.Combine(folder, named)]).FirstOrDefault(Directory.Exists)
            ?? throw new CheckpointException($"{path}: the model that the adapter was trained on, {named}, is not here. Give its folder: generate MODEL --adapter {folder}, or correct base_model_name_or_path.");
        return Is(found) ? throw new CheckpointException($"{path}: the model that the adapter was trained on, {found}, is an adapter itself. Merge that one into its model first: loquat adapters merge.") : found;
    }

    /// <summary>Puts the adapter of a folder on a model.</summary>
    /// <param name="quantization">In which numbers the model's weights are kept; null: as when the adapter was trained.</param>
    /// <exception cref="CheckpointException">A file is missing or damaged, says what Loquat does not build, or is of another model.</exception>
    public static Adapter Add(Model model, string folder, QuantizationKind? quantization = null)
    {
        var options = ReadOptions(folder);
        Adapter adapter;
        try
        {
            adapter = Adapter.Create(model, quantization is { } kind ? options with { Quantization = kind } : options, seed: null);
        }
        catch (OptionsException error)
        {
            throw new CheckpointException($"{Path.Combine(folder, ConfigFile)}: {error.Message} The adapter is of another model, or of a version of it with other names.", error);
        }
        try
        {
            LoadWeights(folder, adapter);
            return adapter;
        }
        catch
        {
            adapter.Dispose();
            throw;
        }
    }

    /// <summary>Replaces what an adapter has learned.</summary>
    /// <exception cref="CheckpointException">The file is missing or damaged, or of another adapter.</exception>
    public static void LoadWeights(string folder, Adapter adapter)
    {
        using var file = SafetensorsFile.Open(Path.Combine(folder, WeightsFile));
        var left = file.Entries.Keys.ToHashSet(StringComparer.Ordinal);
        var byName = left.ToLookup(key => Plain(key, adapter), StringComparer.Ordinal);
        var found = new List<(Parameter Parameter, string Name)>();
        foreach (var parameter in adapter.Saved)
        {
            var name = adapter.FileName(parameter);
            var key = byName[Plain(name, adapter)].FirstOrDefault(left.Contains) ?? throw new CheckpointException($"{file.Path}: there is no tensor '{name}'; by adapter_config.json the adapter has it. The adapter is of another model, or the file is of another adapter.");
            var shape = file.Entries[key].Shape;
            if (!shape.SequenceEqual(parameter.Spec.Shape)) throw new CheckpointException($"{file.Path}: tensor '{key}' has shape [{string.Join(", ", shape)}]; for this model it must be [{string.Join(", ", parameter.Spec.Shape)}]. The adapter is of another model.");
            left.Remove(key);
            found.Add((parameter, key));
        }
        if (left.Count > 0) throw new CheckpointException($"{file.Path}: tensor '{left.Min(StringComparer.Ordinal)}' is not of the adapter that adapter_config.json tells of, or its model has no such module.");
        foreach (var (parameter, key) in found)
        {
            using var scope = NewDisposeScope();
            var values = file.Load(key);
            if (!values.is_floating_point() || !values.isfinite().all().item<bool>()) throw new CheckpointException($"{file.Path}: tensor '{key}' holds values that are not finite numbers: the file is damaged, or its training diverged.");
            parameter.Load(values);
        }
    }

    /// <summary>Writes both files into an existing folder.</summary>
    /// <param name="basePath">The folder of the model that it stands on; null: the file names none.</param>
    /// <param name="weight">The float32 values of a parameter; null: what the model computes with.</param>
    public static void Write(string folder, Adapter adapter, ModelConfig model, string? basePath, Func<Parameter, Tensor>? weight = null)
    {
        ModelFolder.WriteJson(folder, ConfigFile, AdapterConfigFile.ToJson(adapter, model, basePath));
        SafetensorsWriter.Write(Path.Combine(folder, WeightsFile), [.. adapter.Saved.Select(p => (adapter.FileName(p), weight?.Invoke(p) ?? p.Value)).OrderBy(pair => pair.Item1, StringComparer.Ordinal)]);
    }

    /// <summary>Writes the model that an adapter was trained on with what it learned in its weights: a model folder that needs no adapter.</summary>
    /// <param name="folder">Of the adapter.</param>
    /// <param name="output">Must not exist, or be empty.</param>
    /// <param name="model">The model folder; null: the one that the adapter names.</param>
    /// <exception cref="CheckpointException">A file is missing or damaged, or the adapter is of another model.</exception>
    /// <exception cref="OptionsException">No weights give the same as the adapter, or there is something in the output folder.</exception>
    public static void Merge(string folder, string output, string? model = null, CancellationToken cancellation = default)
    {
        if (File.Exists(output) || Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any()) throw new OptionsException($"{output}: there is something already. Name a folder that is new or empty.");
        if (!Is(folder)) throw new CheckpointException($"{folder}: holds no adapter ({ConfigFile} and {WeightsFile} without a model's weights).");
        var published = model ?? BaseOf(folder);
        using var merged = Load<Model>(folder, Placement.Cpu, cancellation, published, QuantizationKind.None);
        merged.Adapters.OfType<Adapter>().Single().Merge();
        AtomicFolder.Write(output, temporary =>
        {
            ModelFolder.Write(temporary, merged);
            // Tokenizer, chat template and what else stands beside the weights; the adapter's own first.
            foreach (var file in new[] { folder, published }.SelectMany(from => Directory.EnumerateFiles(from)).Where(IsBeside))
                if (Path.Combine(temporary, Path.GetFileName(file)) is var target && !File.Exists(target)) File.Copy(file, target);
        });
    }

    private static bool IsBeside(string file) => Path.GetFileName(file) is var name && Path.GetExtension(file) is ".json" or ".txt" or ".model" or ".jinja"
        && name is not (ConfigFile or "model.safetensors.index.json" or "training_state.json");

    /// <summary>The model that an adapter was trained on, with the adapter: its own configuration where the folder has one, with the head of a task.</summary>
    internal static TModel Load<TModel>(string folder, Placement placement, CancellationToken cancellation, string? published = null, QuantizationKind? quantization = null) where TModel : Model
    {
        published ??= BaseOf(folder);
        using var files = WeightFiles.Open(published);
        var config = files.Fit(ModelFolder.ReadConfig(File.Exists(Path.Combine(folder, ModelFolder.ConfigFile)) ? folder : published));
        var tensors = files.Match(config, newHead: config is EncoderConfig);
        var model = config.Build<TModel>(placement, seed: null);
        return ModelFolder.Filled(model, tensors, cancellation, filled =>
        {
            var adapter = Add(filled, folder, quantization);
            var held = adapter.Saved.Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
            if (filled.Parameters.FirstOrDefault(p => !tensors.ContainsKey(p.Name) && !held.Contains(p.Name)) is { } missing)
                throw new CheckpointException($"{folder}: neither the adapter nor the model that it stands on, {published}, holds '{missing.Name}'.");
        });
    }

    /// <summary>A name without what versions of peft, and the prefix of base models, add to it.</summary>
    private static string Plain(string name, Adapter adapter)
    {
        name = name.Replace(BaseLayer, "", StringComparison.Ordinal).Replace(SavedModule, "", StringComparison.Ordinal);
        if (name.StartsWith(AdaptedMap.Prefix, StringComparison.Ordinal)) name = name[AdaptedMap.Prefix.Length..];
        if (name.StartsWith(adapter.BasePrefix, StringComparison.Ordinal)) name = name[adapter.BasePrefix.Length..];
        return name.EndsWith("lora_magnitude_vector.weight", StringComparison.Ordinal) ? name[..^".weight".Length] : name;
    }
}
