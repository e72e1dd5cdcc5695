using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Native;

/// <summary>Measures the machine, in about two seconds, and remembers the figures for the next start.</summary>
public static class MachineProbe
{
    private const int SmallestProduct = 256;
    private const int TellingProduct = 1024;
    private const int LargestProduct = 8192;
    private const int RunsOfAProduct = 3;

    /// <summary>Measurements of an idle machine that differ by more were disturbed.</summary>
    private const double Agreement = 0.9;

    /// <summary>Fraction of the processors that may go to other processes while figures are taken.</summary>
    private const double TolerableWork = 0.1;

    private const int FewestTurns = 2;
    private const int MostTurns = 5;
    private const int MostProductTurns = 3;

    /// <summary>After this a doubtful measurement is not repeated.</summary>
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(5);

    /// <summary>So long doubtful figures serve where they are only shown: on a machine that stays busy each run would measure for ten seconds, and doubt again.</summary>
    private static readonly TimeSpan DoubtServes = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan ProductBudget = TimeSpan.FromMilliseconds(300);

    private static Device Device => Libtorch.HasCuda ? CUDA : CPU;

    private static string? CacheFile => InCache("machine.json");

    private static string? ProductsFile => InCache("products.json");

    private static string? InCache(string name) => CacheFolder.Path is { } folder ? Path.Combine(folder, name) : null;

    /// <summary>
    /// Measures now, in two turns or, where something disturbs, in up to five, and stores the figures in the cache folder. Doubtful ones (<see cref="MachineReport.Doubt"/>) do not take the place of others.
    /// </summary>
    /// <param name="time">Stamps the report. Default: the system's clock.</param>
    /// <exception cref="MachineException">libtorch cannot be loaded.</exception>
    public static MachineReport Measure(TimeProvider? time = null)
    {
        Libtorch.Initialize();
        return Measure(MeasureProducts(), time ?? TimeProvider.System);
    }

    private static MachineReport Measure(IReadOnlyList<ProductRate> products, TimeProvider time)
    {
        var report = Describe() with { Products = products, MeasuredAt = time.GetUtcNow() };
        var turns = new List<(MachineReport Figures, double? OtherWork)>();
        var watch = Stopwatch.StartNew();
        while (turns.Count < FewestTurns || (turns.Count < MostTurns && watch.Elapsed < MostTime && Doubt(turns) is not null))
        {
            var work = new OtherWork();
            var figures = Turn(report, ProductChoice.Of(products));
            turns.Add((figures, work.Share()));
        }
        report = turns.Select(turn => turn.Figures).Aggregate(Best) with { Doubt = Doubt(turns) };
        if (report.Doubt is null || Read(CacheFile) is not { Doubt: null } known || known.Key != report.Key) Store(CacheFile, report, MachineReportJson.Default.MachineReport);
        return report;
    }

    /// <summary>The stored figures where they were measured on this machine with this libtorch and as many threads, and are not doubtful; else measures.</summary>
    /// <exception cref="MachineException">libtorch cannot be loaded.</exception>
    public static MachineReport Cached() => Stored(TimeSpan.Zero) ?? Measure(MeasuredProducts(), TimeProvider.System);

    /// <summary>As <see cref="Cached"/>, for figures that are shown and decide little: doubtful ones of the last ten minutes serve too.</summary>
    /// <exception cref="MachineException">libtorch cannot be loaded.</exception>
    public static MachineReport Recent() => Stored(DoubtServes) ?? Measure(MeasuredProducts(), TimeProvider.System);

    private static MachineReport? Stored(TimeSpan doubtServes)
    {
        Libtorch.Initialize();
        return Read(CacheFile) is { } stored && stored.Key == Describe().Key && Serves(stored, DateTimeOffset.UtcNow, doubtServes) ? stored : null;
    }

    internal static bool Serves(MachineReport stored, DateTimeOffset now, TimeSpan doubtServes) => stored.Doubt is null || now - stored.MeasuredAt is var age && age >= TimeSpan.Zero && age < doubtServes;

