using System.Buffers;
using System.IO.Hashing;
using System.Text;
using System.Text.RegularExpressions;
using Loquat.Tests;
using Loquat.Text.Collection.Stories;

namespace Loquat.Text.Tests.Collection.Stories;

public sealed partial class StoryCorpusTests
{
    [Fact]
    public void The_text_alone_gives_the_bits_the_generator_returned()
    {
        foreach (var story in new StoryCorpus(7).Stories().Take(LongTests.Rounds(1500, 100_000)))
            StoryScorer.Bits(story.Text).Should().BeApproximately(story.Bits, 1e-9);
    }

    [Fact]
    public void No_two_stories_are_alike()
    {
        var corpus = new StoryCorpus(1);
        var buffer = new byte[corpus.LongestStory];
        var seen = new HashSet<UInt128>();
        for (var index = 0; index < LongTests.Rounds(50_000, 1_000_000); index++)
            seen.Add(XxHash128.HashToUInt128(buffer.AsSpan(0, corpus.Write(index, buffer, out _)))).Should().BeTrue();
    }

    [Fact]
    public void Stories_have_60_to_400_words_of_plain_clean_English()
    {
        foreach (var story in new StoryCorpus(3).Stories().Take(3000))
        {
            Word().Count(story.Text).Should().BeInRange(60, 400, story.Text);
            Unclean().Match(story.Text).Value.Should().BeEmpty(story.Text);
            Ascii.IsValid(story.Text).Should().BeTrue();
            (story.Text.Count(c => c == '"') % 2).Should().Be(0, story.Text);
        }
    }

    [Fact]
    public void A_story_of_many_bits_is_unlikely_to_come_twice() =>
        new StoryCorpus(5).Stories().Take(5000).Min(s => s.Bits).Should().BeGreaterThan(100);

    [Fact]
    public void Every_way_of_writing_gives_the_same_bytes()
    {
        var corpus = new StoryCorpus(9);
        var joined = string.Concat(corpus.Stories().Take(700).Select(s => s.Text + $"\n{StoryCorpus.SeparatorLine}\n"));
        using var stream = new MemoryStream();
        var totals = corpus.Write(stream, 700);
        Encoding.ASCII.GetString(stream.ToArray()).Should().Be(joined);
        var buffer = new ArrayBufferWriter<byte>();
        corpus.Write(buffer, 700).Should().Be(totals);
        Encoding.ASCII.GetString(buffer.WrittenSpan).Should().Be(joined);
        var scored = StoryScorer.Score(new StringReader(joined));
        scored.Should().Be(totals);
    }

    /// <summary>The corpus is the same on every platform and in every version that does not mean to change it.</summary>
    [Fact]
    public void The_first_thousand_stories_are_these()
    {
        using var stream = new MemoryStream();
        new StoryCorpus(1).Write(stream, 1000);
        Convert.ToHexString(XxHash128.Hash(stream.ToArray())).Should().Be("C4C9A12137C7699198E7AE5628BCFC57");
    }

    [Fact]
    public void The_vocabulary_has_2000_words_that_are_often_used()
    {
        using var stream = new MemoryStream();
        new StoryCorpus(1).Write(stream, size: 10_000_000);
        var words = Word().Matches(Encoding.ASCII.GetString(stream.ToArray())).CountBy(m => m.Value.ToLowerInvariant()).Where(w => w.Value >= 90);
        words.Count().Should().BeGreaterThan(2000);
    }

    [Fact]
    public void A_size_ends_with_the_story_that_reaches_it()
    {
        using var stream = new MemoryStream();
        new StoryCorpus(9).Write(stream, size: 100_000);
        stream.Length.Should().BeInRange(100_000, 100_000 + 4000);
    }

    [Fact]
    public void Text_that_is_no_story_is_an_error_that_says_where()
    {
        var text = new StoryCorpus(2).At(0).Text;
        var act = () => StoryScorer.Bits(text[..^5] + "x" + text[^5..]);
        act.Should().Throw<DataException>().WithMessage($"*line {1 + text.Count(c => c == '\n')}, offset {text.Length - 5}*");
        ((Action)(() => StoryScorer.Bits(""))).Should().Throw<DataException>();
        ((Action)(() => StoryScorer.Bits(text + " "))).Should().Throw<DataException>();
        ((Action)(() => StoryScorer.Bits(text[..^1]))).Should().Throw<DataException>();
    }

    [GeneratedRegex("[A-Za-z'-]+")]
    private static partial Regex Word();

    /// <summary>Double spaces, a space before punctuation, a sentence without a capital, a wrong article, left-over notation.</summary>
    [GeneratedRegex(@"  |\s[.,;!?]|[.!?] [a-z]|^[a-z]|\n[a-z]|\b[Aa] (?!us|uni)[aeiou]|\b[Aa]n (?!hour|hon)[^aeiou]|[\[\]{}<>|^*+=@#/]|\.\.|,,")]
    private static partial Regex Unclean();
}
