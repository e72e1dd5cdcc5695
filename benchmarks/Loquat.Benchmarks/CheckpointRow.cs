using System.Globalization;

namespace Loquat.Benchmarks;

/// <summary>A step of GPT-2 of 124 M parameters whose layers compute their activations anew, beside one that keeps them: time, and peak memory above that of a step of one row of few tokens.</summary>
internal static class CheckpointRow
{
    private const int Rounds = 3;
    private static readonly StepSetting _setting = new(GptShape.Gpt2Small, 4, 512, Precision.Fp32);
    private static readonly StepSetting _least = _setting with { Batch = 1, Tokens = 16 };

    public const string Name = "gpt2-124m, gradient checkpointing";

    public static List<string> Measure()
    {
        using var small = Start(StepBenchmarks.Own, _least);
        var floor = small.PeakMiB;
        using var keeping = Start(StepBenchmarks.Own, _setting);
        using var anew = Start(StepBenchmarks.Checkpointed, _setting);
        for (var round = 0; round < Rounds; round++)
        {
            keeping.Step();
            anew.Step();
        }
        string Line(WorkerProcess worker) => string.Create(
            CultureInfo.InvariantCulture, $"| {worker.Name} | {worker.Least:F0} | {worker.Least / keeping.Least:F2} × | {worker.PeakMiB - floor:F0} | {(worker.PeakMiB - floor) / (keeping.PeakMiB - floor):F2} × |");
        return
        [
            $"### {Name}", "",
            "| contender | least ms | time | activations, MiB | activations |", "|---|---|---|---|---|", Line(keeping), Line(anew), "",
            string.Create(CultureInfo.InvariantCulture, $"- {_setting}; activations: peak memory above the {floor:F0} MiB of {_least}"), "",
        ];
    }

    private static WorkerProcess Start(string name, StepSetting setting) => WorkerProcess.Start(name, setting, tunedAllocator: true, out var reason) ?? throw new MachineException(reason);
}
