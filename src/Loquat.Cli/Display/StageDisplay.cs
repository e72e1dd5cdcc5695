using Loquat.Text.Datasets;

namespace Loquat.Cli.Display;

/// <summary>Long work before and after training: what is done, how much, how fast and how long still. One line that changes in a terminal, else a line every few seconds.</summary>
/// <param name="columns">The terminal's width at the moment; null: no terminal.</param>
internal sealed class StageDisplay(TextWriter output, Func<int>? columns, TimeProvider clock)
{
    private readonly TimeSpan _interval = columns is not null ? TimeSpan.FromMilliseconds(150) : TimeSpan.FromSeconds(3);
    private readonly Lock _gate = new();
    private string? _stage;
    private long _started;
    private long _written;
    private int _length;

    public void Report(StageProgress progress)
    {
        lock (_gate)
        {
            var now = clock.GetTimestamp();
            if (progress.Stage != _stage)
            {
                End();
                (_stage, _started, _written) = (progress.Stage, now, now);
                return;
            }
            if (clock.GetElapsedTime(_written, now) < _interval) return;
            _written = now;
            Write(Line(progress, columns?.Invoke(), clock.GetElapsedTime(_started, now).TotalSeconds));
        }
    }

    /// <summary>Clears the line of the last stage.</summary>
    public void End()
    {
        if (columns is not null && _length > 0) output.Write("\r\e[K");
        (_stage, _length) = (null, 0);
    }

    private void Write(string line)
    {
        if (columns is null)
        {
            output.WriteLine(line);
            return;
        }
        line = ScreenLine.Fit(line, Math.Max(1, columns() - 1));
        output.Write($"\r\e[K{line}");
        _length = line.Length;
    }

    internal static string Line(StageProgress progress, int? columns, double seconds)
    {
        var rate = progress.Done / Math.Max(seconds, 1e-3);
        var left = progress.Total > 0 && rate > 0 ? $", {TrainingView.Duration(TimeSpan.FromSeconds(Math.Min(8e6, (progress.Total - progress.Done) / rate)))} left" : "";
        var share = progress.Total > 0 ? $" {(double)progress.Done / progress.Total:P0}" : "";
        var text = progress.Unit == "bytes"
            ? $"{progress.Stage}{share}: {progress.Done / 1e6:N1} MB, {rate / 1e6:N1} MB/s{left}"
            : $"{progress.Stage}{share}: {progress.Done:N0} {progress.Unit}, {rate:N0} {progress.Unit}/s{left}";
        return columns is { } width && progress.Total > 0 ? TrainingView.Bar(width - 1, (double)progress.Done / progress.Total, text) : text;
    }
}
