using System.ComponentModel;
using Loquat.Models;
using Loquat.Text.Conversations;

namespace Loquat.Objectives;

/// <summary>What happens to a conversation that is longer than a row.</summary>
public enum TruncationMode
{
    /// <summary>Its end is cut off.</summary>
    KeepStart,

    /// <summary>Its beginning is cut off.</summary>
    KeepEnd,

    /// <summary>It is left out.</summary>
    Drop,
}

/// <summary>An objective that is made of conversations.</summary>
public abstract record ConversationOptions : ObjectiveOptions
{
    [Description("How conversations are written: a built-in template (chatml, human_assistant) or the file of one. Default: that of the tokenizer's folder; chatml where it has none.")]
    public string? ChatTemplate { get; init; }

    [Description("Of a conversation that is longer than training.context_length: keep_start cuts its end off, keep_end its beginning, drop leaves it out.")]
    public TruncationMode TruncationMode { get; init; } = TruncationMode.KeepStart;

    public override IReadOnlyList<ModelKind> Trains => [ModelKind.Causal];

    /// <summary>What is learned of each.</summary>
    public abstract LearnedPart Part { get; }

    /// <summary>Whether each has a preferred answer and another.</summary>
    public abstract bool Prefers { get; }
}
