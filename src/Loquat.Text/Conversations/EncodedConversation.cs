namespace Loquat.Text.Conversations;

/// <summary>A conversation as a model reads it.</summary>
/// <param name="Ids">Its tokens.</param>
/// <param name="Learned">As long: whether a token is learned, being of an answer or what ends it.</param>
public sealed record EncodedConversation(IReadOnlyList<int> Ids, IReadOnlyList<bool> Learned);

/// <summary>Which answers of a conversation are learned.</summary>
public enum LearnedPart
{
    /// <summary>All that the assistant says, with the tokens that end it.</summary>
    Answers,

    /// <summary>Its last answer.</summary>
    LastAnswer,

    /// <summary>Everything, questions and the template's own words too.</summary>
    All,
}

/// <summary>Why a conversation cannot be learned from.</summary>
/// <param name="Reason">As the rest of a sentence about several.</param>
/// <param name="Detail">What is to be seen in this one; null: no more.</param>
public sealed record LeftOut(string Reason, string? Detail = null);
