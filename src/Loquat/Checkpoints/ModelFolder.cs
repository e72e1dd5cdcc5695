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
    public const string GenerationFile = "generation_config.json";

    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true };

    /// <summary>Writes the three files into an existing folder.</summary>
    /// <param name="weight">The float32 values of a parameter; null: what the model computes with.</param>
    /// <param name="sampling">Further keys of `generation_config.json`.</param>
    public static void Write(string folder, Model model, Func<Parameter, Tensor>? weight = null, JsonObject? sampling = null)
    {
        WriteConfig(folder, model.Config, sampling);
        SafetensorsWriter.Write(Path.Combine(folder, WeightsFile), [.. model.Parameters.Concat(model.Buffers)
            .OrderBy(p => p.Name, StringComparer.Ordinal)
            .Select(p => (p.Name, model.Buffers.Contains(p) ? p.Value : weight?.Invoke(p) ?? p.Value))]);
    }

    /// <summary>Writes the two files without weights: those of an adapter lie beside them.</summary>
    internal static void WriteConfig(string folder, ModelConfig model, JsonObject? sampling)
    {
        var config = model.ToJson();
        WriteJson(folder, ConfigFile, config);
        var generation = (JsonObject?)sampling?.DeepClone() ?? [];
        foreach (var key in (string[])["bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id"])
            if (config[key] is { } id) generation[key] = id.DeepClone();
        WriteJson(folder, GenerationFile, generation);
    }

    /// <summary>Reads the configuration of a model folder, or of the model that an adapter's folder names, with the begin and end tokens of its `generation_config.json` where that names some.</summary>
    /// <exception cref="CheckpointException">A file is missing or damaged, or holds a setting that Loquat does not build.</exception>
    public static ModelConfig ReadConfig(string folder)
    {
        if (AdapterFolder.Is(folder) && !File.Exists(Path.Combine(folder, ConfigFile))) folder = AdapterFolder.BaseOf(folder);
        var config = ModelConfigFile.Read(Path.Combine(folder, ConfigFile));
        var path = Path.Combine(folder, GenerationFile);
        if (!File.Exists(path)) return config;
        var generation = ConfigReader.Open(path);
        config = config with { BosTokenId = generation.OptionalInteger("bos_token_id", 0) ?? config.BosTokenId, EosTokenIds = generation.Ids("eos_token_id") ?? config.EosTokenIds };
        return config is not EncoderDecoderConfig two ? config : two with
        {
            DecoderStartTokenId = generation.OptionalInteger("decoder_start_token_id", 0) ?? two.DecoderStartTokenId,
            PadTokenId = generation.OptionalInteger("pad_token_id", 0) ?? two.PadTokenId,
        };
    }

    /// <summary>Builds the model that a folder holds; of the folder of an adapter, the model that it was trained on with the adapter (<see cref="AdapterFolder"/>). Nothing is allocated before every tensor is found in the files with its shape.</summary>
    /// <exception cref="CheckpointException">A file is missing or damaged, or the weights are not those of the configuration.</exception>
    /// <exception cref="MachineException">The model does not fit the memory.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two tensors; nothing is left in memory.</exception>
    public static Model Load(string folder, Placement placement, CancellationToken cancellation = default) => Load<Model>(folder, placement, cancellation);

    /// <summary>As <see cref="Load(string, Placement, CancellationToken)"/>, of a kind that the caller needs: a <see cref="CausalModel"/> writes texts.</summary>
    /// <exception cref="OptionsException">The folder holds a model of another kind.</exception>
    /// <inheritdoc cref="Load(string, Placement, CancellationToken)"/>
    public static TModel Load<TModel>(string folder, Placement placement, CancellationToken cancellation = default) where TModel : Model
    {
        if (AdapterFolder.Is(folder)) return AdapterFolder.Load<TModel>(folder, placement, cancellation);
        var read = ReadConfig(folder);
        using var files = WeightFiles.Open(folder);
        var config = files.Fit(read);
        var tensors = files.Match(config);
        var model = config.Build<TModel>(placement, seed: null);
        return Filled(model, tensors, cancellation);
    }

    /// <summary>
    /// Puts a head of one's own on the model of a folder, as fine-tuning begins: the backbone is the folder's. Parameters of the head that the folder has in the same shape are taken,
    /// the others start from the seed.
    /// </summary>
    /// <param name="change">Gives the configuration its head: <c>config => config with { Head = HeadKind.SequenceClassification, Labels = ["bad", "good"] }</c>.</param>
    /// <param name="seed">Of what starts anew.</param>
    /// <exception cref="OptionsException">The folder holds no encoder, or the family has no such head.</exception>
    /// <inheritdoc cref="Load(string, Placement, CancellationToken)"/>
    public static EncoderModel LoadWithHead(string folder, Placement placement, Func<EncoderConfig, EncoderConfig> change, ulong seed, CancellationToken cancellation = default)
    {
        var published = ReadConfig(folder);
        using var files = WeightFiles.Open(folder);
        var config = change(files.Fit(published) as EncoderConfig ?? throw new OptionsException($"{folder}: a {published.ModelType} model is no encoder; heads like this stand on encoders.")).Validated();
        var tensors = files.Match(config, newHead: true);
        return Filled(config.Build<EncoderModel>(placement, seed), tensors, cancellation);
    }

    /// <summary>Parameters of a configuration that the weights of a folder lack, or have in another shape: those of a new head.</summary>
    /// <exception cref="CheckpointException">Others are missing.</exception>
    internal static IReadOnlyList<string> Missing(string folder, ModelConfig config)
    {
        using var files = WeightFiles.Open(folder);
        var there = files.Match(config, newHead: true);
        return [.. config.Parameters().Select(p => p.Name).Where(name => !there.ContainsKey(name))];
    }

    /// <summary>Replaces the weights of a model. Nothing changes when the file does not fit.</summary>
    /// <param name="path">A model folder, or one safetensors file.</param>
    public static void LoadWeights(string path, Model model)
    {
        using var files = WeightFiles.Open(path);
        Fill(model, files.Match(model.Config));
    }

    /// <param name="then">What else the model needs; it is disposed of where that fails.</param>
    internal static TModel Filled<TModel>(TModel model, IReadOnlyDictionary<string, (SafetensorsFile File, string Name)> tensors, CancellationToken cancellation, Action<TModel>? then = null) where TModel : Model
    {
        try
        {
            Fill(model, tensors, cancellation);
            then?.Invoke(model);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static void Fill(Model model, IReadOnlyDictionary<string, (SafetensorsFile File, string Name)> tensors, CancellationToken cancellation = default)
    {
        foreach (var parameter in model.Parameters.Concat(model.Buffers))
        {
            cancellation.ThrowIfCancellationRequested();
            if (!tensors.TryGetValue(parameter.Name, out var place)) continue;   // of a new head, or a buffer that the file lacks
            var (file, name) = place;
            using var scope = NewDisposeScope();
            var values = file.Load(name);
            if (!values.isfinite().all().item<bool>())
                throw new CheckpointException($"{file.Path}: tensor '{name}' holds values that are not finite (NaN or infinity): the file is damaged, or its training diverged. Try an earlier checkpoint.");
            parameter.Load(values);
        }
    }

    internal static void WriteJson(string folder, string name, JsonObject json)
    {
        using var file = new FileStream(Path.Combine(folder, name), FileMode.Create, FileAccess.Write);
        JsonSerializer.Serialize(file, json, _indented);
        file.Write("\n"u8);
        file.Flush(flushToDisk: true);
    }
}
