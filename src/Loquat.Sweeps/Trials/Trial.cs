using Loquat.Sweeps.Spaces;

namespace Loquat.Sweeps.Trials;

/// <summary>Where a trial stands.</summary>
public enum TrialState
{
    /// <summary>A worker is at it.</summary>
    Running,

    /// <summary>It got as far as it was to get for now; it may go on.</summary>
    Paused,

    /// <summary>It got to the end.</summary>
    Finished,

    /// <summary>It was stopped before its end: others do better.</summary>
    Pruned,

    /// <summary>It ended with an error, or its loss is no number.</summary>
    Failed,
}

/// <summary>A loss on held-out text on the way.</summary>
/// <param name="Resource">How far: optimizer steps, or what else the study counts. 1 or more.</param>
/// <param name="Loss">Less is better.</param>
public sealed record TrialReport(long Resource, double Loss);

/// <summary>What a worker spent on a trial since it last told so.</summary>
public readonly record struct Spent(double Seconds, long Tokens);

/// <summary>One configuration tried.</summary>
public sealed record Trial
{
    /// <summary>From 0, in the order of their beginnings.</summary>
    public required int Number { get; init; }

    /// <summary>What is tried.</summary>
    public required Configuration Configuration { get; init; }

    /// <summary>The trial from whose checkpoint it goes on; null: it begins anew.</summary>
    public int? Parent { get; init; }

    public TrialState State { get; init; } = TrialState.Running;

    /// <summary>Losses on the way, by growing resource.</summary>
    public IReadOnlyList<TrialReport> Reports { get; init; } = [];

    /// <summary>How far it is to run for now.</summary>
    public long Until { get; init; }

    /// <summary>Of a pruner with brackets: which.</summary>
    public int Bracket { get; init; }

    /// <summary>Of a pruner with rungs: the one it runs for, or has reached.</summary>
    public int Rung { get; init; }

    /// <summary>Who is at it, or was.</summary>
    public string? Worker { get; init; }

    /// <summary>The last sign of life of its worker.</summary>
    public DateTimeOffset Heartbeat { get; init; }

    /// <summary>Time that workers spent on it.</summary>
    public double Seconds { get; init; }

    /// <summary>Tokens that workers trained it on, those that were trained on again after a worker was lost included.</summary>
    public long Tokens { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Error { get; init; }

    /// <summary>The last loss; infinite where it failed; null where none is known yet.</summary>
    public double? Loss => State == TrialState.Failed ? double.PositiveInfinity : Reports.Count == 0 ? null : Reports[^1].Loss;

    /// <summary>The loss at a resource: the last one up to it; infinite where it failed; null where it has none.</summary>
    public double? LossAt(long resource) => State == TrialState.Failed ? double.PositiveInfinity : Reports.LastOrDefault(r => r.Resource <= resource)?.Loss;

    /// <summary>Whether it will not go on, whatever happens.</summary>
    public bool IsOver => State is TrialState.Finished or TrialState.Pruned or TrialState.Failed;
}
