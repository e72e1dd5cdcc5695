using System.Globalization;
using System.Text;
using AngleSharp.Html;
using Loquat.Corpus.Preprocessing.Characters;

namespace Loquat.Corpus.Preprocessing.Repair;

/// <summary>Character references of HTML in running text.</summary>
public static class HtmlEntities
{
    private const int LongestName = 24;

    /// <summary>
    /// Decodes <c>&amp;name;</c> and <c>&amp;#number;</c>, only where the semicolon stands: anything else may be meant as it is. Names of letters in capitals, which HTML does not know, are taken for what was
    /// capitalized (<c>&amp;NTILDE;</c>).
    /// </summary>
    public static string Unescape(string text)
    {
        if (!text.Contains('&')) return text;
        StringBuilder? result = null;
        var copied = 0;
        for (var i = text.IndexOf('&'); i >= 0; i = text.IndexOf('&', i + 1))
        {
            var end = i + 1;
            if (end < text.Length && text[end] == '#') end++;
            var name = end;
            while (end < text.Length && end - name <= LongestName && char.IsAsciiLetterOrDigit(text[end])) end++;
            if (end == name || end - name > LongestName || end == text.Length || text[end] != ';') continue;
            var decoded = text[name - 1] == '#' ? Number(text.AsSpan(name, end - name)) : Named(text[name..end]);
            if (decoded is null) continue;
            (result ??= new StringBuilder(text.Length)).Append(text, copied, i - copied).Append(decoded);
            copied = end + 1;
            i = end;
        }
        return result is null ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    /// <summary>What a name without its semicolon stands for; null where it is none.</summary>
    internal static string? Named(string name)
    {
        if (Symbol(name + ";") is { } symbol) return symbol;
        if (name.Any(char.IsAsciiLetterLower) || Symbol(name.ToLowerInvariant() + ";") is not { } capitalized) return null;
        for (var length = 2; length < name.Length; length++)
            if (Symbol(name[..length]) is not null) return null; // &AMP… and its kin are read by every browser
        return Casing.Upper(capitalized);
    }

    /// <summary>What a name as HTML's table has it (with its semicolon, or one of the old names without) stands for.</summary>
    internal static string? Symbol(string name) => HtmlEntityProvider.Resolver.GetSymbol(name);

    /// <summary>The character of a number, as browsers have it: numbers of Windows-1252 are mapped, numbers of no character vanish or are U+FFFD. Null where it is no number.</summary>
    internal static string? Number(ReadOnlySpan<char> digits)
    {
        var hexadecimal = digits[0] is 'x' or 'X';
        if (hexadecimal) digits = digits[1..];
        if (digits.IsEmpty || digits.ContainsAnyExcept(hexadecimal ? "0123456789abcdefABCDEF" : "0123456789")) return null;
        digits = digits.TrimStart('0');
        if (digits.IsEmpty) return "\ufffd";
        if (digits.Length > 8) return "\ufffd";
        var c = int.Parse(digits, hexadecimal ? NumberStyles.HexNumber : NumberStyles.None, CultureInfo.InvariantCulture);
        if (c is 0x0d) return "\r";
        if (c is >= 0x80 and <= 0x9f) return SingleByteEncoding.Windows1252((char)c).ToString();
        if (c is < 0 or > 0x10ffff or >= 0xd800 and <= 0xdfff) return "\ufffd";
        if (c is < 9 or 0xb or >= 0xe and <= 0x1f or 0x7f or >= 0xfdd0 and <= 0xfdef || (c & 0xfffe) == 0xfffe) return "";
        return char.ConvertFromUtf32(c);
    }
}