    /// <summary>Removes the stored figures, so that they are measured again: a run has done what they say cannot be done.</summary>
    public static void Forget()
    {
        try
        {
            if (CacheFile is { } file) File.Delete(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // They stay; the next contradiction tries again.
        }
    }

    /// <summary>
    /// The stored choice of libraries, else measures that alone. It is kept whatever else ran meanwhile, so that runs of one machine have the same bits: the libraries were
    /// measured in turns, and other work slows both.
    /// </summary>
    internal static ProductChoice MeasuredChoice()
    {
        Libtorch.Initialize();
        return ProductChoice.Of(MeasuredProducts());
    }

    private static IReadOnlyList<ProductRate> MeasuredProducts() => StoredProducts() ?? MeasureProducts();

    private static IReadOnlyList<ProductRate>? StoredProducts() =>
        Read(ProductsFile, MachineReportJson.Default.ProductRates) is { Rates.Count: > 0 } stored && stored.Key == Describe().Key ? stored.Rates : null;

    private static IReadOnlyList<ProductRate> MeasureProducts()
    {
        // Where there is one library only, there is nothing to choose.
        if (!OneDnn.Takes(ScalarType.Float32)) return [];
        IReadOnlyList<ProductRate> rates = [];
        var least = double.MaxValue;
        var watch = Stopwatch.StartNew();
        for (var turn = 0; turn == 0 || (turn < MostProductTurns && watch.Elapsed < MostTime && least > TolerableWork); turn++)
        {
            var work = new OtherWork();
            var taken = ProductProbe.Measure();
            var others = work.Share() ?? 0;
            if (others < least) (rates, least) = (taken, others);
        }
        // What was chosen already is not changed by a measurement that others disturbed: runs that are to have the same bits may be at work.
        if (least > TolerableWork && StoredProducts() is { } chosen) return chosen;
        Store(ProductsFile, new ProductRates(Describe().Key, rates), MachineReportJson.Default.ProductRates);
        return rates;
    }

    private static MachineReport Turn(MachineReport known, ProductChoice choice)
    {
        var memory = Libtorch.HasCuda ? DeviceMemory() : MemoryBandwidth.Measure(known.MemoryBytes);
        return known with
        {
            SgemmGflops = Round(ProductGflops(ScalarType.Float32, choice)),
            Bf16Gflops = Round(ProductGflops(ScalarType.BFloat16, choice)),
            ReadGBps = Round(memory.Read),
            CopyGBps = Round(memory.Copy),
            MemoryGBps = Round(memory.Triad),
        };
    }

    /// <summary>The better of two measurements: other work only ever slows.</summary>
    private static MachineReport Best(MachineReport a, MachineReport b) => a with
    {
        SgemmGflops = Math.Max(a.SgemmGflops, b.SgemmGflops),
        Bf16Gflops = Math.Max(a.Bf16Gflops, b.Bf16Gflops),
        ReadGBps = Math.Max(a.ReadGBps, b.ReadGBps),
        CopyGBps = Math.Max(a.CopyGBps, b.CopyGBps),
        MemoryGBps = Math.Max(a.MemoryGBps, b.MemoryGBps),
    };

    /// <summary>What speaks against the best of several turns; null where two of them agree that were made while the machine did nothing else.</summary>
    internal static string? Doubt(IReadOnlyList<(MachineReport Figures, double? OtherWork)> turns)
    {
        var quiet = turns.Where(turn => !(turn.OtherWork > TolerableWork)).Select(turn => turn.Figures).ToList();
        if (quiet.Count < FewestTurns)
            return string.Create(CultureInfo.InvariantCulture, $"other processes took up to {turns.Max(turn => turn.OtherWork ?? 0):P0} of the processors while they were measured");
        var agreement = Math.Min(SecondBest(r => r.SgemmGflops), SecondBest(r => r.ReadGBps));
        return agreement < Agreement ? string.Create(CultureInfo.InvariantCulture, $"repeated measurements differ by {1 - agreement:P0}") : null;

        // Other work only ever slows, also that of the turns that are not quiet: the best of all must have been reached twice.
        double SecondBest(Func<MachineReport, double> figure) => quiet.Select(figure).OrderDescending().ElementAt(1) / turns.Max(turn => figure(turn.Figures));
    }

    /// <summary>Reads stored figures; null where there are none or the file is damaged.</summary>
    internal static MachineReport? Read(string? file) => Read(file, MachineReportJson.Default.MachineReport) is
    { SgemmGflops: > 0, Bf16Gflops: > 0, MemoryGBps: > 0, ReadGBps: > 0, CopyGBps: > 0 } report ? report : null;

    private static T? Read<T>(string? file, JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllBytes(file), type) : null;
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

    private static void Store<T>(string? file, T value, JsonTypeInfo<T> type)
    {
        if (file is null) return;
        try
        {
            CacheFolder.Write(file, JsonSerializer.SerializeToUtf8Bytes(value, type));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The figures are only worth two seconds: where the cache cannot be written they are measured again.
        }
    }

    /// <summary>Doubles a square product while it stays quick, and keeps the best run of all.</summary>
    private static double ProductGflops(ScalarType type, ProductChoice choice)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (best, n) = (0.0, SmallestProduct);
        for (var total = Stopwatch.StartNew(); total.Elapsed < ProductBudget;)
        {
            using var level = NewDisposeScope();
            var a = ones(n, n, type, Device);         // (n, n)
            var b = ones(n, n, type, Device);         // (n, n)
            var y = empty(n, n, type, Device);
            var direct = !Libtorch.HasCuda && OneDnn.Takes(type) && choice.Uses(ProductKind.Of(a, b));
            var fastest = double.MaxValue;
            for (var run = 0; run < RunsOfAProduct; run++) fastest = Math.Min(fastest, Seconds(() =>
                {
                    if (direct) OneDnn.Multiply(y, a, b, 0, 1);
                    else Products.ByLibtorch(y, a, b, 0, 1);
                }));
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
