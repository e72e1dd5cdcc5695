using System.Buffers;
using System.Globalization;
using System.Text;
using Loquat.Corpus.Preprocessing.Characters;

namespace Loquat.Corpus.Preprocessing.Segmentation;

/// <summary>
/// The sentences of a text as a reader divides it. A mark ends a sentence unless it belongs to an abbreviation, an initial, a number, a list or an ellipsis, or stands inside quotes or brackets. A line end always does.
/// </summary>
public static class Sentences
{
    private const int LongestQuote = 4000; // characters between quotes whose marks end nothing

    private static readonly SearchValues<char> _marks = SearchValues.Create(".!?…。．！？｡।॥؟۔።፧፨։။។៕‼⁇⁈⁉;\u037E");

    /// <summary>The sentences, without the white space around them.</summary>
    /// <param name="language">A code such as eng or de: its abbreviations and ordinals. Default: English.</param>
    public static List<TextSpan> Of(ReadOnlySpan<char> text, string? language = null)
    {
        var (sentences, rules) = (new List<TextSpan>(), SentenceRules.Of(language));
        var (items, marks) = (new List<int>(), new HashSet<int>());
        var start = 0;
        while (start < text.Length)
        {
            var length = text[start..].IndexOfAny('\n', '\r');
            var end = length < 0 ? text.Length : start + length;
            Line(text, start, end, rules, items, marks, sentences);
            start = end + 1;
        }
        return sentences;
    }

    private static void Line(ReadOnlySpan<char> text, int begin, int end, SentenceRules rules, List<int> items, HashSet<int> marks, List<TextSpan> sentences)
    {
        SentenceLists.Find(text, begin, end, items, marks);
        var shielded = ArrayPool<bool>.Shared.Rent(end - begin + 1);
        try
        {
            Shield(text[begin..end], shielded);
            var (start, item) = (begin, 0);
            for (var i = begin; i < end; i++)
            {
                var skip = text[i..end].IndexOfAny(_marks);
                var next = skip < 0 ? end : i + skip;
                for (; item < items.Count && items[item] <= next; item++)
                {
                    if (items[item] <= start) continue;
                    Add(text, start, items[item], sentences);
                    start = items[item];
                }
                if (next == end) break;
                i = next;
                if (text[i] is ';' or '\u037E' && !rules.IsGreek || marks.Contains(i)) continue;
                var run = Run(text, i, end);
                var stop = Stop(text, start, i, run, end, rules, shielded.AsSpan(0, end - begin), begin);
                if (stop < 0)
                {
                    i = run - 1;
                    continue;
                }
                Add(text, start, stop, sentences);
                start = stop;
                i = Math.Max(i, stop - 1);
            }
            Add(text, start, end, sentences);
        }
        finally
        {
            ArrayPool<bool>.Shared.Return(shielded);
        }
    }

    /// <summary>Marks in a row, spaced ones too: `?!`, `. . .`, `! !`.</summary>
    private static int Run(ReadOnlySpan<char> text, int i, int end)
    {
        var run = i + 1;
        while (run < end)
        {
            if (_marks.Contains(text[run]) && text[run] != ';') run++;
            else if (run + 1 < end && IsSpace(text[run]) && (text[i] == '.' && text[run + 1] == '.' && (run + 2 >= end || !char.IsLetterOrDigit(text[run + 2])) || text[i] is '!' or '?' && text[run + 1] is '!' or '?')) run += 2;
            else break;
        }
        return run;
    }

    /// <returns>Where the sentence ends; negative where it does not.</returns>
    private static int Stop(ReadOnlySpan<char> text, int start, int i, int run, int end, SentenceRules rules, ReadOnlySpan<bool> shielded, int begin)
    {
        var closed = run;
        while (closed < end && IsCloser(text[closed])) closed++;
        if (closed < end && shielded[closed - begin]) return -1; // inside quotes or brackets still
        if (shielded[i - begin] && closed == run) return -1;
        var noted = Noted(text, closed, end);
        if (noted > closed && noted < end && WhiteSpace.Is(text[noted]) && noted + 1 < end && Opens(text[(noted + 1)..end])) return noted;
        if (closed >= end) return end;
        var wide = text[run - 1] is '。' or '！' or '？' or '｡' or '．' or '।' or '॥' or '።' or '፧' or '፨' or '։' or '။' or '។' or '៕';
        if (wide && closed == run) return closed;
        var word = closed;
        while (word < end && WhiteSpace.Is(text[word])) word++;
        if (word >= end) return end;
        if (wide && text[closed - 1] is not ('」' or '』' or '）')) return closed;
        if (word == closed)
        {
            // Without a space: scripts that use none.
            return closed == run && text[i] is '!' or '?' or '.' && IsUnspaced(text[word]) && (text[i] != '.' || i > start && IsUnspaced(text[i - 1])) ? closed : -1;
        }
        if (closed > run) return text[word] != '(' && Opens(text[word..end]) && !(text[closed - 1] is ')' or ']' && !IsOwnParenthesis(text, start, closed)) && Mark(text, start, i, run, word, end, rules, true) ? closed : -1;
        if (text[i] == '.' && run - i >= 7 && text[i + 1] == ' ' && i > start && !IsSpace(text[i - 1]) && Opens(text[word..end])) return i + 1; // "end. . . . Next": the ellipsis is the next sentence's
        return Mark(text, start, i, run, word, end, rules, false) ? run : -1;
    }

