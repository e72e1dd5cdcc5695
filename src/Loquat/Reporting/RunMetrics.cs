using System.Text.Json;

namespace Loquat.Reporting;

/// <summary>A step as `metrics.jsonl` has it. A number that was not finite is NaN.</summary>
/// <param name="Step">Steps made, this one included.</param>
/// <param name="Tokens">Tokens trained on until then.</param>
/// <param name="Loss">Nats per token.</param>
/// <param name="SmoothedLoss">Moving average of it.</param>
/// <param name="LearningRate">The rate used.</param>
/// <param name="GradientNorm">Before clipping.</param>
/// <param name="TokensPerSecond">Speed of the step.</param>
public readonly record struct StepPoint(long Step, long Tokens, double Loss, double SmoothedLoss, double LearningRate, double GradientNorm, double TokensPerSecond);

/// <summary>An evaluation as `metrics.jsonl` has it.</summary>
/// <param name="Step">Steps made.</param>
/// <param name="Loss">Nats per token.</param>
/// <param name="LossInterval">Half the width of its 95 % interval.</param>
/// <param name="BitsPerByte">Bits per UTF-8 byte.</param>
/// <param name="TrueBitsPerByte">What the text truly holds, where that is known.</param>
/// <param name="Best">Whether it was the lowest loss so far.</param>
public readonly record struct EvaluationPoint(long Step, double Loss, double LossInterval, double BitsPerByte, double? TrueBitsPerByte, bool Best)
{
    /// <summary>Loss on rows of the training text; null where it was not measured.</summary>
    public double? TrainingLoss { get; init; }

    /// <summary>Half the width of the 95 % interval of the gap between both losses.</summary>
    public double? GapInterval { get; init; }

    /// <summary>The step from which on the training text alone was learned better; null: none.</summary>
    public long? OverfittingSince { get; init; }

    /// <summary>The loss that no model can pass, in nats per token: the true entropy of the text.</summary>
    public double? Limit => TrueBitsPerByte is { } truth && BitsPerByte > 0 ? Loss * truth / BitsPerByte : null;
}

/// <summary>What `metrics.jsonl` tells of a run; see <see cref="MetricsLog"/>. May be read while the run writes it.</summary>
/// <param name="Steps">In order.</param>
/// <param name="Evaluations">In order.</param>
public sealed record RunMetrics(IReadOnlyList<StepPoint> Steps, IReadOnlyList<EvaluationPoint> Evaluations)
{
    /// <summary>The evaluation of the best checkpoint; null before the first.</summary>
    public EvaluationPoint? Best
    {
        get
        {
            var evaluated = Evaluations.Where(e => !double.IsNaN(e.Loss)).ToList();
            return evaluated.Count == 0 ? null : evaluated.LastOrDefault(e => e.Best) is { Loss: > 0 } best ? best : evaluated.MinBy(e => e.Loss);
        }
    }

    /// <summary>The loss that no model can pass, in nats per token, where it is known.</summary>
    public double? Limit => Evaluations.Count == 0 ? null : Evaluations[^1].Limit;

    /// <summary>Reads a file; without one there are no points. A last line that is only half written yet is left out.</summary>
    /// <exception cref="DataException">A line is not one of a run's.</exception>
    public static RunMetrics Read(string path)
    {
        List<StepPoint> steps = [];
        List<EvaluationPoint> evaluations = [];
        var number = 0;
        foreach (var line in WholeLines(path))
        {
            number++;
            try
            {
                using var json = JsonDocument.Parse(line);
                var fields = json.RootElement;
                var step = fields.GetProperty("step").GetInt64();
                if (fields.TryGetProperty("eval_loss", out _))
                {
                    double? truth = fields.TryGetProperty("eval_true_bits_per_byte", out _) ? Number(fields, "eval_true_bits_per_byte") : null;
                    evaluations.Add(new(step, Number(fields, "eval_loss"), Number(fields, "eval_loss_interval"), Number(fields, "eval_bits_per_byte"), truth, fields.TryGetProperty("best", out var best) && best.ValueKind == JsonValueKind.True)
                    {
                        TrainingLoss = Optional(fields, "eval_train_loss"),
                        GapInterval = Optional(fields, "eval_gap_interval"),
                        OverfittingSince = (long?)Optional(fields, "overfitting_since"),
                    });
                }
                else
                {
                    steps.Add(new(step, (long)Number(fields, "tokens"), Number(fields, "loss"), Number(fields, "smoothed_loss"), Number(fields, "learning_rate"), Number(fields, "gradient_norm"), Number(fields, "tokens_per_second")));
                }
            }
            catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
            {
                throw new DataException($"{path}, line {number}: not a line of metrics: {error.Message}", error);
            }
        }
        return new(steps, evaluations);
    }

    private static double? Optional(JsonElement fields, string name) => fields.TryGetProperty(name, out _) ? Number(fields, name) : null;

    private static double Number(JsonElement fields, string name) => fields.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : double.NaN;

    private static List<string> WholeLines(string path)
    {
        if (!File.Exists(path)) return [];
        try
        {
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            var lines = reader.ReadToEnd().Split('\n');
            return [.. lines[..^1]];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: cannot be read: {error.Message}", error);
        }
    }
}
