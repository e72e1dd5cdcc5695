namespace Loquat.FineTuning;

/// <summary>A figure with its 95 % interval where it has one.</summary>
/// <param name="Name">Such as "accuracy".</param>
/// <param name="Value">Its value.</param>
/// <param name="Low">Lower end of the interval; null: none.</param>
/// <param name="High">Upper end.</param>
public sealed record TaskFigure(string Name, double Value, double? Low = null, double? High = null);

/// <summary>A class's own scores, 0 to 1, and how many examples of it there are.</summary>
public sealed record ClassFigure(string Label, double Precision, double Recall, double F1, int Count);

/// <summary>Examples of each true class (rows) that were taken for each class (columns).</summary>
public sealed record ConfusionCounts(IReadOnlyList<string> Labels, IReadOnlyList<IReadOnlyList<long>> Counts);

/// <summary>An example that the model got wrong.</summary>
/// <param name="Place">Where it stands.</param>
/// <param name="Text">The text.</param>
/// <param name="Expected">What it should have said.</param>
/// <param name="Predicted">What it said.</param>
/// <param name="Probability">How sure it was; null where it does not tell.</param>
public sealed record WorstExample(string Place, string Text, string Expected, string Predicted, double? Probability);

/// <summary>How good a model is on examples that it never saw.</summary>
public sealed record TaskResult
{
    /// <summary>Examples.</summary>
    public required int Count { get; init; }

    /// <summary>The measure of the task first.</summary>
    public required IReadOnlyList<TaskFigure> Figures { get; init; }

    public IReadOnlyList<ClassFigure> Classes { get; init; } = [];

    public ConfusionCounts? Confusion { get; init; }

    /// <summary>The surest mistakes first.</summary>
    public IReadOnlyList<WorstExample> Worst { get; init; } = [];

    /// <summary>What these figures suggest to do next, a sentence each.</summary>
    public IReadOnlyList<string> Advice { get; init; } = [];
}
