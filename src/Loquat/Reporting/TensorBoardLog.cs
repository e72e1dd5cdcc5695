using Loquat.Evaluation;

namespace Loquat.Reporting;

/// <summary>
/// TensorBoard event files: scalars `train/loss`, `train/smoothed_loss`, `train/learning_rate`, `train/gradient_norm`,
/// `train/tokens_per_second`, `eval/loss`, `eval/bits_per_byte` and the text `sample`. Every start of a run writes a new file, which tells
/// TensorBoard to forget the later steps of the files before it.
/// </summary>
/// <param name="folder">Created where absent.</param>
/// <param name="loggingSteps">Every how many steps there is a point.</param>
public sealed class TensorBoardLog(string folder, long loggingSteps, TimeProvider clock) : ITrainingReporter, IDisposable
{
    private const long SessionStart = 1;
    private const long StringType = 7;

    private FileStream? _file;
    private long _maxSteps;

    public void Started(long step, long maxSteps, bool evaluated)
    {
        _maxSteps = maxSteps;
        Directory.CreateDirectory(folder);
        _file?.Dispose();
        // TensorBoard reads files in the order of their names; an older run of the same second must not be overwritten.
        var stamp = clock.GetUtcNow().ToUnixTimeSeconds();
        var start = Directory.EnumerateFiles(folder, "events.out.tfevents.*").Count();
        _file = new FileStream(Path.Combine(folder, $"events.out.tfevents.{stamp:D10}.loquat.{start:D4}"), FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        Write(Event(0).Text(3, "brain.Event:2"));
        if (step > 0) Write(Event(step + 1).Message(7, new ProtobufWriter().Integer(1, SessionStart)));
    }

    public void Planned(long step, long maxSteps, long evalSteps) => _maxSteps = maxSteps;

    public void Step(StepReport report)
    {
        if (report.Step % loggingSteps != 0 && report.Step != _maxSteps) return;
        Scalars(report.Step,
            ("train/loss", report.Loss), ("train/smoothed_loss", report.SmoothedLoss), ("train/learning_rate", report.LearningRate),
            ("train/gradient_norm", report.GradientNorm), ("train/tokens_per_second", report.Tokens / report.Seconds));
    }

    public void Evaluated(long step, EvaluationResult result, bool better) =>
        Scalars(step,
        [
            ("eval/loss", result.Loss),
            .. result.Bytes > 0 ? [("eval/bits_per_byte", result.BitsPerByte)] : ((string, double)[])[],
            .. result.Score is { } score ? [($"eval/{score.Name.Replace(' ', '_')}", score.Value)] : ((string, double)[])[],
        ]);

    public void Sampled(long step, string text)
    {
        var tensor = new ProtobufWriter().Integer(1, StringType).Text(8, text);
        var metadata = new ProtobufWriter().Message(1, new ProtobufWriter().Text(1, "text"));
        Write(Event(step).Message(5, new ProtobufWriter().Message(1, new ProtobufWriter().Text(1, "sample").Message(8, tensor).Message(9, metadata))));
    }

    public void Saved(long step)
    {
    }

    public void Finished() => Dispose();

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }

    private void Scalars(long step, params ReadOnlySpan<(string Tag, double Value)> scalars)
    {
        var summary = new ProtobufWriter();
        foreach (var (tag, value) in scalars) summary.Message(1, new ProtobufWriter().Text(1, tag).Float(2, (float)value));
        Write(Event(step).Message(5, summary));
    }

    private ProtobufWriter Event(long step) =>
        new ProtobufWriter().Double(1, clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0).Integer(2, step);

    private void Write(ProtobufWriter message)
    {
        var file = _file ?? throw new InvalidOperationException("Started comes first.");
        file.Write(TensorBoardRecord.Frame(message.ToArray()));
        file.Flush();
    }
}
