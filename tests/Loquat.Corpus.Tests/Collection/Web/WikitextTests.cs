using Loquat.Corpus.Collection.Containers;
using Loquat.Corpus.Collection.Reading;
using Loquat.Corpus.Collection.Web;

namespace Loquat.Corpus.Tests.Collection.Web;

public sealed class WikitextTests(ITestOutputHelper output)
{
    private const double LeastMean = 0.95;

    [Fact]
    public void Pages_of_the_reference_dumps_are_read()
    {
        var scores = new List<double>();
        var count = 0;
        foreach (var dump in TextFixture.Cases("read_mediawiki.json").GroupBy(c => c.Text("path")!))
        {
            var limits = new ReadingLimits();
            using var content = new Content(dump.Key, CompressionStreams.Open(Compression.Bzip2, File.OpenRead(TextFixture.Data(dump.Key)), dump.Key, limits), limits);
            var pages = MediaWikiReader.Pages(content, new ReadingContext(new(), _ => { })).ToList();
            foreach (var (page, wanted) in pages.Zip(dump))
            {
                count++;
                page.Title.Should().Be(wanted.Text("title"));
                page.Id.Should().Be(wanted.GetProperty("id").GetInt64());
                page.Redirect.Should().Be(wanted.Text("redirect"));
                if (wanted.Text("clean_text") is not { } text) continue;
                var given = Wikitext.ToText(page.Text, tables: false);
                if (text.Length >= 2900) given = given[..Math.Min(given.Length, text.Length)];
                scores.Add(WordBags.Compare(given, text).F1);
            }
        }
        output.WriteLine($"{count} pages, mean F1 {scores.Average():F4} of {scores.Count} texts, least {scores.Min():F4}");
        scores.Average().Should().BeGreaterThanOrEqualTo(LeastMean);
    }
}
