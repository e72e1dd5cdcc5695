using System.Text.Json;
using Loquat.Corpus.Preprocessing.Characters;

namespace Loquat.Corpus.Tests.Preprocessing.Segmentation;

// Inside, for ASP.NET Core brings a namespace called Windows.
using Loquat.Corpus.Preprocessing.Segmentation;

public sealed class ChunksTests
{
    [Fact]
    public void Paragraphs_equal_the_reference_s() => Compare("paragraphs", text => [.. Paragraphs.Of(text).Select(p => p.Of(text).ToString())]);

    [Fact]
    public void Paragraphs_of_lines_equal_the_reference_s() => Compare("datatrove_paragraphs", Paragraphs.Lines);

    private static void Compare(string field, Func<string, List<string>> split) => TextFixture.AllEqual(TextFixture.Load("chunks.json").Cases.Select((c, i) =>
    {
        var text = c.GetProperty("text").GetString()!;
        return ($"{i}", (string?)string.Join('\u0001', c.GetProperty(field).EnumerateArray().Select(p => p.GetString())), (string?)string.Join('\u0001', split(text)));
    }));

    [Fact]
    public void Windows_equal_the_reference_s() => TextFixture.AllEqual(TextFixture.Load("chunks.json").Cases.SelectMany((c, i) =>
    {
        var text = c.GetProperty("text").GetString()!;
        var words = WordSpans.Of(text);
        return c.GetProperty("chunks").EnumerateArray().Select(set => (
            $"{i} {set}",
            (string?)string.Join(' ', set.GetProperty("expected").EnumerateArray().Select(e => string.Join(',', e.EnumerateArray().Select(n => n.GetInt32())))),
            (string?)string.Join(' ', Windows.Fixed(words, set.GetProperty("size").GetInt32(), set.GetProperty("overlap").GetInt32(), set.GetProperty("drop_last").GetBoolean())
                .Select(w => $"{w.FirstToken},{w.EndToken},{CodePoint(text, w.Text.Start)},{CodePoint(text, w.Text.End)}"))));
    }));

    [Fact]
    public void Packed_sentences_equal_the_reference_s() => TextFixture.AllEqual(TextFixture.Load("chunks.json").Cases.SelectMany((c, i) =>
    {
        var text = c.GetProperty("text").GetString()!;
        var sentences = SimpleSentences.Of(text);
        var lengths = sentences.Select(s => WordSpans.Of(s.Of(text)).Count).ToList();
        return c.GetProperty("packed").EnumerateArray().Select(set => (
            $"{i} {set.GetProperty("size")}",
            (string?)string.Join('\u0001', set.GetProperty("expected").EnumerateArray().Select(e => e.GetString())),
            (string?)string.Join('\u0001', Windows.Packed(lengths, set.GetProperty("size").GetInt32()).Select(p => string.Join(' ', sentences[p.First..p.End].Select(s => s.Of(text).ToString()))))));
    }));

    [Theory, InlineData(0, 0), InlineData(4, 4), InlineData(4, -1)]
    public void Sizes_that_cannot_be_are_refused(int size, int overlap) => Assert.Throws<OptionsException>(() => Windows.Fixed([], size, overlap));

    private static int CodePoint(string text, int place) => WhiteSpace.CodePoints(text.AsSpan(0, place));
}
