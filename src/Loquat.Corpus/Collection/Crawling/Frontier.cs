using Loquat.Corpus.Collection.Reading;

namespace Loquat.Corpus.Collection.Crawling;

/// <summary>An address that is to be asked for.</summary>
internal sealed class CrawlTarget(string address, int depth)
{
    public string Address { get; } = address;

    /// <summary>Links from a seed.</summary>
    public int Depth { get; } = depth;

    /// <summary>Redirects that led to it.</summary>
    public int Redirects { get; init; }

    /// <summary>Whether it is a seed, or what a seed led to by redirects: its site is one of the crawl's.</summary>
    public bool IsSeed { get; init; }

    /// <summary>Whether it is kept whatever it calls itself: the address that it gave has no page.</summary>
    public bool IsCanonical { get; set; }

    /// <summary>Times that it was asked for in vain.</summary>
    public int Attempts { get; set; }

    public bool IsAsked { get; set; }

    /// <summary>What became of it; null while that is open.</summary>
    public PageEntry? Entry { get; set; }

    /// <summary>Pages that want to be known under this address.</summary>
    public List<CrawlTarget> Waiting { get; } = [];

    public bool IsKept => Entry?.Outcome is PageOutcome.Kept or PageOutcome.Unchanged or PageOutcome.Duplicate;
}

/// <summary>
/// What is known of the sites, and what is to be asked for next: near pages first, in the order in which they were found. It changes by entries alone, so that the entries of a crawl that was
/// stopped give the frontier that it had.
/// </summary>
internal sealed class Frontier
{
    private const int MostAddresses = 1_000_000;
    private const int MostRedirects = 10;

    private readonly CrawlOptions _options;
    private readonly SiteScope _scope;
    private readonly Dictionary<string, CrawlTarget> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _contents = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LinkedList<CrawlTarget>> _queues = new(StringComparer.Ordinal);

    public Frontier(CrawlOptions options)
    {
        (_options, _scope) = (options, new SiteScope(options.Scope));
        foreach (var seed in options.Seeds.Select(s => WebAddress.Normalize(s)!))
        {
            _scope.Add(seed);
            Find(new CrawlTarget(seed, 0) { IsSeed = true });
        }
    }

    public int Asked { get; private set; }

    public int Kept { get; private set; }

    public int Unchanged { get; private set; }

    public List<Rejection> Rejected { get; } = [];

    /// <summary>Hosts of which an address is known, in the order in which they were found.</summary>
    public IReadOnlyCollection<string> Hosts => _queues.Keys;

    /// <summary>Addresses that nothing has become of.</summary>
    public int Left => _known.Values.Count(t => t.Entry is null or { Outcome: PageOutcome.Deferred });

    public bool Contains(string address) => _scope.Contains(address);

    /// <summary>The next address of a host, which stays where it is until it is asked for; null where there is none.</summary>
    public CrawlTarget? Next(string host)
    {
        var queue = _queues[host];
        while (queue.First is { } first && (first.Value.Entry is not null || first.Value.IsAsked)) queue.RemoveFirst();
        return queue.First?.Value;
    }

    /// <summary>Puts an address that was asked for in vain before all others of its host.</summary>
    public void Return(CrawlTarget target)
    {
        target.IsAsked = false;
        Queue(target).AddFirst(target);
    }

    /// <summary>The address under which the same bytes were kept; null where they are new.</summary>
    public string? KeptAs(string sha256) => _contents.GetValueOrDefault(sha256);

    /// <summary>What a page is by the address it gives as its own: itself, kept already there, or put off until that has been asked for.</summary>
    public PageOutcome Canonical(CrawlTarget target, string? canonical)
    {
        if (canonical is null || target.IsCanonical || !Contains(canonical)) return PageOutcome.Kept;
        var other = _known.GetValueOrDefault(canonical);
        if (other?.IsKept == true) return PageOutcome.Duplicate;
        return other?.Entry is not null || Asked + 1 >= _options.Pages || _known.Count >= MostAddresses ? PageOutcome.Kept : PageOutcome.Deferred;
    }

