using System.Text;
using CsCheck;
using Loquat.Tests;
using Loquat.Text.Tokenization.ByteLevel;
using Loquat.Text.Tokenization.Counting;
using Loquat.Text.Tokenization.Normalizers;
using Loquat.Text.Tokenization.PreTokenizers;

namespace Loquat.Text.Tests.Tokenization.Counting;

public sealed class WordCountsTests
{
    private static readonly Gen<string> _text = Gen.String[Gen.Frequency((6, Gen.Char[' ', '~']), (3, Gen.Char[" \n\r\t'sLl\u017F\u00A0\u20037"]), (2, Gen.Char['\u0080', '\uFFFF'])), 0, 80];

    private static SortedDictionary<string, long> Contents(WordCounts words)
    {
        var contents = new SortedDictionary<string, long>(StringComparer.Ordinal);
        for (var w = 0; w < words.Count; w++) contents.Add(Encoding.UTF8.GetString(words.Word(w)), words.Frequency(w));
        return contents;
    }

    private static SortedDictionary<string, long> Plain(IEnumerable<string> texts, SplitPattern pattern, bool addPrefixSpace)
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var given in texts)
        {
            var text = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(given));
            if (addPrefixSpace && text.Length > 0 && text[0] != ' ') text = " " + text;
            for (int start = 0, end; start < text.Length; start = end)
            {
                end = pattern.Next(text, start);
                counts[text[start..end]] = counts.GetValueOrDefault(text[start..end]) + 1;
            }
        }
        return counts;
    }

    /// <summary>Some megabytes with many distinct words, short and long.</summary>
    private static List<string> ManyWords(int words)
    {
        var (texts, text, state) = (new List<string>(), new StringBuilder(), 12345u);
        for (var i = 0; i < words; i++)
        {
            state = state * 1664525 + 1013904223;
            text.Append(' ').Append('x', (int)(state >> 28)).Append(i % 7 == 0 ? "common" : $"{state >> 13:x}");
            if (i % 97 != 0) continue;
            texts.Add(text.ToString());
            text.Clear();
        }
        return texts;
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Words_are_those_that_the_pattern_cuts(bool llama, bool addPrefixSpace)
    {
        var pattern = llama ? SplitPattern.Llama3 : SplitPattern.Gpt2;
        _text.List[0, 6].Sample(texts =>
            Contents(WordCounts.Of(texts, WordSplitter.ByteLevel(pattern, addPrefixSpace), new() { Threads = 1 })).Should().Equal(Plain(texts, pattern, addPrefixSpace)), iter: 6000);
    }

    [Theory]
    [InlineData(true, true, null)]
    [InlineData(false, false, null)]
    [InlineData(true, false, true)]
    public void Words_of_BERT_are_those_of_its_components(bool clean, bool lowercase, bool? strip)
    {
        var (normalizer, preTokenizer) = (new BertNormalizer(clean, true, strip, lowercase), new BertPreTokenizer());
        var components = WordSplitter.From(text => preTokenizer.Split(normalizer.Normalize(text)));
        var characters = Gen.Frequency((6, Gen.Char['\0', '\u007F']), (2, Gen.Char['A', 'z']), (3, Gen.Char[" \t\n\u0301\u0327\u00C9\u4E2D\u00A0\u2003\u03A3\u0130"]), (2, Gen.Char['\u0080', '\uFFFF']));
        Gen.String[characters, 0, 60].List[0, 6].Sample(texts =>
            Contents(WordCounts.Of(texts, WordSplitter.From(normalizer, preTokenizer), new() { Threads = 1 })).Should().Equal(Contents(WordCounts.Of(texts, components, new() { Threads = 1 }))), iter: 6000);
    }

    [Fact]
    public void A_stream_is_read_line_by_line()
    {
        _text.List[0, 9].Sample(texts =>
        {
            var whole = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(string.Join('\n', texts)));
            var lines = whole.Split('\n').Select((line, i) => i < whole.Count(c => c == '\n') ? line + "\n" : line);
            Contents(WordCounts.Read(new MemoryStream(Encoding.UTF8.GetBytes(whole)), WordSplitter.ByteLevel(SplitPattern.Gpt2))).Should().Equal(Plain(lines, SplitPattern.Gpt2, false));
        }, iter: 1000);
    }

    [Fact]
    public void Bytes_that_are_not_utf8_count_as_the_replacement_character() =>
        Contents(WordCounts.Read(new MemoryStream([(byte)'a', 0xFF, (byte)'b']), WordSplitter.ByteLevel(SplitPattern.Gpt2))).Keys.Should().Equal("a", "b", "\uFFFD");

    [Fact]
    public void Neither_threads_nor_order_nor_memory_change_the_counts()
    {
        var texts = ManyWords(250_000);
        var splitter = WordSplitter.ByteLevel(SplitPattern.Gpt2);
        using var folder = new TemporaryFolder();
        var expected = Contents(WordCounts.Of(texts, splitter, new() { Threads = 1 }));
        Contents(WordCounts.Of(texts, splitter, new() { Threads = 3 })).Should().Equal(expected);
        Contents(WordCounts.Of(texts.AsEnumerable().Reverse(), splitter, new() { Threads = 2 })).Should().Equal(expected);
        Contents(WordCounts.Of(texts, splitter, new() { Threads = 2, MaxMemory = 1 << 20, TemporaryFolder = folder.Path })).Should().Equal(expected);
        Directory.EnumerateFiles(folder.Path).Should().BeEmpty();
    }

    [Fact]
    public void A_word_may_be_longer_than_any_block()
    {
        var word = new string('a', 3_000_000);
        var words = WordCounts.Read(new MemoryStream(Encoding.UTF8.GetBytes($"{word} b\n{word}")), WordSplitter.ByteLevel(SplitPattern.Gpt2));
        Contents(words).Should().Equal(new SortedDictionary<string, long>(StringComparer.Ordinal) { [word] = 2, [" b"] = 1, ["\n"] = 1 });
    }

    [Fact]
    public void Counting_reports_progress_and_stops_when_canceled()
    {
        using var cancel = new CancellationTokenSource();
        var read = new List<long>();
        var count = () => WordCounts.Of(ManyWords(400_000), WordSplitter.ByteLevel(SplitPattern.Gpt2), new()
        {
            Threads = 2,
            Cancellation = cancel.Token,
            Progress = r =>
            {
                read.Add(r);
                if (read.Count == 3) cancel.Cancel();
            },
        });
        count.Should().Throw<OperationCanceledException>();
        read.Should().HaveCount(3).And.BeInAscendingOrder();
    }

    [Fact]
    public void A_fault_in_the_texts_reaches_the_caller()
    {
        static IEnumerable<string> Texts()
        {
            yield return "one";
            throw new DataException("two is damaged");
        }
        var count = () => WordCounts.Of(Texts(), WordSplitter.ByteLevel(SplitPattern.Gpt2), new() { Threads = 2 });
        count.Should().Throw<DataException>().WithMessage("two is damaged");
    }

    [Theory]
    [InlineData(0, 1 << 20, "threads")]
    [InlineData(1, 5, "max_memory")]
    public void Options_out_of_range_are_refused(int threads, long memory, string name)
    {
        var count = () => WordCounts.Of([], WordSplitter.ByteLevel(SplitPattern.Gpt2), new() { Threads = threads, MaxMemory = memory });
        count.Should().Throw<OptionsException>().WithMessage($"{name} is*");
    }
}
