namespace Loquat.FineTuning.Examples;

/// <summary>What a task is learned from: a text, perhaps a second one, and what is to be told of them. What a task does not use is null.</summary>
public sealed record Example
{
    public required string Text { get; init; }

    /// <summary>The second text of a pair: a hypothesis, another sentence.</summary>
    public string? Pair { get; init; }

    /// <summary>Its class.</summary>
    public string? Label { get; init; }

    /// <summary>Where it stands, for errors: "train.csv, line 12".</summary>
    public required string Place { get; init; }
}

/// <summary>The examples of a run in their three parts, and what a person should know of them.</summary>
/// <param name="Train">Learned from.</param>
/// <param name="Validation">Chooses the best checkpoint.</param>
/// <param name="Test">Tells how good that is; touched once.</param>
/// <param name="Key">Changes with whatever would change the examples or their parts.</param>
/// <param name="Facts">What was found and decided, a name and a sentence each.</param>
public sealed record ExampleSets(IReadOnlyList<Example> Train, IReadOnlyList<Example> Validation, IReadOnlyList<Example> Test, string Key, IReadOnlyList<(string Name, string Text)> Facts);
