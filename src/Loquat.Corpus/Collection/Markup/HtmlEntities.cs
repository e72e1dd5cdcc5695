using System.Globalization;
using System.Net;
using System.Text;

namespace Loquat.Corpus.Collection.Markup;

/// <summary>Character references, as browsers read them.</summary>
internal static class HtmlEntities
{
    private const int LongestName = 32;

    // Windows-1252 characters that pages name by the numbers 128 to 159.
    private const string Windows = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜™š›œ\u009DžŸ";

    // Names of HTML 4 that are read without their semicolon too.
    private static readonly HashSet<string> _open = new(
        ("nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest times divide " +
        "Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig " +
        "agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml oslash ugrave uacute ucirc uuml yacute thorn yuml amp lt gt quot").Split(' '));

    // Of HTML 5, what pages use and HTML 4 does not have.
    private static readonly Dictionary<string, string> _more = new()
    {
        ["apos"] = "'",
        ["AMP"] = "&",
        ["LT"] = "<",
        ["GT"] = ">",
        ["QUOT"] = "\"",
        ["COPY"] = "©",
        ["REG"] = "®",
        ["NewLine"] = "\n",
        ["Tab"] = "\t",
        ["excl"] = "!",
        ["num"] = "#",
        ["dollar"] = "$",
        ["percnt"] = "%",
        ["lpar"] = "(",
        ["rpar"] = ")",
        ["ast"] = "*",
        ["plus"] = "+",
        ["comma"] = ",",
        ["period"] = ".",
        ["sol"] = "/",
        ["colon"] = ":",
        ["semi"] = ";",
        ["equals"] = "=",
        ["quest"] = "?",
        ["commat"] = "@",
        ["lbrack"] = "[",
        ["lsqb"] = "[",
        ["bsol"] = "\\",
        ["rbrack"] = "]",
        ["rsqb"] = "]",
        ["Hat"] = "^",
        ["lowbar"] = "_",
        ["grave"] = "`",
        ["lbrace"] = "{",
        ["lcub"] = "{",
        ["verbar"] = "|",
        ["vert"] = "|",
        ["rbrace"] = "}",
        ["rcub"] = "}",
        ["hyphen"] = "‐",
        ["dash"] = "‐",
        ["horbar"] = "―",
        ["nldr"] = "‥",
        ["mldr"] = "…",
        ["check"] = "✓",
        ["star"] = "☆",
        ["starf"] = "★",
        ["phone"] = "☎",
        ["female"] = "♀",
        ["male"] = "♂",
        ["larr"] = "←",
        ["rarr"] = "→",
        ["ccaron"] = "č",
        ["Ccaron"] = "Č",
        ["zcaron"] = "ž",
        ["Zcaron"] = "Ž",
        ["rcaron"] = "ř",
        ["ecaron"] = "ě",
        ["ncaron"] = "ň",
        ["lstrok"] = "ł",
        ["Lstrok"] = "Ł",
        ["aogon"] = "ą",
        ["eogon"] = "ę",
        ["sacute"] = "ś",
        ["Sacute"] = "Ś",
        ["nacute"] = "ń",
        ["cacute"] = "ć",
        ["zacute"] = "ź",
        ["zdot"] = "ż",
        ["Zdot"] = "Ż",
        ["odblac"] = "ő",
        ["udblac"] = "ű",
        ["abreve"] = "ă",
        ["amacr"] = "ā",
        ["emacr"] = "ē",
        ["imacr"] = "ī",
        ["omacr"] = "ō",
        ["umacr"] = "ū",
        ["gbreve"] = "ğ",
        ["Idot"] = "İ",
        ["inodot"] = "ı",
        ["scedil"] = "ş",
        ["Scedil"] = "Ş",
        ["tcedil"] = "ţ",
        ["dstrok"] = "đ",
        ["Dstrok"] = "Đ",
        ["half"] = "½",
        ["frac13"] = "⅓",
        ["frac23"] = "⅔",
    };

    /// <summary>Text with its references replaced.</summary>
    public static string Decode(ReadOnlySpan<char> text)
    {
        var at = text.IndexOf('&');
        if (at < 0) return text.ToString();
        var decoded = new StringBuilder(text.Length);
        while (at >= 0)
        {
            decoded.Append(text[..at]);
            text = text[at..];
            text = text[Reference(text, decoded)..];
            at = text.IndexOf('&');
        }
        return decoded.Append(text).ToString();
    }

    /// <returns>Characters that the reference takes; an ampersand that begins none is itself.</returns>
    private static int Reference(ReadOnlySpan<char> text, StringBuilder decoded)
    {
        if (text.Length > 2 && text[1] == '#') return Number(text, decoded);
        var end = 1;
        while (end < text.Length && end <= LongestName && char.IsAsciiLetterOrDigit(text[end])) end++;
        var name = text[1..end].ToString();
        if (end < text.Length && text[end] == ';' && Named(name) is { } value)
        {
            decoded.Append(value);
            return end + 1;
        }
        for (var length = name.Length; length > 1; length--)
        {
            if (!_open.Contains(name[..length])) continue;
            decoded.Append(Named(name[..length]));
            return length + 1;
        }
        decoded.Append('&');
        return 1;
    }

    private static string? Named(string name)
    {
        if (name.Length == 0) return null;
        if (_more.TryGetValue(name, out var more)) return more;
        var whole = $"&{name};";
        return WebUtility.HtmlDecode(whole) is var value && value != whole ? value : null;
    }

    private static int Number(ReadOnlySpan<char> text, StringBuilder decoded)
    {
        var hexadecimal = text[2] is 'x' or 'X';
        var begin = hexadecimal ? 3 : 2;
        var end = begin;
        while (end < text.Length && (hexadecimal ? char.IsAsciiHexDigit(text[end]) : char.IsAsciiDigit(text[end]))) end++;
        if (end == begin)
        {
            decoded.Append('&');
            return 1;
        }
        var digits = text[begin..end].TrimStart('0');
        var value = digits.Length > 7 ? -1 : digits.IsEmpty ? 0 : int.Parse(digits, hexadecimal ? NumberStyles.HexNumber : NumberStyles.None, CultureInfo.InvariantCulture);
        if (value is >= 0x80 and < 0xA0) decoded.Append(Windows[value - 0x80]);
        else if (value > 0 && Rune.TryCreate(value, out var rune)) decoded.Append(rune.ToString());
        else decoded.Append('\uFFFD');
        return end < text.Length && text[end] == ';' ? end + 1 : end;
    }
}
