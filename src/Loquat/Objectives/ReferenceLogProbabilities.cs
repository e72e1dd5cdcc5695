using System.Text.Json;
using Loquat.Models;
using Loquat.Text.Datasets;
using Loquat.Text.Files;

namespace Loquat.Objectives;

/// <summary>`reference_log_probs.json` of a run: the log-probability of every answer under the model as it began, computed once. Pairs are counted as <see cref="PreferencePairs"/> does.</summary>
internal sealed class ReferenceLogProbabilities
{
    private const string FileName = "reference_log_probs.json";

    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly string _validationPath;
    private readonly Saved _saved;

    private ReferenceLogProbabilities(string validationPath, Saved saved) => (_validationPath, _saved) = (validationPath, saved);

    /// <param name="Key">Of the data and of how they are cut.</param>
    /// <param name="Versions">Answers of a pair.</param>
    /// <param name="Training">Pair by pair.</param>
    private sealed record Saved(string Key, int Versions, double[] Training, double[] Validation);

    public double Training(int pair, int version) => _saved.Training[pair * _saved.Versions + version];

    public double Of(string shard, int pair, int version) => shard == _validationPath ? _saved.Validation[pair * _saved.Versions + version] : Training(pair, version);

    /// <summary>Reads them from the run's folder, or computes and writes them there.</summary>
    /// <param name="how">How answers are cut.</param>
    /// <param name="sums">The log-probabilities of a batch's rows.</param>
    public static ReferenceLogProbabilities Prepare(ObjectiveStart start, string how, Func<TokenShard, PreferencePairs> pairsOf, long filler, Func<Model, TokenBatch, double[]> sums)
    {
        var (path, key) = (Path.Combine(start.Folder, FileName), $"{start.Data.Key}:{how}");
        if (Read(path) is { } known && known.Key == key) return new(start.Data.Validation.Path, known);
        using var model = start.First();
        var (training, validation) = (pairsOf(start.Data.Training), pairsOf(start.Data.Validation));
        var (done, all) = (0, training.Count + validation.Count);
        start.Progress?.Invoke(new("reading the answers as the model begins", 0, all, "pairs"));
        var saved = new Saved(key, training.Versions, Compute(training), Compute(validation));
        AtomicFolder.WriteFile(path, file => JsonSerializer.Serialize(file, saved, _json));
        return new(start.Data.Validation.Path, saved);

        double[] Compute(PreferencePairs pairs)
        {
            var values = new double[pairs.Count * pairs.Versions];
            var order = LengthBatches.Sorted(Enumerable.Range(0, pairs.Count), pairs.Lengths);
            foreach (var chosen in order.Chunk(start.BatchSize))
            {
                start.Cancellation.ThrowIfCancellationRequested();
                var rows = sums(model, pairs.Batch(chosen, filler, (_, _) => 0));
                for (var i = 0; i < rows.Length; i++) values[chosen[i % chosen.Length] * pairs.Versions + i / chosen.Length] = rows[i];
                start.Progress?.Invoke(new("reading the answers as the model begins", done += chosen.Length, all, "pairs"));
            }
            return values;
        }
    }

    // A damaged file is made anew.
    private static Saved? Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<Saved>(File.ReadAllText(path), _json) : null;
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
