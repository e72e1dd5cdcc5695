using System.Buffers;
using System.Text;
using Loquat.Corpus.Preprocessing.Characters;

namespace Loquat.Corpus.Preprocessing.Repair;

/// <summary>Repairs of single characters. Each gives back the same string where it finds nothing.</summary>
public static class CharacterRepairs
{
    private const string SingleQuotes = "\u02bc‘’‚‛";
    private const string DoubleQuotes = "“”„‟";

    private const string LigatureParts = "Ĳ:IJ ĳ:ij ŉ:ʼn Ǳ:DZ ǲ:Dz ǳ:dz Ǆ:DŽ ǅ:Dž ǆ:dž Ǉ:LJ ǈ:Lj ǉ:lj Ǌ:NJ ǋ:Nj ǌ:nj ﬀ:ff ﬁ:fi ﬂ:fl ﬃ:ffi ﬄ:ffl ﬅ:ſt ﬆ:st";

    private static readonly Dictionary<char, string> _ligatures = LigatureParts.Split(' ').ToDictionary(entry => entry[0], entry => entry[2..]);

    private static readonly SearchValues<char> _quotes = SearchValues.Create(SingleQuotes + DoubleQuotes);
    private static readonly SearchValues<char> _lineBreaks = SearchValues.Create("\r\u0085\u2028\u2029");

    internal static bool IsLigature(char c) => _ligatures.ContainsKey(c);

    internal static bool IsQuote(char c) => _quotes.Contains(c);

    /// <summary>Control characters that no one means: not tab, line ends, form feed; the deprecated format characters, the byte order mark, annotations.</summary>
    internal static bool IsControl(char c) =>
        c is <= '\x08' or '\x0b' or >= '\x0e' and <= '\x1f' or '\x7f' or >= '\u206a' and <= '\u206f' or '\ufeff' or >= '\ufff9' and <= '\ufffc';

    /// <summary>Ligatures of Latin letters, which are of print and not of spelling, and digraphs of old encodings.</summary>
    public static string Ligatures(string text) => Replace(text, static c => _ligatures.GetValueOrDefault(c));

    /// <summary>Full-width and half-width forms to the usual ones, the ideographic space to a space.</summary>
    public static string Widths(string text) => Replace(text, static c => c == '\u3000' ? " " : c is >= '\uff01' and < '\ufff0' && NormalForm.Nfkc.Apply(c.ToString()) is var usual && usual[0] != c ? usual : null);

    /// <summary>Curly quotation marks and apostrophes to straight ones.</summary>
    public static string Quotes(string text)
    {
        if (!text.AsSpan().ContainsAny(_quotes)) return text;
        return string.Create(text.Length, text, static (span, text) =>
        {
            text.CopyTo(span);
            for (int i = span.IndexOfAny(_quotes), next; i >= 0; i = next < 0 ? -1 : i + 1 + next)
            {
                span[i] = DoubleQuotes.Contains(span[i]) ? '"' : '\'';
                next = span[(i + 1)..].IndexOfAny(_quotes);
            }
        });
    }

    public static string LineBreaks(string text)
    {
        if (!text.AsSpan().ContainsAny(_lineBreaks)) return text;
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n') continue;
            result.Append(_lineBreaks.Contains(text[i]) ? '\n' : text[i]);
        }
        return result.ToString();
    }

    /// <summary>U+FFFD for each surrogate without its other half.</summary>
    public static string Surrogates(string text)
    {
        char[]? result = null;
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1])) i++;
            else (result ??= text.ToCharArray())[i] = '\ufffd';
        }
        return result is null ? text : new(result);
    }

    /// <summary>Commands to terminals: ESC [, numbers and semicolons, a letter.</summary>
    public static string TerminalEscapes(string text)
    {
        StringBuilder? result = null;
        var copied = 0;
        for (var i = text.IndexOf('\x1b'); i >= 0; i = i + 1 < text.Length ? text.IndexOf('\x1b', i + 1) : -1)
        {
            if (i + 1 >= text.Length || text[i + 1] != '[') continue;
            var end = i + 2;
            while (end < text.Length && (text[end] == ';' || char.IsDigit(text[end]))) end++;
            if (end == text.Length || !char.IsAsciiLetter(text[end])) continue;
            (result ??= new StringBuilder(text.Length)).Append(text, copied, i - copied);
            copied = end + 1;
            i = end;
        }
        return result is null ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    public static string ControlCharacters(string text) => Replace(text, static c => IsControl(c) ? "" : null);

    private static string Replace(string text, Func<char, string?> replacement)
    {
        StringBuilder? result = null;
        for (var i = 0; i < text.Length; i++)
        {
            if (replacement(text[i]) is { } other) (result ??= new StringBuilder(text, 0, i, text.Length + 16)).Append(other);
            else result?.Append(text[i]);
        }
        return result is null ? text : result.ToString();
    }
}
