using Loquat.Corpus.Collection.Crawling;
using Loquat.Corpus.Collection.Reading;
using Loquat.Corpus.Shards;
using Loquat.Text.Collection;

namespace Loquat.Corpus.Collection;

/// <summary>What is collected and how it is kept.</summary>
public sealed record CollectionOptions
{
    /// <summary>Files and folders, in the order in which they are read, and addresses of websites (http, https), which are crawled together, first of all, and read where the first of them stands.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>The folder that is written.</summary>
    public required string Folder { get; init; }

    /// <summary>Default: JSON lines, compressed.</summary>
    public ShardFormat Format { get; init; } = ShardFormat.JsonLinesZstandard;

    /// <summary>How sources are read.</summary>
    public ReadingOptions Reading { get; init; } = new();

    /// <summary>How websites are crawled. Its seeds are the addresses among the sources, its folder is `crawl` in that of the collection.</summary>
    public CrawlOptions Crawl { get; init; } = new();

    /// <summary>Which files of folders. Default: all.</summary>
    public TextFileSelection? Selection { get; init; }

    /// <summary>UTF-8 bytes of text after which a shard is full. Default: 128 MiB.</summary>
    public long ShardBytes { get; init; } = 128L << 20;

    /// <summary>Documents after which a shard is full. Default: 100,000.</summary>
    public int ShardDocuments { get; init; } = 100_000;
}

/// <summary>What a collection gave.</summary>
/// <param name="Reasons">Reasons of rejections and how often each, the most frequent first.</param>
/// <param name="Crawl">What the websites among the sources gave; null where there are none.</param>
public sealed record CollectionSummary(long Documents, long Bytes, int Shards, long Rejected, IReadOnlyList<KeyValuePair<string, long>> Reasons, CrawlSummary? Crawl = null);
