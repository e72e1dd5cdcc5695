using System.Buffers;
using System.Globalization;
using Loquat.Corpus.Preprocessing.Characters;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Corpus.Preprocessing.Segmentation;

/// <summary>
/// The splitter that filters and deduplication count with: a sentence ends after a run of terminal characters or line feeds, but not after a single capital and its period. No language is asked for; for reading,
/// the sentences of a language are better.
/// </summary>
public static class SimpleSentences
{
    // Characters of ASCII that end nothing: runs of them are passed over at once.
    private static readonly SearchValues<char> _plain = SearchValues.Create([.. Enumerable.Range(0, 0x80).Select(c => (char)c).Where(c => c != '\n' && !Punctuation.IsTerminal(c))]);

    /// <summary>The sentences, without the white space around them. Text after the last end belongs to the last sentence; a text with at most one end is one sentence.</summary>
    public static List<TextSpan> Of(ReadOnlySpan<char> text)
    {
        var sentences = Ended(text, out _);
        if (sentences.Count <= 1) sentences = [new(0, text.Length)];
        else sentences[^1] = new(sentences[^1].Start, text.Length - sentences[^1].Start);
        return Trimmed(text, sentences);
    }

    /// <summary>How many <see cref="Of"/> gives.</summary>
    public static int Count(ReadOnlySpan<char> text)
    {
        var (count, ends, last) = (0, 0, 0);
        for (var start = 0; start < text.Length;)
        {
            if (text[start] == '\n')
            {
                start++;
                continue;
            }
            var end = End(text, start);
            if (end < 0) break;
            if (ends++ > 0 && !WhiteSpace.TrimStart(text[last..start]).IsEmpty) count++;
            (last, start) = (start, end);
        }
        return !WhiteSpace.TrimStart(ends < 2 ? text : text[last..]).IsEmpty ? count + 1 : count;
    }

    /// <summary>Only what has an end of its own, untrimmed.</summary>
    /// <param name="rest">Where the text after the last end begins.</param>
    public static List<TextSpan> Ended(ReadOnlySpan<char> text, out int rest)
    {
        var sentences = new List<TextSpan>();
        var start = 0;
        while (start < text.Length)
        {
            if (text[start] == '\n')
            {
                start++;
                continue;
            }
            var end = End(text, start);
            if (end < 0) break;
            sentences.Add(new(start, end - start));
            start = end;
        }
        rest = sentences.Count == 0 ? 0 : sentences[^1].End;
        return sentences;
    }

    private static int End(ReadOnlySpan<char> text, int start)
    {
        var initial = -1; // the last capital whose period was taken with it: the sentence ends there when nothing else ends it
        for (var i = start; ;)
        {
            var c = CodePoints.At(text, i, out var next);
            if (text[next..].IndexOfAnyExcept(_plain) is not 0 and var plain && next < text.Length)
            {
                next = plain < 0 ? text.Length : next + plain;
                c = text[next - 1];
            }
            if (next < text.Length && text[next] == '.' && IsCapital(c))
            {
                initial = next;
                next++;
            }
            var run = Run(text, next);
            if (run > next) return Quoted(text, run);
            if (next >= text.Length) return initial < 0 ? -1 : Quoted(text, Run(text, initial));
            i = next;
        }
    }

    private static bool IsCapital(int c) => c < 0x80 ? c is >= 'A' and <= 'Z' : UnicodeTables.Category(c) == UnicodeCategory.UppercaseLetter;

    private static int Run(ReadOnlySpan<char> text, int i)
    {
        while (i < text.Length)
        {
            var c = CodePoints.At(text, i, out var next);
            if (c != '\n' && !Punctuation.IsTerminal(c)) break;
            i = next;
        }
        return i;
    }

    private static int Quoted(ReadOnlySpan<char> text, int end) => end < text.Length && text[end] is '"' or '\'' or '”' ? end + 1 : end;

    private static List<TextSpan> Trimmed(ReadOnlySpan<char> text, List<TextSpan> spans)
    {
        var trimmed = new List<TextSpan>(spans.Count);
        foreach (var span in spans)
        {
            var from = span.Start;
            while (from < span.End && WhiteSpace.Is(text[from])) from++;
            var length = WhiteSpace.TrimEnd(text[from..span.End]).Length;
            if (length > 0) trimmed.Add(new(from, length));
        }
        return trimmed;
    }
}
