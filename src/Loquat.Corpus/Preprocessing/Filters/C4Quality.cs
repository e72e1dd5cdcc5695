using System.Buffers;
using System.Text;
using Loquat.Corpus.Preprocessing.Characters;
using Loquat.Corpus.Preprocessing.Segmentation;

namespace Loquat.Corpus.Preprocessing.Filters;

/// <summary>The limits of <see cref="C4Quality"/>. Defaults: C4's.</summary>
public sealed record C4QualityOptions
{
    /// <summary>Removes [1], [edit] and [citation needed]. Default: true.</summary>
    public bool RemoveCitations { get; init; } = true;

    /// <summary>Drops lines that do not end in . ? ! " ' or that end in an ellipsis. FineWeb switches it off. Default: true.</summary>
    public bool FilterNoTerminalPunct { get; init; } = true;

    /// <summary>Fewest sentences that must be left; -1: none. Default: 5.</summary>
    public int MinNumSentences { get; init; } = 5;

    /// <summary>Fewest words of a line; -1: none. Default: 3.</summary>
    public int MinWordsPerLine { get; init; } = 3;

    /// <summary>Characters of the longest word of a line; -1: any. Default: 1,000.</summary>
    public int MaxWordLength { get; init; } = 1000;

    /// <summary>Drops documents with "lorem ipsum". Default: true.</summary>
    public bool FilterLoremIpsum { get; init; } = true;

    /// <summary>Drops lines that mention JavaScript. Default: true.</summary>
    public bool FilterJavascript { get; init; } = true;

    /// <summary>Drops documents with a curly bracket. Default: true.</summary>
    public bool FilterCurlyBracket { get; init; } = true;

    /// <summary>Drops lines about terms of use, privacy and cookies. Default: true.</summary>
    public bool FilterPolicy { get; init; } = true;
}

/// <summary>What <see cref="C4Quality"/> decided.</summary>
/// <param name="Reason">Why the document is dropped; null where it is kept.</param>
/// <param name="Text">The lines that are left; null where the document is dropped.</param>
/// <param name="Lines">What became of each line, up to the one that dropped the document: k kept, w long word, p no terminal punctuation, f few words, L lorem ipsum, J JavaScript, C curly bracket, P policy.</param>
/// <param name="Sentences">Sentences in the kept lines.</param>
public sealed record C4Decision(string? Reason, string? Text, string Lines, int Sentences);

/// <summary>The rules of C4 (Raffel et al. 2020, section 2.2), line by line, with datatrove's decisions. A kept document becomes its kept lines.</summary>
public sealed class C4Quality(C4QualityOptions? options = null)
{
    private static readonly string[] _policies = ["terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies"];

    // Most lines have none of them, which one look tells.
    private static readonly SearchValues<string> _phrases = SearchValues.Create(["lorem ipsum", "javascript", .. _policies], StringComparison.OrdinalIgnoreCase);

    private readonly C4QualityOptions _options = options ?? new();

    public C4Decision Decide(string text)
    {
        var (kept, codes, sentences, any) = (new StringBuilder(text.Length), new StringBuilder(), 0, false);
        foreach (var span in new LineSpans(text))
        {
            var line = WhiteSpace.Trim(span.Of(text));
            var code = Decide(ref line);
            codes.Append(code);
            if (code == 'L') return new("lorem_ipsum", null, codes.ToString(), sentences);
            if (code == 'C') return new("curly_bracket", null, codes.ToString(), sentences);
            if (code != 'k') continue;
            sentences += SimpleSentences.Count(line);
            if (any) kept.Append('\n');
            kept.Append(line);
            any = true;
        }
        var few = sentences < _options.MinNumSentences;
        return new(few ? "too_few_sentences" : null, few ? null : WhiteSpace.Trim(kept.ToString()).ToString(), codes.ToString(), sentences);
    }

    private char Decide(ref ReadOnlySpan<char> line)
    {
        if (_options.MaxWordLength != -1 && line.Length > _options.MaxWordLength)
            foreach (var word in new WordSpans(line))
                if (word.Length > _options.MaxWordLength && WhiteSpace.CodePoints(word.Of(line)) > _options.MaxWordLength) return 'w';
        var whole = line;
        if (_options.RemoveCitations && line.Contains('[')) line = WithoutCitations(line);
        if (_options.FilterNoTerminalPunct && (line is not [.., '.' or '?' or '!' or '"' or '\''] || line is [.., '.', '.', '.'])) return 'p';
        if (_options.MinWordsPerLine > 0 && WordSpans.Count(whole) < _options.MinWordsPerLine) return 'f';
        var hasPhrase = line.ContainsAny(_phrases);
        if (hasPhrase && _options.FilterLoremIpsum && Has(line, "lorem ipsum")) return 'L';
        if (hasPhrase && _options.FilterJavascript && Has(line, "javascript")) return 'J';
        if (_options.FilterCurlyBracket && line.Contains('{')) return 'C';
        if (hasPhrase && _options.FilterPolicy)
            foreach (var policy in _policies)
                if (Has(line, policy)) return 'P';
        return 'k';
    }

    private static bool Has(ReadOnlySpan<char> line, string phrase) => line.Contains(phrase, StringComparison.OrdinalIgnoreCase);

    private static string WithoutCitations(ReadOnlySpan<char> line)
    {
        var result = new StringBuilder(line.Length);
        for (var i = 0; i < line.Length; i++)
        {
            var length = line[i] == '[' ? Citation(line[i..]) : 0;
            if (length == 0) result.Append(line[i]);
            else i += length - 1;
        }
        return result.ToString();
    }

    private static int Citation(ReadOnlySpan<char> text)
    {
        if (text.StartsWith("[edit]")) return 6;
        if (text.StartsWith("[citation needed]")) return 17;
        var end = 1;
        while (end < text.Length && char.IsDigit(text[end])) end++;
        return end < text.Length && text[end] == ']' ? end + 1 : 0;
    }
}
