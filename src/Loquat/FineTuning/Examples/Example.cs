namespace Loquat.FineTuning.Examples;

/// <summary>What a task is learned from: a text, perhaps a second one, and what is to be told of them. What a task does not use is null.</summary>
public sealed record Example
{
    public required string Text { get; init; }

    /// <summary>The second text of a pair: a hypothesis, another sentence, the text that a question is about.</summary>
    public string? Pair { get; init; }

    /// <summary>Its class, or its number.</summary>
    public string? Label { get; init; }

    /// <summary>Its classes, where it may have any number of them.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>The answers to a question that count as right; none: there is no answer.</summary>
    public IReadOnlyList<AnswerSpan>? Answers { get; init; }

    /// <summary>Of two answers the one that is not preferred; <see cref="Pair"/> is the other.</summary>
    public string? Rejected { get; init; }

    /// <summary>Its words, where they are told apart already.</summary>
    public IReadOnlyList<string>? Words { get; init; }

    /// <summary>A tag for each word.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>What it is called in its file.</summary>
    public string? Id { get; init; }

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
