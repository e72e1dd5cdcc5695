using System.Text.Json;
using Loquat.Adapters;
using Loquat.Checkpoints;
using Loquat.Generation;
using Loquat.Models;
using Loquat.Optimization;
using Loquat.Text.Files;
using Loquat.Text.Tokenization.ChatTemplates;
using static TorchSharp.torch;

namespace Loquat.Training;

/// <summary>
/// The checkpoints of a run: `last` (a model folder, or that of an adapter, with the training state) and `best` (the same without it). Each appears whole or not at all.
/// </summary>
/// <param name="folder">The run's `checkpoints` folder.</param>
/// <param name="tokenizerFile">Copied into every checkpoint as `tokenizer.json`, with what says more of it beside it: `tokenizer_config.json`, `chat_template.jinja`.</param>
public sealed class CheckpointStore(string folder, string? tokenizerFile)
{
    private const string StateFile = "training_state.json";
    private const string OptimizerFile = "optimizer.safetensors";

    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>How the model writes when nothing else is said: its `generation_config.json`.</summary>
    public SamplingOptions? Sampling { get; init; }

    /// <summary>What is trained beside the model, and alone is saved; null: the model is.</summary>
    public Adapter? Adapter { get; init; }

    /// <summary>The model folder that <see cref="Adapter"/> stands on.</summary>
    public string? AdapterBase { get; init; }

    public string Last => Path.Combine(folder, "last");

    public string Best => Path.Combine(folder, "best");

    /// <summary>Where the last checkpoint stands.</summary>
    /// <returns>Null where there is none yet.</returns>
    /// <exception cref="CheckpointException">It is damaged.</exception>
    public TrainingState? ReadState()
    {
        AtomicFolder.Recover(Last);
        if (!Directory.Exists(Last)) return null;
        var path = Path.Combine(Last, StateFile);
        var text = "";
        try
        {
            text = File.ReadAllText(path);
            return JsonSerializer.Deserialize<TrainingState>(text, _json) ?? throw new JsonException("it is empty");
        }
        catch (JsonException error)
        {
            throw new CheckpointException($"{path}: {TornFile.Describe(text, error.Message)} Put back a copy of the run, or start another with --out.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path}: cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Restores weights, optimizer and state of the last checkpoint. The precision may be another than it was saved from: a checkpoint holds float32 weights.</summary>
    /// <returns>Null where there is none yet.</returns>
    /// <exception cref="CheckpointException">It is damaged, or of another model or optimizer.</exception>
    public TrainingState? LoadLast(Model model, Optimizer optimizer)
    {
        if (ReadState() is not { } state) return null;
        var weightsFile = Path.Combine(Last, Adapter is null ? ModelFolder.WeightsFile : AdapterFolder.WeightsFile);
        if (Adapter is null) ModelFolder.LoadWeights(weightsFile, model);
        else AdapterFolder.LoadWeights(Last, Adapter);
        var names = Adapter?.Saved.ToDictionary(p => p.Name, Adapter.FileName);
        using var file = SafetensorsFile.Open(Path.Combine(Last, OptimizerFile));
        using var weights = SafetensorsFile.Open(weightsFile);
        using var scope = NewDisposeScope();
        var wanted = optimizer.State().Select(s => s.Name).ToHashSet(StringComparer.Ordinal);
        var saved = file.Entries.Keys.Where(name => wanted.Contains(name) || !IsMaster(name)).ToDictionary(name => name, file.Load);
        foreach (var master in wanted.Where(name => name.EndsWith(Optimizer.MasterSuffix, StringComparison.Ordinal) && !saved.ContainsKey(name))) saved[master] = weights.Load(NameInFile(master));
        optimizer.LoadState(saved);
        return state;

        string NameInFile(string master) => master[..^Optimizer.MasterSuffix.Length] is var name && names is null ? name : names![name];
        bool IsMaster(string name) => name.EndsWith(Optimizer.MasterSuffix, StringComparison.Ordinal) && weights.Entries.ContainsKey(NameInFile(name));
    }

    public void SaveLast(Model model, Optimizer optimizer, TrainingState state) => AtomicFolder.Write(Last, temporary =>
    {
        WriteModel(temporary, model, optimizer);
        using (NewDisposeScope()) SafetensorsWriter.Write(Path.Combine(temporary, OptimizerFile), [.. optimizer.State()]);
        File.WriteAllText(Path.Combine(temporary, StateFile), JsonSerializer.Serialize(state, _json));
    });

    public void SaveBest(Model model, Optimizer optimizer) => AtomicFolder.Write(Best, temporary => WriteModel(temporary, model, optimizer));

    private void WriteModel(string temporary, Model model, Optimizer optimizer)
    {
        var sampling = Sampling is null ? null : GenerationConfig.ToJson(Sampling);
        if (Adapter is null) ModelFolder.Write(temporary, model, parameter => optimizer.Master(parameter.Name), sampling);
        else
        {
            ModelFolder.WriteConfig(temporary, model.Config, sampling);
            AdapterFolder.Write(temporary, Adapter, model.Config, AdapterBase, parameter => optimizer.Master(parameter.Name));
        }
        if (tokenizerFile is null) return;
        File.Copy(tokenizerFile, Path.Combine(temporary, "tokenizer.json"));
        foreach (var name in TokenizerConfigFile.Names)
            if (Path.Combine(Path.GetDirectoryName(tokenizerFile)!, name) is var beside && File.Exists(beside)) File.Copy(beside, Path.Combine(temporary, name));
    }
}
