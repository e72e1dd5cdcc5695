namespace Loquat.Corpus.Collection.Containers;

/// <summary>What a hostile or broken source may cost at the most.</summary>
public sealed record ReadingLimits
{
    /// <summary>Times that compressed bytes may expand, once <see cref="FreeExpansion"/> has come out. Default: 250.</summary>
    public int LargestExpansion { get; init; } = 250;

    /// <summary>Expanded bytes that are always read. Default: 64 MiB.</summary>
    public long FreeExpansion { get; init; } = 64 << 20;

    /// <summary>Archives and compressed streams inside one another. Default: 6.</summary>
    public int DeepestNesting { get; init; } = 6;

    /// <summary>Bytes of a source that must be held at once: a page, a book of PDF, a message, a record of JSON. Default: 128 MiB.</summary>
    public int LargestWhole { get; init; } = 128 << 20;

    /// <summary>Characters of a document; longer plain text comes in parts. Default: 8 Mi.</summary>
    public int LongestDocument { get; init; } = 8 << 20;
}
