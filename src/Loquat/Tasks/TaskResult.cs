namespace Loquat.Tasks;

/// <summary>The documents of one category of a task.</summary>
public sealed record TaskCategory(string Name, int Count, IReadOnlyList<TaskMetric> Metrics);

/// <summary>What a model reached in a task.</summary>
public sealed record TaskResult
{
    public required TaskDefinition Task { get; init; }

    public required string Model { get; init; }

    /// <summary>Solved examples before each question.</summary>
    public required int FewShot { get; init; }

    public required IReadOnlyList<TaskDocument> Documents { get; init; }

    public required IReadOnlyList<TaskScore> Scores { get; init; }

    /// <summary>On all documents; the first is the one that comparisons look at.</summary>
    public required IReadOnlyList<TaskMetric> Metrics { get; init; }

    /// <summary>For each category; none where the task has no categories.</summary>
    public required IReadOnlyList<TaskCategory> Categories { get; init; }

    /// <summary>Documents that stand in the training text that was given, and those that do not; none where none was given.</summary>
    public IReadOnlyList<TaskCategory> Contamination { get; init; } = [];

    /// <summary>Documents whose scores were read from the log of an earlier run.</summary>
    public int Resumed { get; init; }
}
