using System.Text;
using Loquat.Corpus.Preprocessing.Repair;

namespace Loquat.Corpus.Preprocessing.Cleaning;

/// <summary>Character references as a browser reads them: also without their semicolon, where HTML's table has the name so.</summary>
internal static class HtmlReferences
{
    private const int LongestName = 32;

    public static string Unescape(string text)
    {
        StringBuilder? result = null;
        var copied = 0;
        for (var i = text.IndexOf('&'); i >= 0 && i + 1 < text.Length; i = text.IndexOf('&', i + 1))
        {
            var (decoded, end) = text[i + 1] == '#' ? Number(text, i + 2) : Named(text, i + 1);
            if (decoded is null) continue;
            (result ??= new StringBuilder(text.Length)).Append(text, copied, i - copied).Append(decoded);
            copied = end;
            i = end - 1;
        }
        return result is null ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    private static (string? Decoded, int End) Number(string text, int start)
    {
        var end = start;
        if (end < text.Length && text[end] is 'x' or 'X')
        {
            end++;
            while (end < text.Length && char.IsAsciiHexDigit(text[end])) end++;
            if (end == start + 1) return (null, start);
        }
        else
        {
            while (end < text.Length && char.IsAsciiDigit(text[end])) end++;
            if (end == start) return (null, start);
        }
        var decoded = HtmlEntities.Number(text.AsSpan(start, end - start));
        return (decoded, end < text.Length && text[end] == ';' ? end + 1 : end);
    }

    private static (string? Decoded, int End) Named(string text, int start)
    {
        var end = start;
        while (end < text.Length && end - start < LongestName && text[end] is not ('\t' or '\n' or '\f' or ' ' or '<' or '&' or '#' or ';')) end++;
        if (end < text.Length && text[end] == ';' && HtmlEntities.Symbol(text[start..(end + 1)]) is { } whole) return (whole, end + 1);
        for (; end > start + 1; end--)
            if (HtmlEntities.Symbol(text[start..end]) is { } symbol) return (symbol, end);
        return (null, start);
    }
}
