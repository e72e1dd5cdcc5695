namespace Loquat.Corpus.Collection.Crawling;

/// <summary>How a host is asked: one request at a time, with pauses, and longer ones when it is in trouble.</summary>
internal sealed class HostPace(CrawlOptions options)
{
    private const int MostFailures = 5; // addresses, one behind another, each after its retries

    private int _failures;

    /// <summary>When the next request may be sent.</summary>
    public DateTimeOffset Next { get; private set; }

    /// <summary>Why it is left alone; null where it is not.</summary>
    public string? Lost { get; private set; }

    /// <summary>The request that is on its way.</summary>
    public Task<Action>? Running { get; set; }

    /// <summary>That its robots.txt asks for.</summary>
    public TimeSpan? OwnDelay { get; set; }

    private TimeSpan Delay => OwnDelay is { } own && own > options.Delay ? (own < options.LongestWait ? own : options.LongestWait) : options.Delay;

    public void Succeeded(DateTimeOffset now) => (_failures, Next) = (0, now + Delay);

    /// <summary>Tells whether the same address may be asked for again, and when.</summary>
    /// <param name="attempts">Made so far, this one with them.</param>
    public bool MayRetry(HttpAnswer answer, int attempts, DateTimeOffset now)
    {
        Next = now + Delay;
        if (!answer.IsPassing) return false;
        var pause = TimeSpan.FromSeconds(1) > Delay ? TimeSpan.FromSeconds(1) : Delay;
        var wait = answer.Wait ?? TimeSpan.FromTicks(Math.Min(options.LongestWait.Ticks, pause.Ticks << Math.Min(attempts, 20)));
        if (wait > options.LongestWait)
        {
            Lost = $"it asks to come back in {wait.TotalSeconds:0} s, later than the {options.LongestWait.TotalSeconds:0} s that are waited";
            return false;
        }
        if (now + wait > Next) Next = now + wait;
        if (attempts <= options.Retries) return true;
        if (++_failures >= MostFailures) Lost = $"{MostFailures} addresses one behind another gave no answer";
        return false;
    }
}
