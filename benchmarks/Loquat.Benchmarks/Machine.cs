using System.Runtime.InteropServices;
using TorchSharp;

namespace Loquat.Benchmarks;

/// <summary>What a reader needs to judge the figures. Never the machine's name.</summary>
internal static class Machine
{
    public static string Cpu { get; } = CpuInfo("model name") is { Length: > 0 } name ? name : RuntimeInformation.ProcessArchitecture.ToString();

    /// <summary>The processor as part of a file name.</summary>
    public static string Slug => string.Join('-', Cpu.ToLowerInvariant().Split([' ', '(', ')', '@', '/'], StringSplitOptions.RemoveEmptyEntries));

    /// <summary>The machine and what trains on it.</summary>
    public static IEnumerable<string> Describe(DateOnly date) =>
    [
        .. DescribeSystem(date),
        $"- libtorch {torch.__version__}, {torch.get_num_threads()} threads",
        "- allocator: glibc tuned as Native/Allocator.cs does, in Loquat's process and the limit's; default in the plain peer's (LOQUAT_MALLOC=default) and in llm.c's",
    ];

    /// <summary>The machine alone; needs no libtorch.</summary>
    public static IEnumerable<string> DescribeSystem(DateOnly date)
    {
        var flags = CpuInfo("flags").Split(' ').Where(f => f.StartsWith("avx", StringComparison.Ordinal) || f.StartsWith("amx", StringComparison.Ordinal) || f == "fma");
        yield return $"- date: {date:yyyy-MM-dd}";
        yield return $"- processor: {Cpu} (family {CpuInfo("cpu family")}, model {CpuInfo("model")}), {Environment.ProcessorCount} processors: {string.Join(' ', flags)}";
        yield return $"- memory: {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB";
        yield return $"- system: {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}";
    }

    private static string CpuInfo(string key)
    {
        const string path = "/proc/cpuinfo";
        if (!File.Exists(path)) return "";
        var line = File.ReadLines(path).FirstOrDefault(l => l.Split(':')[0].Trim() == key);
        return line is null ? "" : line[(line.IndexOf(':') + 1)..].Trim();
    }
}
