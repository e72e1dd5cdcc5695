using Loquat.Corpus.Preprocessing.Characters;

namespace Loquat.Corpus.Preprocessing.Deduplication;

/// <summary>
/// Passages that occur more than once in a corpus (Lee et al. 2022): every window of so many words that was seen before, joined where they overlap. Windows meet by 64-bit hashes that roll along the words, which
/// finds what a suffix array finds, document by document.
/// </summary>
/// <param name="minTokens">Words of the shortest passage.</param>
public sealed class RepeatedSpans(int minTokens = 50)
{
    private const ulong Base = 0x9e3779b97f4a7c15;

    private readonly int _minTokens = minTokens >= 1 ? minTokens : throw new OptionsException($"passages of {minTokens} words: it must be 1 or more.");
    private readonly Dictionary<ulong, int> _counts = [];
    private readonly HashSet<ulong> _seen = [];

    /// <summary>The hash of each window of a document. May be made on any thread.</summary>
    public ulong[] WindowsOf(string text)
    {
        var words = WordSpans.Of(text);
        if (words.Count < _minTokens) return [];
        var hashes = words.Select(w => Shingles.HashOf(w.Of(text))).ToArray();
        var windows = new ulong[words.Count - _minTokens + 1];
        ulong leaving = 1, hash = 0;
        for (var i = 1; i < _minTokens; i++) leaving *= Base;
        for (var i = 0; i < hashes.Length; i++)
        {
            if (i >= _minTokens) hash -= hashes[i - _minTokens] * leaving;
            hash = hash * Base + hashes[i];
            if (i >= _minTokens - 1) windows[i - _minTokens + 1] = hash;
        }
        return windows;
    }

    /// <summary>The first look at a document.</summary>
    public void Count(ReadOnlySpan<ulong> windows)
    {
        foreach (var window in windows) _counts[window] = _counts.GetValueOrDefault(window) + 1;
    }

    /// <summary>Words that stand in a window which occurs at least twice: [start, end). Every document must have been counted.</summary>
    public List<(int Start, int End)> All(ReadOnlySpan<ulong> windows) => Merged(windows, window => _counts.GetValueOrDefault(window) > 1);

    /// <summary>The same without the first occurrence of each window. Documents must come in the order of the corpus, each once; they need not have been counted.</summary>
    public List<(int Start, int End)> Later(ReadOnlySpan<ulong> windows) => Merged(windows, window => !_seen.Add(window));

    /// <summary>Where spans of words lie in the text.</summary>
    public static List<TextSpan> Characters(string text, IReadOnlyList<(int Start, int End)> spans)
    {
        var words = WordSpans.Of(text);
        return [.. spans.Select(s => new TextSpan(words[s.Start].Start, words[s.End - 1].End - words[s.Start].Start))];
    }

    /// <summary>The text without spans of its words, and without the white space before them.</summary>
    public static string Without(string text, IReadOnlyList<(int Start, int End)> spans)
    {
        if (spans.Count == 0) return text;
        var result = new System.Text.StringBuilder(text.Length);
        var copied = 0;
        foreach (var span in Characters(text, spans))
        {
            result.Append(WhiteSpace.TrimEnd(text.AsSpan(copied, span.Start - copied)));
            copied = span.End;
        }
        return WhiteSpace.Trim(result.Append(text, copied, text.Length - copied).ToString()).ToString();
    }

    private List<(int, int)> Merged(ReadOnlySpan<ulong> windows, Predicate<ulong> repeated)
    {
        var spans = new List<(int Start, int End)>();
        for (var i = 0; i < windows.Length; i++)
        {
            if (!repeated(windows[i])) continue;
            if (spans.Count > 0 && i <= spans[^1].End) spans[^1] = (spans[^1].Start, i + _minTokens);
            else spans.Add((i, i + _minTokens));
        }
        return spans;
    }
}
