namespace Loquat.Corpus;

/// <summary>
/// A piece of text and where it came from: a book, a page, a post, a message, a row. What collecting gives, and what preprocessing takes and gives.
/// A field that its source does not state is null, never empty.
/// </summary>
public sealed record Document
{
    private static readonly IReadOnlyDictionary<string, string> _nothing = new Dictionary<string, string>();

    /// <summary>Names the document within a collection, the same each time it is read: the source, and the place in it where a source holds several.</summary>
    public required string Id { get; init; }

    /// <summary>Plain text; paragraphs end with a blank line, lines with a line feed.</summary>
    public required string Text { get; init; }

    /// <summary>Where the text was read: a file, as given and with forward slashes, then `!` and the entry for each archive around it; or an address.</summary>
    public required string Source { get; init; }

    /// <summary>The title of the book, page, post or message (its subject).</summary>
    public string? Title { get; init; }

    /// <summary>Who wrote it; several are divided by `; `.</summary>
    public string? Author { get; init; }

    /// <summary>When it was written or published: ISO 8601, as exact as the source says (`1813`, `2008-06`, `2008-06-27`, `2008-06-27T10:00:00Z`).</summary>
    public string? Date { get; init; }

    /// <summary>The language it says it is in: a BCP 47 tag (`en`, `pt-BR`).</summary>
    public string? Language { get; init; }

    /// <summary>Its own address, where it has one.</summary>
    public string? Url { get; init; }

    /// <summary>The license it says it is under: an SPDX name (`CC-BY-SA-4.0`), an address, or the words of the source.</summary>
    public string? License { get; init; }

    /// <summary>What else its source says of it, by the source's own names: `subreddit`, `score`, `namespace`, `content_type`.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = _nothing;
}
