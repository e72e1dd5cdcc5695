using System.Globalization;
using System.Text.Json;
using Loquat.Corpus.Preprocessing.Characters;
using Loquat.Corpus.Preprocessing.Cleaning;
using Loquat.Corpus.Preprocessing.Deduplication;

namespace Loquat.Corpus.Tests.Preprocessing.Deduplication;

public sealed class DeduplicationTests
{
    private static string[] Texts(string file) => [.. TextFixture.Load(file).Cases.Select(c => c.GetProperty("text").GetString()!)];

    [Fact]
    public void Every_pair_of_the_reference_has_its_similarity()
    {
        var shingles = Texts("dedup.json").Select(t => Shingles.Of(t, 5)).ToArray();
        var wrong = TextFixture.Load("dedup.json")["pairs"].EnumerateArray().Where(p => Math.Abs(Shingles.Jaccard(shingles[p[0].GetInt32()], shingles[p[1].GetInt32()]) - p[2].GetDouble()) > 1e-6).ToList();
        Assert.True(wrong.Count == 0, $"{wrong.Count} differ, the first {wrong.FirstOrDefault()}");
    }

    [Fact]
    public void Hashing_finds_all_but_two_in_a_hundred_of_the_pairs_and_no_other()
    {
        var fixture = TextFixture.Load("dedup.json");
        var texts = Texts("dedup.json");
        foreach (var clusters in fixture["clusters"].EnumerateObject())
        {
            var threshold = double.Parse(clusters.Name, CultureInfo.InvariantCulture);
            var finder = new NearDuplicates(new() { Threshold = threshold });
            foreach (var text in texts) finder.Add(finder.SketchOf(text));
            var expected = fixture["pairs"].EnumerateArray().Where(p => p[2].GetDouble() >= threshold).Select(p => (Math.Min(p[0].GetInt32(), p[1].GetInt32()), Math.Max(p[0].GetInt32(), p[1].GetInt32()))).ToHashSet();
            var found = finder.Pairs().Select(p => (p.First, p.Second)).ToHashSet();
            Assert.True(found.Count(expected.Contains) >= 0.98 * expected.Count, $"{threshold}: {found.Count(expected.Contains)} of {expected.Count} found");
            Assert.True(found.Count(expected.Contains) >= 0.98 * found.Count, $"{threshold}: {found.Count} found, {found.Count(expected.Contains)} right");
        }
    }

    [Fact]
    public void Clusters_of_all_pairs_equal_the_reference_s()
    {
        var fixture = TextFixture.Load("dedup.json");
        var shingles = Texts("dedup.json").Select(t => Shingles.Of(t, 5)).ToArray();
        foreach (var expected in fixture["clusters"].EnumerateObject())
        {
            var threshold = double.Parse(expected.Name, CultureInfo.InvariantCulture);
            var clusters = new Clusters(shingles.Length);
            for (var i = 0; i < shingles.Length; i++)
                for (var k = 0; k < i; k++)
                    if (Shingles.Jaccard(shingles[i], shingles[k]) >= threshold) clusters.Join(i, k);
            var groups = clusters.Firsts().Select((first, i) => (first, i)).GroupBy(e => e.first).Where(g => g.Count() > 1).Select(g => string.Join(',', g.Select(e => e.i).Order())).Order(StringComparer.Ordinal);
            groups.Should().Equal(expected.Value.EnumerateArray().Select(g => string.Join(',', g.EnumerateArray().Select(n => n.GetInt32()).Order())).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Exact_groups_equal_the_reference_s()
    {
        var fixture = TextFixture.Load("dedup.json");
        foreach (var (name, key) in new (string, Func<string, string>)[] { ("raw", t => t), ("normalised", PlainText.Normal) })
        {
            var groups = Texts("dedup.json").Select((t, i) => (key(t), i)).GroupBy(e => e.Item1).Where(g => g.Count() > 1).Select(g => string.Join(',', g.Select(e => e.i)));
            groups.Order(StringComparer.Ordinal).Should().Equal(fixture["exact_groups"].GetProperty(name).EnumerateArray().Select(g => string.Join(',', g.EnumerateArray().Select(n => n.GetInt32()))).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Repeated_passages_equal_the_reference_s()
    {
        var fixture = TextFixture.Load("substring_dedup.json");
        var spans = new RepeatedSpans(fixture["min_tokens"].GetInt32());
        var texts = Texts("substring_dedup.json");
        var windows = texts.Select(spans.WindowsOf).ToArray();
        foreach (var document in windows) spans.Count(document);
        TextFixture.AllEqual(fixture.Cases.SelectMany((c, i) =>
        {
            var all = spans.All(windows[i]);
            return new (string, string?, string?)[]
            {
                ($"{i} spans", Show(c.GetProperty("spans")), string.Join(' ', all.Select(s => $"{s.Start}-{s.End}"))),
                ($"{i} later", Show(c.GetProperty("later_spans")), string.Join(' ', spans.Later(windows[i]).Select(s => $"{s.Start}-{s.End}"))),
                ($"{i} characters", Show(c.GetProperty("char_spans")), string.Join(' ', RepeatedSpans.Characters(texts[i], all).Select(s => $"{Place(texts[i], s.Start)}-{Place(texts[i], s.End)}"))),
            };
        }));
    }

    private static string Show(JsonElement spans) => string.Join(' ', spans.EnumerateArray().Select(s => $"{s[0].GetInt32()}-{s[1].GetInt32()}"));

    private static int Place(string text, int place) => WhiteSpace.CodePoints(text.AsSpan(0, place));

    [Theory, InlineData("relaxed"), InlineData("default")]
    public void Repeated_sentences_are_removed_as_the_reference_removes_them(string setting)
    {
        var remover = new RepeatedSentences(setting == "relaxed" ? new() { MinDocWords = 0, MinNumSentences = 0 } : new());
        TextFixture.AllEqual(TextFixture.Load("sentence_dedup.json").Cases.Select((c, i) => ($"{i}", c.GetProperty(setting).GetString(), remover.Next(c.GetProperty("text").GetString()!))));
    }

    [Theory]
    [InlineData("https://www.Example.com/a/?q=1#top", "example.com/a?q=1")]
    [InlineData("http://example.com:80/a/", "example.com/a")]
    [InlineData("no address", "no address")]
    public void Addresses_of_one_page_are_alike(string url, string expected) => Urls.Canonical(url).Should().Be(expected.Replace("/a?", "/a?", StringComparison.Ordinal));
}