    // A note behind the mark belongs to the sentence: "matched.[12] Next".
    private static int Noted(ReadOnlySpan<char> text, int at, int end)
    {
        while (at < end && text[at] == '[' && text[at..Math.Min(end, at + 40)].IndexOf(']') is > 0 and var length) at += length + 1;
        return at;
    }

    /// <summary>Whether a mark ends the sentence before the word that follows.</summary>
    private static bool Mark(ReadOnlySpan<char> text, int start, int i, int run, int word, int end, SentenceRules rules, bool isClosed)
    {
        var isEllipsis = text[i] == '…' || run - i >= 3 && text[i] == '.';
        if (isEllipsis)
        {
            if (text[i] == '.' && run - i == 5 && text[i + 1] == ' ') return isClosed; // ". . ."
            return Opens(text[word..end]);
        }
        var before = Before(text, start, i);
        if (text[i] != '.') return !(run == i + 1 && text[i] == '!' && IsLower(text[word]) && SentenceRules.IsExclamation(before));
        if (run > i + 1) return true;
        if (isClosed) return true;
        if (before.IsEmpty) return true;
        var following = Following(text[word..end]);
        var digit = char.IsDigit(text[word]);
        if (before.IndexOfAnyExceptInRange('0', '9') < 0)
        {
            if (i - before.Length == Begin(text, start)) return false; // "3. The third"
            return !(rules.Ordinals && before.Length <= 2) && !(before.Length <= 2 && IsLower(text[word]));
        }
        if (before.Length == 1 && following.Length == 2 && following[1] == '.') return false; // "z. B."
        if (before.Length == 1 && char.IsUpper(before[0])) return rules.Begins(following);
        if (before.Contains('.') && IsDotted(before))
        {
            if (IsLower(text[word]) || digit) return false;
            if (before.EndsWith(".m", StringComparison.OrdinalIgnoreCase)) return Words(text, start, i) > 3;
            return rules.Begins(following) && !rules.IsTitle(before);
        }
        if (rules.IsTitle(before)) return false;
        if (rules.IsNumbered(before) && (digit || text[word] is '(' or '§' || IsRoman(following))) return false;
        if (rules.IsAbbreviation(before)) return !digit && Opens(text[word..end]) && text[word] is not '(';
        if (!IsLower(text[word])) return true;
        // A word in lower case follows an abbreviation that is not in the lists, more often than a sentence; those are short.
        return before.Length >= 5;
    }

    private static ReadOnlySpan<char> Before(ReadOnlySpan<char> text, int start, int i)
    {
        var from = i;
        while (from > start && !WhiteSpace.Is(text[from - 1]) && text[from - 1] is not ('(' or '[' or '"' or '“' or '„' or '«' or '‘' or '\'' or '/' or '—' or '–')) from--;
        return text[from..i];
    }

    private static ReadOnlySpan<char> Following(ReadOnlySpan<char> text)
    {
        var length = 0;
        while (length < text.Length && (char.IsLetter(text[length]) || text[length] == '.')) length++;
        return text[..length];
    }

    private static int Begin(ReadOnlySpan<char> text, int start)
    {
        while (start < text.Length && (WhiteSpace.Is(text[start]) || text[start] is '"' or '“' or '(' or '[')) start++;
        return start;
    }

    private static int Words(ReadOnlySpan<char> text, int start, int end)
    {
        var count = 0;
        foreach (var _ in new WordSpans(text[start..end])) count++;
        return count;
    }

    // U.S, e.g, Ph.D, z.B: short parts of letters.
    private static bool IsDotted(ReadOnlySpan<char> word)
    {
        var part = 0;
        foreach (var c in word)
        {
            if (c == '.') part = 0;
            else if (!char.IsLetter(c) || ++part > 3) return false;
        }
        return part is > 0 and <= 2;
    }

