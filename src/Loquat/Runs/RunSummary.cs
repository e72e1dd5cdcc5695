using System.Globalization;
using System.Text.Json.Serialization;
using Loquat.Checkpoints;
using Loquat.Models;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Training;

namespace Loquat.Runs;

/// <summary>How a run stands.</summary>
public enum RunState
{
    /// <summary>A process is at work in its folder.</summary>
    Running,

    /// <summary>All its steps are made, or it stopped early as its recipe says.</summary>
    Finished,

    /// <summary>It can go on: train RUN --resume.</summary>
    Stopped,

    /// <summary>Its folder cannot be read; see <see cref="RunSummary.Fault"/>.</summary>
    Damaged,
}

/// <summary>A run in figures, as its folder tells them. What is not known is null.</summary>
public sealed record RunSummary
{
    /// <summary>The folder, as it was given.</summary>
    public required string Path { get; init; }

    public required RunState State { get; init; }

    /// <summary>Why the folder cannot be read; null where it can.</summary>
    public string? Fault { get; init; }

    /// <summary>Steps made.</summary>
    public long? Steps { get; init; }

    /// <summary>Steps that the recipe asks for.</summary>
    public long? MaxSteps { get; init; }

    /// <summary>The step of the best checkpoint.</summary>
    public long? BestStep { get; init; }

    /// <summary>Validation loss of the best checkpoint, in nats per token: on the whole validation text where training ended, else on the rows of `eval_rows`.</summary>
    public double? Loss { get; init; }

    /// <summary>The same in bits per UTF-8 byte: comparable across tokenizers.</summary>
    public double? BitsPerByte { get; init; }

    /// <summary>How far above the text's true entropy that is, where it is known: 0.07 is 7 %.</summary>
    public double? DistanceToTruth { get; init; }

    /// <summary>The smoothed training loss of the last step, in nats per token.</summary>
    public double? TrainingLoss { get; init; }

    /// <summary>Tokens trained on.</summary>
    public long? Tokens { get; init; }

    /// <summary>Wall time of training up to the last checkpoint, in seconds.</summary>
    public double? Seconds { get; init; }

    /// <summary>The median speed of its steps.</summary>
    public double? TokensPerSecond { get; init; }

    /// <summary>Parameters of the model.</summary>
    public long? Parameters { get; init; }

    /// <summary>Its recipe; null where it cannot be read.</summary>
    [JsonIgnore]
    public Recipe? Recipe { get; init; }

    /// <summary>A time for people: 12.3 s, 4 min 5 s, 2 h 3 min.</summary>
    public static string Duration(double seconds)
    {
        var time = TimeSpan.FromSeconds(Math.Min(seconds, 1e8));
        if (time.TotalMinutes < 1) return string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s");
        if (time.TotalHours < 1) return string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min {time.Seconds} s");
        return string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours} h {time.Minutes} min");
    }

    /// <summary>Whether a folder looks like a run's.</summary>
    public static bool IsRun(string path)
    {
        var folder = new RunFolder(path);
        return File.Exists(folder.Recipe) || File.Exists(folder.Metrics) || Directory.Exists(folder.Checkpoints) || Directory.Exists(folder.Data);
    }

    /// <summary>Reads a run's folder, also while the run writes it. A damaged one gives its fault, no error.</summary>
    public static RunSummary Read(RunFolder folder)
    {
        try
        {
            return ReadWhole(folder);
        }
        catch (Exception error) when (error is LoquatException or IOException or UnauthorizedAccessException)
        {
            return new() { Path = folder.Root, State = RunState.Damaged, Fault = error.Message };
        }
    }

    private static RunSummary ReadWhole(RunFolder folder)
    {
        if (!Directory.Exists(folder.Root)) throw new DataException("there is no such folder.");
        if (!File.Exists(folder.Recipe))
        {
            throw new DataException(Directory.Exists(folder.Checkpoints) || File.Exists(folder.Metrics)
                ? $"{System.IO.Path.GetFileName(folder.Recipe)} is missing."
                : RunWriter.OwnerOf(folder) is null ? "it ended before training began." : "it is still reading its text.");
        }
        var recipe = RecipeLock.Read(folder.Recipe).Recipe;
        var metrics = RunMetrics.Read(folder.Metrics);
        var state = new CheckpointStore(folder.Checkpoints, null).ReadState();
        var steps = Math.Max(state?.Step ?? 0, metrics.Steps.Count > 0 ? metrics.Steps[^1].Step : 0);
        var finished = steps >= recipe.Training.MaxSteps && state?.Step >= recipe.Training.MaxSteps
            || (recipe.Training.EarlyStoppingPatience is { } patience && state?.EvaluationsWithoutImprovement >= patience);
        var best = metrics.Best;
        var whole = FinalEvaluation.Read(folder.Evaluation) is { } final && final.Step == best?.Step ? final : null;
        var bits = whole?.BitsPerByte ?? best?.BitsPerByte;
        var truth = whole?.TrueBitsPerByte ?? best?.TrueBitsPerByte;
        return new()
        {
            Path = folder.Root,
            State = finished ? RunState.Finished : RunWriter.OwnerOf(folder) is null ? RunState.Stopped : RunState.Running,
            Steps = steps,
            MaxSteps = recipe.Training.MaxSteps,
            BestStep = best?.Step,
            Loss = Finite(whole?.Loss ?? best?.Loss),
            BitsPerByte = Finite(bits),
            DistanceToTruth = Finite(bits / truth - 1),
            TrainingLoss = metrics.Steps.Count > 0 ? Finite(metrics.Steps[^1].SmoothedLoss) : null,
            Tokens = metrics.Steps.Count > 0 ? metrics.Steps[^1].Tokens : 0,
            Seconds = state?.Seconds,
            TokensPerSecond = Median(metrics.Steps.Select(s => s.TokensPerSecond).Where(double.IsFinite)),
            Parameters = ParametersOf(folder),
            Recipe = recipe,
        };
    }

    private static long? ParametersOf(RunFolder folder)
    {
        var model = ((string[])[folder.Best, folder.Last]).FirstOrDefault(path => File.Exists(System.IO.Path.Combine(path, ModelFolder.ConfigFile)));
        return model is null ? null : ModelFolder.ReadConfig(model).ParameterCount();
    }

    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;

    private static double? Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? null : sorted[sorted.Count / 2];
    }
}