    /// <summary>Why a redirect is not followed; null where it is.</summary>
    public string? Refusal(CrawlTarget target, string to)
    {
        if (target.Redirects >= MostRedirects) return $"more than {MostRedirects} redirects, one behind another";
        var next = to;
        for (var i = 0; i <= MostRedirects; i++)
        {
            if (next == target.Address) return "redirects in a circle";
            if (_known.GetValueOrDefault(next)?.Entry is not { Outcome: PageOutcome.Redirect, To: { } further }) break;
            next = further;
        }
        return target.IsSeed || Contains(to) ? null : $"redirects to another site: {to}";
    }

    public void Apply(RobotsEntry robots, IReadOnlyList<string> sitemaps)
    {
        if (_options.Depth == 0) return;
        foreach (var sitemap in sitemaps)
            if (WebAddress.Normalize(sitemap, robots.Origin) is { } address && Contains(address)) Find(new CrawlTarget(address, 0));
    }

    public void Apply(PageEntry entry)
    {
        if (!_known.TryGetValue(entry.Address, out var target)) throw new DataException($"The frontier's file has an address that nothing led to, {entry.Address}. Delete it to crawl anew.");
        target.Entry = entry with { Links = null };
        if (entry.Outcome != PageOutcome.Disallowed) Asked++;
        switch (entry.Outcome)
        {
            case PageOutcome.Kept or PageOutcome.Unchanged:
                Kept++;
                if (entry.Outcome == PageOutcome.Unchanged) Unchanged++;
                _contents.TryAdd(entry.Sha256!, entry.Address);
                break;
            case PageOutcome.Redirect:
                if (target.IsSeed) _scope.Add(entry.To!);
                Find(new CrawlTarget(entry.To!, target.Depth) { Redirects = target.Redirects + 1, IsSeed = target.IsSeed }, first: true);
                break;
            case PageOutcome.Deferred:
                Find(new CrawlTarget(entry.To!, target.Depth));
                _known[entry.To!].Waiting.Add(target);
                break;
            case PageOutcome.Duplicate or PageOutcome.Rejected or PageOutcome.Disallowed:
                Rejected.Add(new(entry.Address, entry.Reason!));
                break;
        }
        var depth = target.Depth + (entry.Outcome == PageOutcome.SitemapIndex ? 0 : 1);
        if (depth <= _options.Depth)
            foreach (var link in entry.Links ?? []) Find(new CrawlTarget(link, depth));
        if (entry.Outcome != PageOutcome.Deferred) Settle(target);
    }

    /// <summary>What waited for an address is that page, or must be asked for again where there is none.</summary>
    private void Settle(CrawlTarget target)
    {
        var settled = new Stack<CrawlTarget>([target]);
        while (settled.TryPop(out var one))
        {
            foreach (var waiting in one.Waiting)
            {
                if (one.IsKept)
                {
                    waiting.Entry = waiting.Entry! with { Outcome = PageOutcome.Duplicate };
                    Rejected.Add(new(waiting.Address, $"the same page as {one.Address}, by its rel=canonical"));
                    settled.Push(waiting);
                    continue;
                }
                (waiting.Entry, waiting.IsCanonical) = (null, true);
                Return(waiting);
            }
            one.Waiting.Clear();
        }
    }

    private void Find(CrawlTarget target, bool first = false)
    {
        if (_known.Count >= MostAddresses || !_known.TryAdd(target.Address, target)) return;
        if (first) Queue(target).AddFirst(target);
        else Queue(target).AddLast(target);
    }

    private LinkedList<CrawlTarget> Queue(CrawlTarget target)
    {
        var host = WebAddress.Host(target.Address);
        if (!_queues.TryGetValue(host, out var queue)) _queues[host] = queue = new();
        return queue;
    }
}
