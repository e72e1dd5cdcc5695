using Loquat.Corpus.Collection.Books;

namespace Loquat.Corpus.Tests.Collection.Books;

public sealed class PdfReaderTests(ITestOutputHelper output)
{
    private const double LeastF1 = 0.97;

    [Fact]
    public void Pages_have_the_words_of_the_nearer_reference()
    {
        var cases = TextFixture.Cases("read_pdf.json");
        var behind = new List<string>();
        foreach (var one in cases)
        {
            var (pages, _) = PdfReader.Pages(File.ReadAllBytes(TextFixture.Data(one.Text("path")!)), one.Text("path")!, default);
            pages.Count.Should().Be(one.GetProperty("pages").GetInt32());
            var text = string.Join('\n', pages.Select(p => p.Plain));
            var f1 = one.GetProperty("text").EnumerateObject().Max(t => WordBags.Compare(text, t.Value.GetString()!).F1);
            output.WriteLine($"{one.Text("path")}: {f1:F4}");
            if (f1 < LeastF1) behind.Add($"{one.Text("path")}: {f1:F4}");
        }
        output.WriteLine($"{cases.Count - behind.Count} of {cases.Count}");
        behind.Should().BeEmpty();
    }
}
