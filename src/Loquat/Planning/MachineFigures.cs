namespace Loquat.Planning;

/// <summary>What a machine measured of itself, as far as a forecast needs it.</summary>
public sealed record MachineFigures
{
    /// <summary>float32 matrix products on all threads, in 10⁹ operations per second.</summary>
    public required double Float32Gflops { get; init; }

    /// <summary>The same in bfloat16; 0 where it is no faster.</summary>
    public double BFloat16Gflops { get; init; }

    /// <summary>Main memory, reads and writes together, in 10⁹ bytes per second.</summary>
    public required double MemoryGBPerSecond { get; init; }

    /// <summary>Main memory that a run may fill, in bytes. Default: unlimited.</summary>
    public long MemoryBytes { get; init; } = long.MaxValue;

    /// <summary>The figures of a measured machine.</summary>
    public static MachineFigures Of(Native.MachineReport report) => new()
    {
        Float32Gflops = report.SgemmGflops,
        BFloat16Gflops = report.Bf16Gflops,
        MemoryGBPerSecond = report.MemoryGBps,
        MemoryBytes = report.MemoryBytes,
    };

    /// <summary>The rate of products in a precision.</summary>
    public double Gflops(bool bfloat16) => bfloat16 && BFloat16Gflops > 0 ? BFloat16Gflops : Float32Gflops;
}

/// <summary>
/// How far real steps stay behind the machine's figures. The defaults are estimates for CPUs; a run that measures its own steps can give better ones.
/// </summary>
public sealed record ForecastCoefficients
{
    /// <summary>Nothing but products at the measured rate and the optimizer's bytes: the least time a step can take.</summary>
    public static ForecastCoefficients Limit { get; } = new()
    {
        ProductEfficiency = 1,
        HalfEfficientWidth = 0,
        AttentionEfficiency = 1,
        ActivationPasses = 0,
        LogitPasses = 0,
        OptimizerBytes = 28,
        SecondsPerOperator = 0,
    };

    /// <summary>Fraction of the measured product rate that wide products reach. 0 to 1. Default: 0.9.</summary>
    public double ProductEfficiency { get; init; } = 0.9;

    /// <summary>Width at which a product reaches half of that: narrow matrices leave registers idle. Default: 16.</summary>
    public double HalfEfficientWidth { get; init; } = 16;

    /// <summary>Fraction of the product rate that attention's small products reach. 0 to 1. Default: 0.5.</summary>
    public double AttentionEfficiency { get; init; } = 0.5;

    /// <summary>How often each kept activation is read or written in memory, over both passes. Default: 8.</summary>
    public double ActivationPasses { get; init; } = 8;

    /// <summary>How often each logit is read or written. Default: 6.</summary>
    public double LogitPasses { get; init; } = 6;

    /// <summary>Bytes per parameter and step for optimizer and gradient norm. Default: 32.</summary>
    public double OptimizerBytes { get; init; } = 32;

    /// <summary>Operators of a block, both passes. Default: 60.</summary>
    public double OperatorsPerBlock { get; init; } = 60;

    /// <summary>Fixed cost of an operator in seconds. Default: 8e-6.</summary>
    public double SecondsPerOperator { get; init; } = 8e-6;
}
