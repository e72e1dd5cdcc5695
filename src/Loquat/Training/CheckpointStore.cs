using System.Text.Json;
using Loquat.Checkpoints;
using Loquat.Models;
using Loquat.Optimization;
using Loquat.Text.Files;
using static TorchSharp.torch;

namespace Loquat.Training;

/// <summary>
/// The checkpoints of a run: `last` (a model folder with the training state) and `best` (a model folder). Each appears whole or not at all.
/// </summary>
/// <param name="folder">The run's `checkpoints` folder.</param>
/// <param name="tokenizerFile">Copied into every checkpoint as `tokenizer.json`.</param>
public sealed class CheckpointStore(string folder, string? tokenizerFile)
{
    private const string StateFile = "training_state.json";
    private const string OptimizerFile = "optimizer.safetensors";

    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    public string Last => Path.Combine(folder, "last");

    public string Best => Path.Combine(folder, "best");

    /// <summary>Restores weights, optimizer and state of the last checkpoint.</summary>
    /// <returns>Null where there is none yet.</returns>
    /// <exception cref="CheckpointException">It is damaged, or of another model or optimizer.</exception>
    public TrainingState? LoadLast(CausalModel model, Optimizer optimizer)
    {
        AtomicFolder.Recover(Last);
        if (!Directory.Exists(Last)) return null;
        ModelFolder.LoadWeights(Path.Combine(Last, ModelFolder.WeightsFile), model);
        using (var file = SafetensorsFile.Open(Path.Combine(Last, OptimizerFile)))
        using (NewDisposeScope())
            optimizer.LoadState(file.Entries.Keys.ToDictionary(name => name, file.Load));
        var path = Path.Combine(Last, StateFile);
        try
        {
            return JsonSerializer.Deserialize<TrainingState>(File.ReadAllText(path), _json) ?? throw new JsonException("it is empty");
        }
        catch (Exception error) when (error is IOException or JsonException)
        {
            throw new CheckpointException($"{path}: cannot be read: {error.Message}", error);
        }
    }

    public void SaveLast(CausalModel model, Optimizer optimizer, TrainingState state) => AtomicFolder.Write(Last, temporary =>
    {
        WriteModel(temporary, model, optimizer);
        using (NewDisposeScope()) SafetensorsWriter.Write(Path.Combine(temporary, OptimizerFile), [.. optimizer.State()]);
        File.WriteAllText(Path.Combine(temporary, StateFile), JsonSerializer.Serialize(state, _json));
    });

    public void SaveBest(CausalModel model, Optimizer optimizer) => AtomicFolder.Write(Best, temporary => WriteModel(temporary, model, optimizer));

    private void WriteModel(string temporary, CausalModel model, Optimizer optimizer)
    {
        ModelFolder.Write(temporary, model, parameter => optimizer.Master(parameter.Name));
        if (tokenizerFile is not null) File.Copy(tokenizerFile, Path.Combine(temporary, "tokenizer.json"));
    }
}
