namespace Loquat.Corpus.Collection.Crawling;

/// <summary>What the crawl before kept, so that what did not change since is not sent again.</summary>
internal sealed class PreviousCrawl
{
    private readonly string _folder;
    private readonly int _number;
    private readonly Dictionary<string, long> _lines = new(StringComparer.Ordinal);

    /// <param name="number">0: there was none.</param>
    public PreviousCrawl(string folder, int number)
    {
        (_folder, _number) = (folder, number);
        if (number == 0) return;
        foreach (var (entry, begin, _) in CrawlJournal.Read(CrawlJournal.PathOf(folder, number)))
            if (entry.Page is { Outcome: PageOutcome.Kept or PageOutcome.Unchanged, Place: { } place } page && (page.Tag ?? page.Modified) is not null && CrawlArchive.Has(folder, number, place)) _lines[page.Address] = begin;
    }

    /// <summary>What was kept of an address that can be asked about; null where there is none.</summary>
    public PageEntry? Find(string address) => _lines.TryGetValue(address, out var begin) ? CrawlJournal.ReadAt(CrawlJournal.PathOf(_folder, _number), begin).Page : null;

    /// <summary>The bytes of a record.</summary>
    public byte[] Read(ArchivePlace place) => CrawlArchive.Read(_folder, _number, place);

    /// <summary>Deletes it.</summary>
    public static void Delete(string folder, int number)
    {
        File.Delete(CrawlJournal.PathOf(folder, number));
        foreach (var path in CrawlArchive.Files(folder, number)) File.Delete(path);
    }
}
