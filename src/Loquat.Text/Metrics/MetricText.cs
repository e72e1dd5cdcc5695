using System.Globalization;
using System.Text;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Metrics;

/// <summary>Text as the reference implementations of the metrics see it: code points, their white space, their lower case.</summary>
internal static class MetricText
{
    private const char Sigma = '\u03a3', FinalSigma = '\u03c2';

    /// <summary>White space: Unicode's, and the four separators U+001C to U+001F.</summary>
    public static bool IsSpace(char c) => c is ' ' or (>= '\t' and <= '\r') or (>= '\u001c' and <= '\u001f') || (c >= 0x85 && char.IsWhiteSpace(c));

    /// <summary>The words between white space.</summary>
    public static List<string> Words(ReadOnlySpan<char> text)
    {
        var words = new List<string>();
        for (int start = 0, end; start < text.Length; start = end)
        {
            while (start < text.Length && IsSpace(text[start])) start++;
            end = start;
            while (end < text.Length && !IsSpace(text[end])) end++;
            if (end > start) words.Add(text[start..end].ToString());
        }
        return words;
    }

    public static ReadOnlySpan<char> TrimEnd(ReadOnlySpan<char> text)
    {
        while (text.Length > 0 && IsSpace(text[^1])) text = text[..^1];
        return text;
    }

    public static ReadOnlySpan<char> Trim(ReadOnlySpan<char> text)
    {
        text = TrimEnd(text);
        while (text.Length > 0 && IsSpace(text[0])) text = text[1..];
        return text;
    }

    /// <summary>Lower case with the full mapping: a sigma that ends a word is `ς`, `İ` becomes two code points (Unicode Standard, 3.13, Default Case Conversion).</summary>
    public static string Lower(string text)
    {
        if (Ascii.IsValid(text)) return text.ToLowerInvariant();
        var lower = new StringBuilder(text.Length + 4);
        for (int at = 0, next; at < text.Length; at = next)
        {
            var c = CodePoints.At(text, at, out next);
            if (c == Sigma) lower.Append(EndsWord(text, at) ? FinalSigma : '\u03c3');
            else if (c == 0x130) lower.Append("i\u0307");
            else if (c is >= 0xd800 and <= 0xdfff) lower.Append((char)c);
            else lower.Append(char.ConvertFromUtf32(UnicodeTables.ToLower(c)));
        }
        return lower.ToString();
    }

    private static bool EndsWord(string text, int at)
    {
        var before = at;
        do before = before > 0 ? CodePoints.Before(text, before) : -1;
        while (before >= 0 && IsCaseIgnorable(CodePoints.At(text, before, out _)));
        if (before < 0 || !IsCased(CodePoints.At(text, before, out _))) return false;
        var after = at + 1;
        while (after < text.Length && IsCaseIgnorable(CodePoints.At(text, after, out var next))) after = next;
        return after >= text.Length || !IsCased(CodePoints.At(text, after, out _));
    }

    private static bool IsCased(int c) => UnicodeTables.Category(c) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter;

    private static bool IsCaseIgnorable(int c) =>
        UnicodeTables.Category(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol
        || c is '\'' or '.' or ':' or 0xb7 or 0x2018 or 0x2019 or 0x2024 or 0x2027 or 0xfe13 or 0xfe52 or 0xfe55 or 0xff07 or 0xff0e or 0xff1a;
}
