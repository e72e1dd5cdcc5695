using System.Security.Cryptography;
using System.Text;
using Loquat.Corpus.Collection.Reading;
using Loquat.Corpus.Collection.Web;

namespace Loquat.Corpus.Collection.Crawling;

/// <summary>One crawl: hosts are asked side by side, what they answer is judged and written down one answer at a time.</summary>
internal sealed class CrawlRun : IDisposable
{
    private const string Agent = "Loquat";
    private const int MostRobotsRedirects = 5;

    private static readonly TimeSpan _robotsAge = TimeSpan.FromDays(1);

    private readonly CrawlOptions _options;
    private readonly Frontier _frontier;
    private readonly AnswerReader _answers;
    private readonly HttpFetcher _fetcher;
    private readonly Dictionary<string, (DateTimeOffset At, RobotsRules Rules, string Refusal)> _robots = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HostPace> _hosts = new(StringComparer.Ordinal);
    private readonly PreviousCrawl _previous;
    private readonly CrawlArchive _archive;
    private readonly CrawlJournal _journal;

    /// <summary>Opens a crawl of a folder, as far as it came.</summary>
    public CrawlRun(CrawlOptions options, int number)
    {
        (_options, _frontier, _fetcher) = (options, new Frontier(options), new HttpFetcher(options));
        _answers = new AnswerReader(options, _frontier);
        _previous = new PreviousCrawl(options.Folder, number - 1);
        var path = CrawlJournal.PathOf(options.Folder, number);
        var (end, settings, last) = (0L, Settings(options), (ArchivePlace?)null);
        foreach (var (entry, _, behind) in CrawlJournal.Read(path))
        {
            if (entry.Settings is { } other && other != settings) throw new DataException($"{options.Folder}: a crawl of other addresses, or with another scope or depth, was stopped here. Finish it with its own command, or name another folder.");
            // Where the machine failed, a line may be on the disk before the record that it tells of.
            if (entry.Page?.Place is { } place && !CrawlArchive.Has(options.Folder, number, place)) break;
            Apply(entry);
            (end, last) = (behind, entry.Page?.Place ?? last);
        }
        _archive = new CrawlArchive(options.Folder, number, last, () => WarcWriter.Info(options.UserAgent, options.Clock.GetUtcNow()));
        _journal = CrawlJournal.Open(path, end);
        if (end == 0) _journal.Append(new() { Settings = settings });
    }

