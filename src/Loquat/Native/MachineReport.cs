using System.Text.Json.Serialization;

namespace Loquat.Native;

/// <summary>What the machine is and what it was measured to do. The same figures serve `doctor`, `plan`, `quickstart` and precision `auto`.</summary>
public sealed record MachineReport
{
    /// <summary>How much faster bf16 products must be than fp32 ones before the casts around them pay: measured steps break even near 1.3.</summary>
    private const double WorthwhileRatio = 1.5;

    /// <summary>The processor's own name.</summary>
    public required string Cpu { get; init; }

    public bool Avx2 { get; init; }

    public bool Avx512 { get; init; }

    /// <summary>Whether the processor multiplies bf16 pairs in vectors.</summary>
    public bool Avx512Bf16 { get; init; }

    /// <summary>Whether the processor multiplies bf16 tiles.</summary>
    public bool Amx { get; init; }

    /// <summary>Threads that libtorch and Loquat's kernels use.</summary>
    public required int Threads { get; init; }

    /// <summary>Memory in bytes that this process may use, within its container's limit.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Version of libtorch.</summary>
    public required string Libtorch { get; init; }

    /// <summary>The folder it was loaded from.</summary>
    public required string LibtorchFolder { get; init; }

    /// <summary>`cpu`, or `cuda` where libtorch sees a GPU; the figures below are this device's.</summary>
    public required string Device { get; init; }

    /// <summary>Best rate of an fp32 matrix product, in 10⁹ floating point operations per second.</summary>
    public required double SgemmGflops { get; init; }

    /// <summary>Best rate of a bf16 matrix product, in 10⁹ floating point operations per second.</summary>
    public required double Bf16Gflops { get; init; }

    /// <summary>Rate of reading memory once, in GB/s: what generation of one token at a time is bound by.</summary>
    [JsonPropertyName("read_gb_per_s")]
    public required double ReadGBps { get; init; }

    /// <summary>Rate of a[i] = b[i], bytes read plus bytes written, in GB/s.</summary>
    [JsonPropertyName("copy_gb_per_s")]
    public required double CopyGBps { get; init; }

    /// <summary>Rate of a[i] = b[i] + s·c[i], bytes read plus bytes written, in GB/s: what an optimizer's update is bound by.</summary>
    [JsonPropertyName("triad_gb_per_s")]
    public required double MemoryGBps { get; init; }

    /// <summary>What each library measured for each kind of matrix product; empty where that was not asked for.</summary>
    public IReadOnlyList<ProductRate> Products { get; init; } = [];

    /// <summary>Why the figures may be too low, such as other processes at work meanwhile; null where nothing speaks against them. Doubtful figures are kept for some minutes at the most, and where they are only shown.</summary>
    public string? Doubt { get; init; }

    /// <summary>When it was measured.</summary>
    public DateTimeOffset MeasuredAt { get; init; }

    /// <summary>The precision that trains faster here: bf16 only where its products measured at least 1.5 times as fast.</summary>
    [JsonIgnore]
    public Precision Recommended => Bf16Gflops >= WorthwhileRatio * SgemmGflops ? Precision.BFloat16 : Precision.Float32;

    /// <summary>The rate of products in a precision.</summary>
    public double Gflops(bool bfloat16) => bfloat16 ? Bf16Gflops : SgemmGflops;

    /// <summary>What the figures hold for: they are measured again when any of it changes.</summary>
    [JsonIgnore]
    internal string Key => $"{Cpu}|{Avx2}|{Avx512}|{Avx512Bf16}|{Amx}|{Threads}|{MemoryBytes >> 30}|{Libtorch}|{LibtorchFolder}|{Device}";
}

/// <summary>What was measured of the libraries, and what it holds for.</summary>
internal sealed record ProductRates(string Key, IReadOnlyList<ProductRate> Rates);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(MachineReport))]
[JsonSerializable(typeof(ProductRates))]
internal sealed partial class MachineReportJson : JsonSerializerContext;
