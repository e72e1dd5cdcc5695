using Loquat.Benchmarks.Limits;
using Loquat.Benchmarks.Peers;

namespace Loquat.Benchmarks;

/// <summary>Something that performs one training step at a time, on random tokens.</summary>
public interface IStepBenchmark : IDisposable
{
    /// <summary>One whole step: forward, backward, clipping, AdamW. What it did in parts is added to <paramref name="parts"/>.</summary>
    /// <returns>The mean loss in nats; 0 where there is none.</returns>
    double Step(PartTimes parts);
}

/// <summary>The milliseconds of a step's parts, by name, in the order of first use.</summary>
public sealed class PartTimes
{
    private readonly List<(string Name, double Milliseconds)> _parts = [];

    public IReadOnlyList<(string Name, double Milliseconds)> Parts => _parts;

    public void Add(string name, double milliseconds)
    {
        var at = _parts.FindIndex(p => p.Name == name);
        if (at < 0) _parts.Add((name, milliseconds));
        else _parts[at] = (name, _parts[at].Milliseconds + milliseconds);
    }
}

public static class StepBenchmarks
{
    public const string Plain = "plain";
    public const string PlainFused = "plain+fused+tuned";
    public const string Limit = "limit";
    public const string Own = "loquat";
    public const string Checkpointed = "loquat, checkpointed";

    public static IStepBenchmark Create(string name, StepSetting setting) => name switch
    {
        Plain => new PlainTorchSharpStep(setting, fused: false),
        PlainFused => new PlainTorchSharpStep(setting, fused: true),
        Limit => new LimitStep(setting),
        Own => new LoquatStep(setting),
        Checkpointed => new LoquatStep(setting, int.MaxValue),
        _ => throw new OptionsException($"no step benchmark '{name}'; there are {Plain}, {PlainFused}, {Limit}, {Own} and {Checkpointed}."),
    };
}
