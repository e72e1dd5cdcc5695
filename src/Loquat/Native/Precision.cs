namespace Loquat.Native;

/// <summary>The number format of a model's matrix products. Weights, reductions, loss and optimizer keep float32 either way.</summary>
public enum Precision
{
    /// <summary>fp32.</summary>
    Float32,

    /// <summary>bf16: eight bits of mantissa, the range of float32.</summary>
    BFloat16,
}
