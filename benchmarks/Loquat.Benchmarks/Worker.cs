using System.Diagnostics;
using System.Globalization;
using System.Text;
using Loquat.Native;

namespace Loquat.Benchmarks;

/// <summary>
/// A step benchmark in a process of its own, so that each has its own allocator and its own peak of memory. It takes one step
/// per line read from standard input; the parent decides whose turn it is.
/// </summary>
internal static class Worker
{
    public static int Serve(string name, StepSetting setting)
    {
        using var benchmark = StepBenchmarks.Create(name, setting);
        Console.WriteLine("ready");
        while (Console.ReadLine() is "step")
        {
            var parts = new PartTimes();
            var watch = Stopwatch.StartNew();
            var loss = benchmark.Step(parts);
            var line = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalMilliseconds:F3}\t{loss:F4}\t{PeakMemory():F0}");
            foreach (var (part, milliseconds) in parts.Parts) line.Append(CultureInfo.InvariantCulture, $"\t{part}={milliseconds:F3}");
            Console.WriteLine(line);
        }
        return 0;
    }

    /// <summary>The most memory this process held, in MiB; 0 where the system does not say.</summary>
    internal static double PeakMemory()
    {
        const string status = "/proc/self/status";
        if (!File.Exists(status)) return Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0;
        var line = File.ReadLines(status).First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return double.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }
}
