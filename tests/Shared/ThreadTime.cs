using System.Diagnostics;

namespace Loquat.Tests;

/// <summary>Seconds of the processor that this thread has taken, which a busy machine does not stretch.</summary>
internal static class ThreadTime
{
    // What Linux counts first in schedstat, in nanoseconds. Elsewhere: the clock.
    public static double Seconds() =>
        File.Exists("/proc/thread-self/schedstat") && long.TryParse(File.ReadAllText("/proc/thread-self/schedstat").Split(' ')[0], out var spent) ? spent / 1e9 : Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;
}
