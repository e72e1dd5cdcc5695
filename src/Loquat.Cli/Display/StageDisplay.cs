using Loquat.Text.Datasets;

namespace Loquat.Cli.Display;

/// <summary>Long work before and after training: what is done, how much, how fast and how long still. One line that changes in a terminal, else a line every few seconds.</summary>
internal sealed class StageDisplay(TextWriter output, bool terminal, TimeProvider clock)
{
    private readonly TimeSpan _interval = terminal ? TimeSpan.FromMilliseconds(150) : TimeSpan.FromSeconds(3);
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
            Write(Line(progress, clock.GetElapsedTime(_started, now).TotalSeconds));
        }
    }

    /// <summary>Clears the line of the last stage.</summary>
    public void End()
    {
        if (terminal && _length > 0) output.Write($"\r{new string(' ', _length)}\r");
        (_stage, _length) = (null, 0);
    }

    private void Write(string line)
    {
        if (!terminal)
        {
            output.WriteLine(line);
            return;
        }
        output.Write($"\r{line.PadRight(_length)}");
        _length = line.Length;
    }

    private static string Line(StageProgress progress, double seconds)
    {
        var rate = progress.Done / Math.Max(seconds, 1e-3);
        var left = progress.Total > 0 && rate > 0 ? $", {TimeSpan.FromSeconds(Math.Min(8e5, (progress.Total - progress.Done) / rate)):hh\\:mm\\:ss} left" : "";
        var share = progress.Total > 0 ? $" {(double)progress.Done / progress.Total:P0}" : "";
        return progress.Unit == "bytes"
            ? $"{progress.Stage}{share}: {progress.Done / 1e6:N1} MB, {rate / 1e6:N1} MB/s{left}"
            : $"{progress.Stage}{share}: {progress.Done:N0} {progress.Unit}, {rate:N0} {progress.Unit}/s{left}";
    }
}