    private static bool IsRoman(ReadOnlySpan<char> word) => word.Length is > 0 and < 6 && word.IndexOfAnyExcept("IVXLC") < 0;

    /// <summary>Whether a text begins as a sentence does: in upper case, in a script without case, with a number, a quote or a bracket.</summary>
    private static bool Opens(ReadOnlySpan<char> text)
    {
        if (text[0] is '"' or '“' or '„' or '«' or '‘' or '\'' or '(' or '[' or '¿' or '¡' or '—' or '–' or '-') return text.Length > 1 && (!IsLower(text[1]) || text[0] is '(' or '[');
        Rune.DecodeFromUtf16(text, out var rune, out _);
        return IsGeorgian(text[0]) || Rune.IsUpper(rune) || Rune.IsDigit(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.OtherLetter or UnicodeCategory.TitlecaseLetter;
    }

    private static bool IsOwnParenthesis(ReadOnlySpan<char> text, int start, int closed)
    {
        var begin = start;
        while (begin < closed && WhiteSpace.Is(text[begin])) begin++;
        return text[begin] is '(' or '[' && text[begin..(closed - 1)].LastIndexOfAny('(', '[') == 0;
    }

    // Its letters count as lower case, and there is no upper case in sentences.
    private static bool IsGeorgian(char c) => c is >= '\u10D0' and <= '\u10FF';

    private static bool IsLower(char c) => char.IsLower(c) && !IsGeorgian(c);

    private static bool IsSpace(char c) => c is ' ' or '\u00A0' or '\u202F' or '\u2009';

    private static bool IsCloser(char c) => c is '"' or '”' or '’' or '\'' or ')' or ']' or '»' or '›' or '」' or '』' or '）' or '”' or '}';

    // Thai, Lao, Burmese, Khmer, kana, Han.
    private static bool IsUnspaced(char c) => c is >= '\u0E00' and <= '\u0EFF' or >= '\u1000' and <= '\u109F' or >= '\u1780' and <= '\u17FF' or >= '\u3040' and <= '\u30FF' or >= '\u3400' and <= '\u9FFF';

    /// <summary>Marks what stands between quotes or brackets that have their partner in the line.</summary>
    private static void Shield(ReadOnlySpan<char> line, bool[] shielded)
    {
        Array.Clear(shielded, 0, line.Length);
        Span<int> opened = stackalloc int[64];
        var depth = 0;
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (c < '"') continue;
            switch (c)
            {
                case '(' or '[' or '（' or '「' or '『' or '《' or '“' or '«' or '‹':
                    if (depth < opened.Length) opened[depth++] = i;
                    break;
                case ')' or ']' or '）' or '」' or '』' or '》' or '”' or '»' or '›':
                    for (var d = depth - 1; d >= 0; d--)
                    {
                        if (Partner(line[opened[d]]) != c) continue;
                        if (i - opened[d] <= LongestQuote) shielded.AsSpan(opened[d] + 1, i - opened[d]).Fill(true);
                        depth = d;
                        break;
                    }
                    break;
                case '"':
                    if (Close(line, i, '"') is > 0 and var close)
                    {
                        shielded.AsSpan(i + 1, close - i).Fill(true);
                        i = close;
                    }
                    break;
                case '\'' when (i == 0 || WhiteSpace.Is(line[i - 1])) && i + 1 < line.Length && char.IsLetter(line[i + 1]):
                    for (var k = i + 2; k < line.Length && k - i < 300; k++)
                    {
                        if (line[k] != '\'' || k + 1 < line.Length && char.IsLetterOrDigit(line[k + 1])) continue;
                        shielded.AsSpan(i + 1, k - i).Fill(true);
                        i = k;
                        break;
                    }
                    break;
            }
        }
    }

    private static int Close(ReadOnlySpan<char> line, int open, char quote)
    {
        var length = line[(open + 1)..Math.Min(line.Length, open + 1 + LongestQuote)].IndexOf(quote);
        return length < 0 ? -1 : open + 1 + length;
    }

    private static char Partner(char open) => open switch
    {
        '(' => ')',
        '[' => ']',
        '（' => '）',
        '「' => '」',
        '『' => '』',
        '《' => '》',
        '“' => '”',
        '«' => '»',
        _ => '›',
    };

    private static void Add(ReadOnlySpan<char> text, int start, int end, List<TextSpan> sentences)
    {
        while (start < end && WhiteSpace.Is(text[start])) start++;
        var length = WhiteSpace.TrimEnd(text[start..end]).Length;
        if (length > 0) sentences.Add(new(start, length));
    }
}
