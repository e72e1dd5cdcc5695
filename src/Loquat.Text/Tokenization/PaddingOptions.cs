using Loquat.Text.Tokenization.Alignment;

namespace Loquat.Text.Tokenization;

/// <summary>How encodings are filled up to a length.</summary>
public sealed record PaddingOptions
{
    /// <summary>Tokens; null: as many as the longest of the batch.</summary>
    public int? Length { get; init; }

    /// <summary>Whether padding goes before the tokens.</summary>
    public bool Left { get; init; }

    /// <summary>The length is rounded up to a multiple of this; null: it is not.</summary>
    public int? PadToMultipleOf { get; init; }

    public int PadId { get; init; }

    public int PadTypeId { get; init; }

    public string PadToken { get; init; } = "[PAD]";

    internal void Pad(IReadOnlyList<TokenRows> encodings)
    {
        if (encodings.Count == 0) return;
        var length = Length ?? encodings.Max(e => e.Count);
        if (PadToMultipleOf is > 0 and var multiple && length % multiple > 0) length += multiple - length % multiple;
        foreach (var encoding in encodings) encoding.Pad(length, PadId, PadTypeId, PadToken, Left);
    }
}
