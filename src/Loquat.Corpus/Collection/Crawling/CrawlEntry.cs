namespace Loquat.Corpus.Collection.Crawling;

/// <summary>A line of the frontier's file: one thing that happened, whole.</summary>
internal sealed record CrawlEntry
{
    /// <summary>Of the first line: names the crawl.</summary>
    public string? Settings { get; init; }

    public RobotsEntry? Robots { get; init; }

    public PageEntry? Page { get; init; }

    /// <summary>Of the last line: the crawl is whole.</summary>
    public bool Done { get; init; }
}

/// <summary>The robots.txt of an origin.</summary>
/// <param name="Text">Empty where there is none; null where it could not be reached, which forbids everything.</param>
/// <param name="Fault">Why it could not be reached.</param>
internal sealed record RobotsEntry(string Origin, DateTimeOffset At, string? Text, string? Fault);

/// <summary>What became of an address.</summary>
internal enum PageOutcome
{
    Kept,

    /// <summary>Kept, with the bytes of the crawl before.</summary>
    Unchanged,

    /// <summary>Leads to <see cref="PageEntry.To"/>.</summary>
    Redirect,

    /// <summary>Wants to be known as <see cref="PageEntry.To"/>, which is asked for first.</summary>
    Deferred,

    /// <summary>Is the page that <see cref="PageEntry.To"/> is.</summary>
    Duplicate,

    /// <summary>A list of pages.</summary>
    Sitemap,

    /// <summary>A list of lists.</summary>
    SitemapIndex,

    /// <summary>Gave no page, for a reason.</summary>
    Rejected,

    /// <summary>Was not asked for, by robots.txt.</summary>
    Disallowed,
}

internal sealed record PageEntry(string Address, PageOutcome Outcome)
{
    public string? To { get; init; }

    public string? Reason { get; init; }

    /// <summary>Where it is in the archive.</summary>
    public ArchivePlace? Place { get; init; }

    /// <summary>The ETag.</summary>
    public string? Tag { get; init; }

    /// <summary>Last-Modified.</summary>
    public string? Modified { get; init; }

    /// <summary>Of the bytes, content encodings undone.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Those of the sites that are crawled.</summary>
    public IReadOnlyList<string>? Links { get; init; }
}

/// <summary>A record of an archive: the number of the file, and the bytes in it.</summary>
internal readonly record struct ArchivePlace(int File, long Offset, int Length);
