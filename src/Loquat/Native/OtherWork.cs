using System.Diagnostics;
using System.Globalization;

namespace Loquat.Native;

/// <summary>How much of this process's processors other processes take, from the counters of the Linux kernel.</summary>
/// <remarks>The kernel counts in hundredths of a second: ask over a tenth of a second or more.</remarks>
internal sealed class OtherWork
{
    private const double TicksPerSecond = 100;

    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly TimeSpan _own = Environment.CpuUsage.TotalTime;
    private readonly double? _busy = BusySeconds();

    /// <summary>Fraction of the processors' time since this object was made that went to others, 0 to 1; null where the system does not tell.</summary>
    public double? Share()
    {
        if (_busy is not { } before || BusySeconds() is not { } after) return null;
        var capacity = Stopwatch.GetElapsedTime(_start).TotalSeconds * Processors.Allowed.Count;
        return Math.Clamp((after - before - (Environment.CpuUsage.TotalTime - _own).TotalSeconds) / capacity, 0, 1);
    }

    private static double? BusySeconds()
    {
        if (!OperatingSystem.IsLinux()) return null;
        try
        {
            return BusySeconds(File.ReadLines("/proc/stat"), Processors.Allowed);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Seconds that the given processors have worked, or that a hypervisor took from them. Columns: user, nice, system, idle, iowait, irq, softirq, steal (proc(5)).</summary>
    internal static double? BusySeconds(IEnumerable<string> lines, IReadOnlyCollection<int> processors)
    {
        double? sum = null;
        foreach (var line in lines)
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < 8 || !fields[0].StartsWith("cpu", StringComparison.Ordinal)) continue;
            if (!int.TryParse(fields[0].AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out var processor) || !processors.Contains(processor)) continue;
            double ticks = 0;
            foreach (var column in (int[])[1, 2, 3, 6, 7, 8])
                if (column < fields.Length && long.TryParse(fields[column], NumberStyles.None, CultureInfo.InvariantCulture, out var value)) ticks += value;
            sum = (sum ?? 0) + ticks / TicksPerSecond;
        }
        return sum;
    }
}
