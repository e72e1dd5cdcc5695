using System.Text.Json;
using System.Text.Json.Nodes;
using Loquat.Layers;
using Loquat.Models;
using static TorchSharp.torch;

namespace Loquat.Checkpoints;

/// <summary>A Hugging Face model folder: `config.json`, `model.safetensors`, `generation_config.json`. transformers loads it as it is.</summary>
public static class ModelFolder
{
    public const string ConfigFile = "config.json";
    public const string WeightsFile = "model.safetensors";
    private const string GenerationFile = "generation_config.json";
    private const string TiedHead = "lm_head.weight";

    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true };

    /// <summary>Writes the three files into an existing folder.</summary>
    /// <param name="weight">The float32 values of a parameter; null: what the model computes with.</param>
    public static void Write(string folder, CausalModel model, Func<Parameter, Tensor>? weight = null)
    {
        var config = model.Config.ToJson();
        WriteJson(folder, ConfigFile, config);
        var generation = new JsonObject();
        foreach (var key in (string[])["bos_token_id", "eos_token_id"])
            if (config[key] is { } id) generation[key] = id.DeepClone();
        WriteJson(folder, GenerationFile, generation);
        SafetensorsWriter.Write(Path.Combine(folder, WeightsFile), [.. model.Parameters
            .OrderBy(p => p.Name, StringComparer.Ordinal)
            .Select(p => (p.Name, weight?.Invoke(p) ?? p.Value))]);
    }

    /// <summary>Builds the model that a folder holds.</summary>
    /// <exception cref="CheckpointException">A file is missing or damaged, or the weights are not those of the configuration.</exception>
    public static CausalModel Load(string folder, Placement placement)
    {
        var model = ModelConfig.Read(Path.Combine(folder, ConfigFile)).Build(placement, seed: 0);
        try
        {
            LoadWeights(Path.Combine(folder, WeightsFile), model);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Replaces the weights of a model. Nothing changes when the file does not fit.</summary>
    public static void LoadWeights(string path, CausalModel model)
    {
        using var file = SafetensorsFile.Open(path);
        foreach (var parameter in model.Parameters)
        {
            if (!file.Entries.TryGetValue(parameter.Name, out var entry))
                throw new CheckpointException($"{path}: there is no tensor '{parameter.Name}'; the file is not of this {model.Config.ModelType} model.");
            if (!entry.Shape.SequenceEqual(parameter.Spec.Shape))
                throw new CheckpointException($"{path}: tensor '{parameter.Name}' has shape [{string.Join(", ", entry.Shape)}]; the model needs [{string.Join(", ", parameter.Spec.Shape)}].");
        }
        var known = model.Parameters.Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        if (file.Entries.Keys.FirstOrDefault(name => !known.Contains(name) && !(model.Config.TiesHead && name == TiedHead)) is { } extra)
            throw new CheckpointException($"{path}: tensor '{extra}' is not of this {model.Config.ModelType} model.");
        foreach (var parameter in model.Parameters)
        {
            using var values = file.Load(parameter.Name);
            parameter.Load(values);
        }
    }

    private static void WriteJson(string folder, string name, JsonObject json)
    {
        using var file = new FileStream(Path.Combine(folder, name), FileMode.Create, FileAccess.Write);
        JsonSerializer.Serialize(file, json, _indented);
        file.Write("\n"u8);
        file.Flush(flushToDisk: true);
    }
}
