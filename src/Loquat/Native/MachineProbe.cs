using System.Diagnostics;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Native;

/// <summary>Measures the machine, in about two seconds, and remembers the figures for the next start.</summary>
public static class MachineProbe
{
    private const int Turns = 2;
    private const int SmallestProduct = 256;
    private const int TellingProduct = 1024;
    private const int LargestProduct = 8192;
    private const int RunsOfAProduct = 3;
    private static readonly TimeSpan ProductBudget = TimeSpan.FromMilliseconds(300);

    private static Device Device => Libtorch.HasCuda ? CUDA : CPU;

    private static string? CacheFile => CacheFolder.Path is { } folder ? Path.Combine(folder, "machine.json") : null;

    /// <summary>Measures now and stores the figures in the cache folder.</summary>
    /// <param name="time">Stamps the report. Default: the system's clock.</param>
    /// <exception cref="MachineException">libtorch cannot be loaded.</exception>
    public static MachineReport Measure(TimeProvider? time = null)
    {
        Libtorch.Initialize();
        var known = Describe();
        var memory = Libtorch.HasCuda ? DeviceMemory() : MemoryBandwidth.Measure(known.MemoryBytes);
        var (wide, narrow) = (0.0, 0.0);
        // In turns, so that a moment's other work on the machine does not strike one of the two alone.
        for (var turn = 0; turn < Turns; turn++)
        {
            wide = Math.Max(wide, ProductGflops(ScalarType.Float32));
            narrow = Math.Max(narrow, ProductGflops(ScalarType.BFloat16));
        }
        var report = known with
        {
            SgemmGflops = Round(wide),
            Bf16Gflops = Round(narrow),
            ReadGBps = Round(memory.Read),
            CopyGBps = Round(memory.Copy),
            MemoryGBps = Round(memory.Triad),
            MeasuredAt = (time ?? TimeProvider.System).GetUtcNow(),
        };
        Store(report);
        return report;
    }

    /// <summary>The stored figures where they were measured on this machine with this libtorch and as many threads; else measures.</summary>
    /// <exception cref="MachineException">libtorch cannot be loaded.</exception>
    public static MachineReport Cached()
    {
        Libtorch.Initialize();
        return Read(CacheFile) is { } stored && stored.Key == Describe().Key ? stored : Measure();
    }

    /// <summary>Reads stored figures; null where there are none or the file is damaged.</summary>
    internal static MachineReport? Read(string? file)
    {
        try
        {
            var report = File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllBytes(file), MachineReportJson.Default.MachineReport) : null;
            return report is { SgemmGflops: > 0, Bf16Gflops: > 0, MemoryGBps: > 0, ReadGBps: > 0, CopyGBps: > 0 } ? report : null;
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The report as JSON, names in snake case.</summary>
    public static string ToJson(MachineReport report) => JsonSerializer.Serialize(report, MachineReportJson.Default.MachineReport);

    /// <summary>What is known of the machine without libtorch; every figure is zero.</summary>
    public static MachineReport Describe() => new()
    {
        Cpu = Processors.Name,
        Avx2 = Processors.HasAvx2,
        Avx512 = Processors.HasAvx512,
        Avx512Bf16 = Processors.HasAvx512Bf16,
        Amx = Processors.HasAmx,
        Threads = Libtorch.Folder.Length > 0 ? Libtorch.Threads : Processors.PhysicalCores,
        MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        Libtorch = Libtorch.Folder.Length > 0 ? Libtorch.Version.ToString() : "",
        LibtorchFolder = Libtorch.Folder,
        Device = Libtorch.HasCuda ? "cuda" : "cpu",
        SgemmGflops = 0,
        Bf16Gflops = 0,
        ReadGBps = 0,
        CopyGBps = 0,
        MemoryGBps = 0,
    };

    private static void Store(MachineReport report)
    {
        if (CacheFile is not { } file) return;
        try
        {
            CacheFolder.Write(file, JsonSerializer.SerializeToUtf8Bytes(report, MachineReportJson.Default.MachineReport));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The figures are only worth two seconds: where the cache cannot be written they are measured again.
        }
    }

    /// <summary>Doubles a square product while it stays quick, and keeps the best run of all.</summary>
    private static double ProductGflops(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (best, n) = (0.0, SmallestProduct);
        for (var total = Stopwatch.StartNew(); total.Elapsed < ProductBudget;)
        {
            using var level = NewDisposeScope();
            var a = ones(n, n, type, Device);         // (n, n)
            var b = ones(n, n, type, Device);         // (n, n)
            var fastest = double.MaxValue;
            for (var run = 0; run < RunsOfAProduct; run++) fastest = Math.Min(fastest, Seconds(() => mm(a, b).Dispose()));
            best = Math.Max(best, 2.0 * n * n * n / fastest / 1e9);
            // Twice the width is eight times the work; a machine that cannot afford it repeats this size. The time of a small
            // product says little about that: on a busy machine it is all waiting.
            var next = n < TellingProduct ? fastest : 8 * fastest;
            if (n < LargestProduct && next < ProductBudget.TotalSeconds / RunsOfAProduct) n *= 2;
        }
        return best;
    }

    private static double Seconds(Action action)
    {
        if (Libtorch.HasCuda) cuda.synchronize();
        var watch = Stopwatch.StartNew();
        action();
        if (Libtorch.HasCuda) cuda.synchronize();
        return watch.Elapsed.TotalSeconds;
    }

    private static MemoryBandwidth.Rates DeviceMemory()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        const long Count = 64L << 20;
        var (a, b, c) = (zeros(Count, device: CUDA), zeros(Count, device: CUDA), zeros(Count, device: CUDA));
        return new(Rate(1, () => b.sum().Dispose()), Rate(2, () => a.copy_(b)), Rate(3, () => { a.copy_(b); a.add_(c, 2); }));

        double Rate(int arrays, Action action) => arrays * 4.0 * Count / Enumerable.Range(0, 10).Min(_ => Seconds(action)) / 1e9;
    }

    private static double Round(double value) => Math.Round(value, 1);
}
