using Loquat.Corpus.Collection;
using Loquat.Corpus.Collection.Crawling;
using Loquat.Tests;

namespace Loquat.Corpus.Tests.Collection.Crawling;

/// <summary>Crawls of sites on this machine.</summary>
internal static class Crawls
{
    public static CrawlOptions Of(TestSite site, TemporaryFolder folder, params string[] paths) => new()
    {
        Seeds = [.. (paths.Length == 0 ? ["/"] : paths).Select(p => site.Address + p)],
        Folder = folder.File("crawl"),
        AllowPrivate = true,
        Clock = new SkippingClock(),
    };

    /// <summary>Paths of the pages of an archive, as its reader finds them.</summary>
    public static List<string> Pages(CrawlSummary crawl) => [.. Documents(crawl).Select(d => new Uri(d.Url!).PathAndQuery)];

    public static List<Document> Documents(CrawlSummary crawl)
    {
        var reader = new DocumentReader();
        reader.Rejected += one => Assert.Fail($"{one.Source} {one.Place}: {one.Reason}");
        return [.. crawl.Archives.SelectMany(a => reader.Read(a))];
    }

    public static string ReasonOf(CrawlSummary crawl, string path) => crawl.Rejected.Single(r => r.Source.EndsWith(path, StringComparison.Ordinal)).Reason;
}
