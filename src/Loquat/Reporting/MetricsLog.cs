using System.Text.Json;
using Loquat.Evaluation;

namespace Loquat.Reporting;

/// <summary>
/// `metrics.jsonl`: one JSON object a line, appended and flushed as it happens. A resumed run first cuts off what came after its
/// checkpoint, so the file equals that of a run never stopped, byte for byte, except the time fields `seconds` and
/// `tokens_per_second`, which stand last in a line.
/// </summary>
/// <remarks>
/// A step: `step, tokens, loss, smoothed_loss, learning_rate, gradient_norm, seconds, tokens_per_second`, and `gradient_noise_scale` where it is measured. An evaluation:
/// `step, eval_loss, eval_loss_interval, eval_perplexity, eval_bits_per_byte, eval_true_bits_per_byte, eval_tokens, eval_train_loss, eval_gap, eval_gap_interval,
/// overfitting_since, best`; of a task also its measure, such as `eval_accuracy`; of preferences
/// `eval_rewards/accuracies, eval_rewards/margins, eval_rewards/chosen, eval_rewards/rejected`.
/// Losses in nats per token; a number that is not finite is null.
/// </remarks>
/// <param name="path">Created with its folder where absent.</param>
/// <param name="loggingSteps">Every how many steps there is a line; the last step always has one.</param>
public sealed class MetricsLog(string path, long loggingSteps) : ITrainingReporter, IDisposable
{
    private FileStream? _file;
    private long _maxSteps;

    public void Started(long step, long maxSteps, bool evaluated)
    {
        _maxSteps = maxSteps;
        _file?.Dispose();
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var existed = File.Exists(path);
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        _file.SetLength(LengthUpTo(_file, existed, step, evaluated));
        _file.Seek(0, SeekOrigin.End);
    }

    public void Planned(long step, long maxSteps, long evalSteps) => _maxSteps = maxSteps;

    public void Step(StepReport report)
    {
        if (report.Step % loggingSteps != 0 && report.Step != _maxSteps) return;
        Write(json =>
        {
            json.WriteNumber("step", report.Step);
            json.WriteNumber("tokens", report.TokensSeen);
            Number(json, "loss", report.Loss);
            Number(json, "smoothed_loss", report.SmoothedLoss);
            Number(json, "learning_rate", report.LearningRate);
            Number(json, "gradient_norm", report.GradientNorm);
            if (report.GradientNoiseScale is { } scale) Number(json, "gradient_noise_scale", scale);
            Number(json, "seconds", report.Seconds);
            Number(json, "tokens_per_second", report.Tokens / report.Seconds);
        });
    }

    public void Evaluated(long step, EvaluationResult result, bool better) => Write(json =>
    {
        json.WriteNumber("step", step);
        Number(json, "eval_loss", result.Loss);
        Number(json, "eval_loss_interval", result.LossInterval);
        Number(json, "eval_perplexity", result.Perplexity);
        Number(json, "eval_bits_per_byte", result.BitsPerByte);
        if (result.TrueBitsPerByte is { } truth) Number(json, "eval_true_bits_per_byte", truth);
        if (result.Score is { } score) Number(json, $"eval_{score.Name.Replace(' ', '_')}", score.Value);
        foreach (var figure in result.Figures) Number(json, $"eval_{figure.Name}", figure.Value);
        json.WriteNumber("eval_tokens", result.Tokens);
        if (result is { TrainingLoss: { } seen, Gap: { } gap, GapInterval: { } interval })
        {
            Number(json, "eval_train_loss", seen);
            Number(json, "eval_gap", gap);
            Number(json, "eval_gap_interval", interval);
            if (result.OverfittingSince is { } since) json.WriteNumber("overfitting_since", since);
        }
        json.WriteBoolean("best", better);
    });

    public void Sampled(long step, string text)
    {
    }

    /// <summary>Forces the lines to the disk: a checkpoint must not be newer than its log.</summary>
    public void Saved(long step) => _file?.Flush(flushToDisk: true);

    public void Finished() => Dispose();

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }

    private void Write(Action<Utf8JsonWriter> fields)
    {
        var file = _file ?? throw new InvalidOperationException("Started comes first.");
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }
        line.WriteByte((byte)'\n');
        file.Write(line.GetBuffer(), 0, (int)line.Length);
        file.Flush();
    }

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }

    // Whole lines of steps made. Step 0 is evaluated anew by a run that starts there.
    private static long LengthUpTo(FileStream file, bool existed, long step, bool evaluated)
    {
        if (step == 0) return 0;
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        if (bytes.Length == 0 && existed) throw Damaged(file.Name, step, "is empty");
        var length = 0;
        while (length < bytes.Length)
        {
            var end = Array.IndexOf(bytes, (byte)'\n', length);
            var line = end < 0 ? [] : bytes.AsSpan(length, end - length);
            // A line that was being written when the run was killed is the last.
            if (end >= 0 && end + 1 < bytes.Length && StepOf(line) is null) throw Damaged(file.Name, step, $"has a damaged line, {bytes.AsSpan(0, length).Count((byte)'\n') + 1}");
            if (StepOf(line) is not { } at || at > step || (at == step && !evaluated && line.IndexOf("\"eval_loss\""u8) >= 0)) break;
            length = end + 1;
        }
        return length;
    }

    private static DataException Damaged(string path, long step, string how) =>
        new($"{path}: the run's log {how}: it was cut short or changed. Put back a copy of it, or delete it: the log then begins after step {step}.");

    private static long? StepOf(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line);
            while (reader.Read())
                if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("step"u8))
                    return reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var step) ? step : null;
        }
        catch (JsonException)
        {
            // A damaged line ends what is kept.
        }
        return null;
    }
}
