namespace Loquat.Training;

/// <summary>Optimizer steps that some epochs of examples take.</summary>
public static class EpochSteps
{
    /// <param name="examples">Visited once in an epoch.</param>
    /// <param name="batchSize">Of a micro-batch; the last one of an epoch may have fewer.</param>
    /// <param name="accumulation">Micro-batches in a step.</param>
    public static long Of(long examples, int batchSize, int accumulation, double epochs) =>
        Math.Max(1, (long)Math.Ceiling(epochs * ((examples + batchSize - 1) / batchSize) / accumulation - 1e-9));
}
