using System.Net;

namespace Loquat.Corpus.Collection.Crawling;

/// <summary>Which addresses belong to the sites of a crawl.</summary>
public enum CrawlScope
{
    /// <summary>Those of the seeds' hosts, port included; http and https alike.</summary>
    Host,

    /// <summary>Those of the seeds' registrable domains: `example.org` and whatever ends in `.example.org`.</summary>
    Domain,
}

/// <summary>What is crawled, how far, and how gently.</summary>
public sealed record CrawlOptions
{
    /// <summary>Where the crawl begins: pages, or sitemaps.</summary>
    public IReadOnlyList<string> Seeds { get; init; } = [];

    /// <summary>The folder that is written: the archive (`pages-*.warc.gz`) and the frontier (`frontier-*.jsonl`).</summary>
    public string Folder { get; init; } = "";

    /// <summary>Default: the seeds' hosts.</summary>
    public CrawlScope Scope { get; init; } = CrawlScope.Host;

    /// <summary>Links from a seed to a page, at the most; 0 takes the seeds alone. Pages of sitemaps are one link away. Default: 8.</summary>
    public int Depth { get; init; } = 8;

    /// <summary>Addresses that are asked for at the most, of all sites together. Default: 1,000.</summary>
    public int Pages { get; init; } = 1000;

    /// <summary>Between two requests to a host; what its robots.txt asks for counts where that is more. Default: 1 s.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Hosts that are asked at the same time; one host gets one request at a time. Default: 8.</summary>
    public int Hosts { get; init; } = 8;

    /// <summary>Seconds that a request may take, its body with it. Default: 60 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Bytes of a body, as sent and expanded. Default: 32 MiB.</summary>
    public int LargestBody { get; init; } = 32 << 20;

    /// <summary>Times that an address is asked for again after 429, 500, 502, 503, 504 or no answer, each after twice the wait before. Default: 3.</summary>
    public int Retries { get; init; } = 3;

    /// <summary>The longest wait: a host that asks for more (Retry-After) is left alone. Default: 5 min.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Addresses of private networks, of this machine and of links are asked as well. Default: never.</summary>
    public bool AllowPrivate { get; init; }

    /// <summary>Goes into the User-Agent, so that who runs a site can reach who crawls it: an address of the web or of mail.</summary>
    public string? Contact { get; init; }

    /// <summary>Paces the requests. Default: the system's.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Finds the addresses of a host. Default: the system's resolver.</summary>
    internal Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;

    /// <summary>Which addresses may be asked. Default: by <see cref="AllowPrivate"/>.</summary>
    internal Func<IPAddress, bool>? Reaches { get; init; }

    /// <summary>How the crawler names itself.</summary>
    internal string UserAgent => $"Loquat/{typeof(CrawlOptions).Assembly.GetName().Version?.ToString(3)}{(Contact is null ? "" : $" (+{Contact})")}";

    /// <exception cref="OptionsException">A value cannot be.</exception>
    internal void Check()
    {
        if (Seeds.Count == 0) throw new OptionsException("A crawl needs an address to begin with: https://example.org.");
        Require(Folder.Length > 0, "A crawl needs a folder to write.");
        foreach (var seed in Seeds)
            if (!WebAddress.Is(seed) || WebAddress.Normalize(seed) is null) throw new OptionsException($"'{seed}' is no address of a website; it must be http:// or https:// with a host.");
        Require(Depth >= 0, $"depth is {Depth}; it must be 0 or more.");
        Require(Pages >= 1, $"pages is {Pages}; it must be 1 or more.");
        Require(Delay >= TimeSpan.Zero && Delay <= LongestWait, $"delay is {Delay.TotalSeconds} s; it must be from 0 to {LongestWait.TotalSeconds}.");
        Require(Hosts >= 1, $"hosts is {Hosts}; it must be 1 or more.");
        Require(Timeout > TimeSpan.Zero && Timeout < TimeSpan.FromDays(1), $"timeout is {Timeout.TotalSeconds} s; it must be more than 0, and less than a day.");
        Require(LargestBody >= 1 << 10, $"the largest body is {LargestBody} bytes; it must be 1,024 or more.");
        Require(Retries >= 0, $"retries is {Retries}; it must be 0 or more.");
        Require(Contact is null || Contact.Length is > 0 and <= 200 && Contact.All(c => c is > ' ' and < '\x7F' and not ('(' or ')' or '\\')), $"the contact '{Contact}' cannot be sent; it must be an address of the web or of mail, of printable ASCII without spaces and parentheses.");
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds) throw new OptionsException(otherwise);
    }
}

/// <summary>What a crawl gave.</summary>
/// <param name="Kept">Pages in the archive.</param>
/// <param name="Unchanged">Of these, pages that are as the crawl before found them; their bytes are those of then.</param>
/// <param name="Asked">Addresses asked for.</param>
/// <param name="Left">Addresses known and not asked for, by the limits.</param>
/// <param name="Archives">Files of the archive, in their order.</param>
/// <param name="Rejected">What gave no page, and why.</param>
public sealed record CrawlSummary(int Kept, int Unchanged, int Asked, int Left, IReadOnlyList<string> Archives, IReadOnlyList<Reading.Rejection> Rejected);