    /// <summary>Asks until nothing is left, or the limits are reached.</summary>
    public async Task Crawl(Action<int, int>? progress, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                var now = _options.Clock.GetUtcNow();
                var (next, isSettled) = ((DateTimeOffset?)null, false);
                foreach (var host in _frontier.Hosts.ToList())
                {
                    var pace = Pace(host);
                    if (pace.Running is not null || pace.Lost is not null || Running().Count >= _options.Hosts) continue;
                    while (_frontier.Next(host) is { } target && Begin(host, pace, target, now, stop.Token) is { } wait)
                    {
                        if (wait <= TimeSpan.Zero)
                        {
                            isSettled = true;
                            continue;
                        }
                        if (next is null || now + wait < next) next = now + wait;
                        break;
                    }
                }
                // What was settled without a request may have put others back.
                if (isSettled) continue;
                var running = new List<Task>(Running());
                if (running.Count == 0 && next is null) return;
                if (next is { } due) running.Add(Task.Delay(due - now, _options.Clock, stop.Token));
                await Task.WhenAny(running).ConfigureAwait(false);
                foreach (var pace in _hosts.Values.ToList())
                    if (pace.Running is { IsCompleted: true } done)
                    {
                        pace.Running = null;
                        (await done.ConfigureAwait(false))();
                        progress?.Invoke(_frontier.Asked, _frontier.Kept);
                    }
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            // No request outlives the crawl.
            foreach (var task in Running()) await ((Task)task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private List<Task<Action>> Running() => [.. _hosts.Values.Select(h => h.Running).OfType<Task<Action>>()];

    private HostPace Pace(string host) => _hosts.TryGetValue(host, out var pace) ? pace : _hosts[host] = new HostPace(_options);

    /// <summary>Begins with an address; tells how long to wait where it cannot be asked for yet, zero where it is settled without a request, null where nothing more is to be done now.</summary>
    private TimeSpan? Begin(string host, HostPace pace, CrawlTarget target, DateTimeOffset now, CancellationToken cancellation)
    {
        if (_frontier.Asked + _hosts.Values.Count(h => h.Running is not null) >= _options.Pages) return null;
        var origin = WebAddress.Origin(target.Address);
        var isKnown = _robots.TryGetValue(origin, out var robots) && now - robots.At < _robotsAge;
        if (isKnown && !robots.Rules.Allows(new Uri(target.Address).PathAndQuery))
        {
            Record(new PageEntry(target.Address, PageOutcome.Disallowed) { Reason = robots.Refusal });
            return TimeSpan.Zero;
        }
        if (pace.Next > now) return pace.Next - now;
        pace.Running = isKnown ? Ask(pace, target, cancellation) : AskRobots(pace, origin, cancellation);
        return null;
    }

    private async Task<Action> Ask(HostPace pace, CrawlTarget target, CancellationToken cancellation)
    {
        target.IsAsked = true;
        var known = _previous.Find(target.Address);
        var answer = await _fetcher.Get(target.Address, known?.Tag, known?.Modified, cancellation).ConfigureAwait(false);
        return () =>
        {
            var now = _options.Clock.GetUtcNow();
            target.Attempts++;
            if (!answer.IsPassing) pace.Succeeded(now);
            else if (pace.MayRetry(answer, target.Attempts, now) || pace.Lost is not null && answer.Wait is not null)
            {
                _frontier.Return(target);
                return;
            }
            var entry = _answers.Read(target, answer, known);
            if (entry.Outcome == PageOutcome.Kept) entry = entry with { Place = _archive.Append(WarcWriter.Response(target.Address, now, answer.Status, answer.Reason, answer.Headers, answer.Body)) };
            else if (entry.Outcome == PageOutcome.Unchanged) entry = entry with { Place = _archive.Append(_previous.Read(known!.Place!.Value)) };
            Record(entry);
        };
    }

    /// <summary>Asks for a robots.txt, and goes where it is redirected to. RFC 9309, 2.3.1: where there is none all is allowed, and nothing where it cannot be reached.</summary>
    private async Task<Action> AskRobots(HostPace pace, string origin, CancellationToken cancellation)
    {
        var address = $"{origin}/robots.txt";
        HttpAnswer answer;
        for (var (redirects, attempts) = (0, 1); ;)
        {
            answer = await _fetcher.GetBegin(address, RobotsRules.Largest, cancellation).ConfigureAwait(false);
            if (answer.IsRedirect && redirects++ < MostRobotsRedirects && answer["Location"] is { } location && WebAddress.Normalize(location, address) is { } to) address = to;
            else if (answer.IsPassing && pace.MayRetry(answer, attempts++, _options.Clock.GetUtcNow())) await Task.Delay(pace.Next - _options.Clock.GetUtcNow(), _options.Clock, cancellation).ConfigureAwait(false);
            else break;
        }
        return () =>
        {
            var now = _options.Clock.GetUtcNow();
            if (pace.Lost is not null && answer.Wait is not null) return;
            var isReached = answer is { Status: >= 200 and < 500, Status: not 429, Fault: null };
            Record(new RobotsEntry(origin, now, !isReached ? null : answer.Status < 300 ? Encoding.UTF8.GetString(answer.Body) : "", isReached ? null : answer.Fault ?? $"HTTP status {answer.Status}"));
            pace.Succeeded(now); // with the pause that it asks for
        };
    }

    private void Record(PageEntry page) => Record(new CrawlEntry { Page = page });

    private void Record(RobotsEntry robots) => Record(new CrawlEntry { Robots = robots });

    private void Record(CrawlEntry entry)
    {
        _journal.Append(entry);
        Apply(entry);
    }

    private void Apply(CrawlEntry entry)
    {
        if (entry.Page is { } page) _frontier.Apply(page);
        if (entry.Robots is not { } robots) return;
        var rules = robots.Text switch { null => RobotsRules.DisallowAll, "" => RobotsRules.AllowAll, var text => RobotsRules.Parse(text, Agent) };
        _robots[robots.Origin] = (robots.At, rules, robots.Fault is { } fault ? $"robots.txt cannot be had, which forbids all: {fault}" : "robots.txt does not allow it");
        Pace(WebAddress.Host(robots.Origin)).OwnDelay = rules.Delay;
        _frontier.Apply(robots, rules.Sitemaps);
    }

    private static string Settings(CrawlOptions options) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"1 {options.Scope} {options.Depth} {string.Join(' ', options.Seeds.Select(s => WebAddress.Normalize(s)))}")))[..32];

    /// <summary>Marks the crawl as whole.</summary>
    public void Finish()
    {
        _archive.Flush();
        _journal.Append(new() { Done = true });
    }

    public CrawlSummary Summary(int number) =>
        new(_frontier.Kept, _frontier.Unchanged, _frontier.Asked, _frontier.Left, CrawlArchive.Files(_options.Folder, number), [.. _frontier.Rejected, .. _hosts.Where(h => h.Value.Lost is not null).Select(h => new Rejection(h.Key, $"left alone: {h.Value.Lost}"))]);

    public void Dispose()
    {
        _journal.Dispose();
        _archive.Dispose();
        _fetcher.Dispose();
    }
}
