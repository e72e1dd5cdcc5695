using Loquat.FineTuning.Examples;
using Loquat.Models;
using Loquat.Recipes;
using Loquat.Text.Tokenization;

namespace Loquat.FineTuning;

/// <summary>What a run learns from, once its examples are read and its tokenizer is known.</summary>
public sealed record FineTuningData
{
    /// <summary>The recipe with its steps counted.</summary>
    public required Recipe Recipe { get; init; }

    public required ExampleSets Sets { get; init; }

    public required Tokenizer Tokenizer { get; init; }

    /// <summary>Where the run keeps it.</summary>
    public required string TokenizerPath { get; init; }

    public required FineTuningTask Task { get; init; }

    /// <summary>The model with the task's head.</summary>
    public required EncoderConfig Config { get; init; }

    /// <summary>Rows of the three parts.</summary>
    public required IReadOnlyList<TaskRow> Train { get; init; }

    public required IReadOnlyList<TaskRow> Validation { get; init; }

    public required IReadOnlyList<TaskRow> Test { get; init; }

    /// <summary>What was found and decided, and what is doubtful: a name and a sentence each.</summary>
    public required IReadOnlyList<(string Name, string Text)> Facts { get; init; }
}
