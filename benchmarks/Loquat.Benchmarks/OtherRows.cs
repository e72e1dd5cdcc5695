namespace Loquat.Benchmarks;

/// <summary>The rows that are not training steps.</summary>
internal static class OtherRows
{
    public static IReadOnlyList<(string Name, Func<List<string>> Measure)> All { get; } =
        [(CheckpointRow.Name, CheckpointRow.Measure), (GenerationRow.Name, GenerationRow.Measure), (TaskRow.Name, TaskRow.Measure), (OptimizerRow.Name, OptimizerRow.Measure), (RecurrentRow.Name, RecurrentRow.Measure), (RecurrentRow.ScanName, RecurrentRow.MeasureScan)];
}
