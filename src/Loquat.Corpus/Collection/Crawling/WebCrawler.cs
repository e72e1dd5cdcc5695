using Loquat.Text.Files;

namespace Loquat.Corpus.Collection.Crawling;

/// <summary>
/// Crawls websites politely into an archive of WARC files: robots.txt, pauses, one request at a time for each host. A crawl that was stopped, however hard, goes on where it was; one that is
/// whole is repeated, and what did not change since is not sent again.
/// </summary>
public static class WebCrawler
{
    /// <summary>Crawls, or goes on.</summary>
    /// <param name="progress">Told the addresses asked for and the pages kept, after each answer.</param>
    /// <exception cref="OptionsException">An option cannot be.</exception>
    /// <exception cref="DataException">No page could be had, or the folder holds another crawl that was stopped.</exception>
    /// <exception cref="MachineException">The disk is full or the place cannot be written.</exception>
    public static CrawlSummary Run(CrawlOptions options, Action<int, int>? progress = null, CancellationToken cancellation = default)
    {
        options.Check();
        try
        {
            Directory.CreateDirectory(options.Folder);
            var number = LastWhole(options.Folder) is > 0 and var whole ? whole + 1 : Math.Max(1, CrawlJournal.Last(options.Folder));
            CrawlSummary summary;
            using (var run = new CrawlRun(options, number))
            {
                run.Crawl(progress, cancellation).GetAwaiter().GetResult();
                summary = run.Summary(number);
                if (summary.Kept > 0) run.Finish();
            }
            if (summary.Kept > 0)
            {
                PreviousCrawl.Delete(options.Folder, number - 1);
                return summary;
            }
            PreviousCrawl.Delete(options.Folder, number); // so that the same command tries anew
            throw new DataException($"{string.Join(", ", options.Seeds)}: no page could be had.{(summary.Rejected is [var first, ..] ? $" {first.Source}: {first.Reason}." : "")}");
        }
        catch (Exception error) when (DiskFault.Is(error))
        {
            throw new MachineException($"{options.Folder}: cannot be written: {error.Message} Free some space; the same command goes on where it was.", error);
        }
    }

    /// <summary>The number of the last crawl of a folder where that is whole, else 0.</summary>
    internal static int LastWhole(string folder) => CrawlJournal.Last(folder) is > 0 and var number && CrawlJournal.Read(CrawlJournal.PathOf(folder, number)).LastOrDefault().Entry is { Done: true } ? number : 0;

    /// <summary>What a crawl gave that is whole.</summary>
    internal static CrawlSummary Summary(CrawlOptions options, int number)
    {
        using var run = new CrawlRun(options, number);
        return run.Summary(number);
    }
}
