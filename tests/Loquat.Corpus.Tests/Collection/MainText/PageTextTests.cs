using System.Text.Json;
using Loquat.Corpus.Collection.Charsets;
using Loquat.Corpus.Collection.MainText;
using Loquat.Tests;

namespace Loquat.Corpus.Tests.Collection.MainText;

public sealed class PageTextTests(ITestOutputHelper output)
{
    private const double LeastMean = 0.967;
    private const double LargestGap = 0.10; // below the reference extractor, on any page

    [Fact]
    public void The_main_text_of_the_reference_pages_is_found()
    {
        var cases = TextFixture.Cases("html_extract.json");
        var scores = new List<double>();
        var behind = new List<string>();
        foreach (var one in cases)
        {
            var page = PageText.Read(CharsetDetector.Decode(File.ReadAllBytes(TextFixture.Data(one.Text("path")!))));
            var (precision, recall, f1) = WordBags.Compare(page.Text, one.Text("gold")!);
            scores.Add(f1);
            var theirs = one.GetProperty("scores").GetProperty("trafilatura")[2].GetDouble();
            if (f1 < theirs - LargestGap) behind.Add($"{one.Text("path")}: {f1:F4}, trafilatura {theirs:F4}");
            output.WriteLine($"{one.Text("path")}: precision {precision:F4} recall {recall:F4} F1 {f1:F4} (readability {one.GetProperty("scores").GetProperty("readability_lxml")[2].GetDouble():F4}, Resiliparse {one.GetProperty("scores").GetProperty("resiliparse")[2].GetDouble():F4})");
        }
        output.WriteLine($"mean F1 {scores.Average():F4} on {cases.Count} of {cases.Count} pages");
        scores.Average().Should().BeGreaterThanOrEqualTo(LeastMean);
        behind.Should().BeEmpty();
    }

    [Fact]
    public void Pages_tell_their_titles()
    {
        var right = 0;
        var cases = TextFixture.Cases("html_extract.json");
        foreach (var one in cases)
        {
            var page = PageText.Read(CharsetDetector.Decode(File.ReadAllBytes(TextFixture.Data(one.Text("path")!))));
            if (page.Metadata.Title is { } title && (one.Text("title")!.Contains(title, StringComparison.Ordinal) || title.Contains(one.Text("title")!, StringComparison.Ordinal))) right++;
            else output.WriteLine($"{one.Text("path")}: {page.Metadata.Title} instead of {one.Text("title")}");
        }
        output.WriteLine($"{right} of {cases.Count}");
        right.Should().BeGreaterThanOrEqualTo(cases.Count * 9 / 10);
    }

    [Fact]
    public void Pages_are_read_quickly()
    {
        var pages = TextFixture.Cases("html_extract.json").Select(one => CharsetDetector.Decode(File.ReadAllBytes(TextFixture.Data(one.Text("path")!)))).ToList();
        foreach (var _ in Enumerable.Range(0, 5)) pages.ForEach(page => PageText.Read(page));
        var begun = ThreadTime.Seconds();
        const int Rounds = 10;
        for (var i = 0; i < Rounds; i++) pages.ForEach(page => PageText.Read(page));
        var seconds = ThreadTime.Seconds() - begun;
        var rate = Rounds * pages.Count / seconds;
        output.WriteLine($"{rate:N0} pages/s, {pages.Sum(p => (double)p.Length) * Rounds / seconds / 1e6:N0} M characters/s");
        rate.Should().BeGreaterThan(100, "of pages a second, on any machine");
    }
}
