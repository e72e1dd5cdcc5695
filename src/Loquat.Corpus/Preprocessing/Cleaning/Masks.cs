using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;

namespace Loquat.Corpus.Preprocessing.Cleaning;

/// <summary>Puts a word for what tells who or where someone is: addresses, numbers of telephones, cards and accounts; and for any number.</summary>
public static partial class Masks
{
    private const string TrailingPunctuation = ".,;:!?'\")]}»”’";
    private const RegexOptions Options = RegexOptions.CultureInvariant;

    /// <summary>Addresses that begin with http://, https://, ftp:// or www. become &lt;url&gt;; punctuation after them stays.</summary>
    public static string Urls(string text, string mask = "<url>") => !text.Contains("://", StringComparison.Ordinal) && !text.Contains("www.", StringComparison.Ordinal) ? text
        : UrlPattern().Replace(text, match => mask + match.Value[match.Value.AsSpan().TrimEnd(TrailingPunctuation).Length..]);

    /// <summary>E-mail addresses become &lt;email&gt;.</summary>
    public static string Emails(string text, string mask = "<email>")
    {
        StringBuilder? result = null;
        var copied = 0;
        for (var at = text.IndexOf('@'); at >= 0; at = text.IndexOf('@', at + 1))
        {
            var start = at;
            while (start > copied && IsLocal(text[start - 1])) start--;
            var end = DomainEnd(text, at + 1);
            if (start == at || end < 0) continue;
            (result ??= new StringBuilder(text.Length)).Append(text, copied, start - copied).Append(mask);
            copied = end;
            at = end - 1;
            if (at + 1 >= text.Length) break;
        }
        return result is null ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    /// <summary>IPv4 addresses become &lt;ip&gt;; longer rows of numbers, as versions have them, stay.</summary>
    public static string Ips(string text, string mask = "<ip>") => IpPattern().Replace(text, mask);

    /// <summary>International numbers with + and at least 8 digits, and North American ones of 10, become &lt;phone&gt;.</summary>
    public static string Phones(string text, string mask = "<phone>") => PhonePattern().Replace(text, mask);

    /// <summary>Numbers, with their periods and commas, become &lt;num&gt;.</summary>
    public static string Numbers(string text, string mask = "<num>") => text.AsSpan().ContainsAnyInRange('0', '9') ? NumberPattern().Replace(text, mask) : text;

    /// <summary>Numbers of 13 to 19 digits, in groups or not, that the check digit of cards (Luhn, ISO/IEC 7812) confirms become &lt;card&gt;.</summary>
    public static string Cards(string text, string mask = "<card>") => CardPattern().Replace(text, match => IsCard(match.Value) ? mask : match.Value);

    /// <summary>International bank account numbers whose check digits are right (ISO 13616, modulo 97) become &lt;iban&gt;.</summary>
    public static string Ibans(string text, string mask = "<iban>") => IbanPattern().Replace(text, match =>
    {
        // A word of capitals after the number is none of its groups: from the longest that is an IBAN.
        for (var end = match.Length; end >= 15; end--)
            if ((end == match.Length || match.Value[end] == ' ') && IsIban(match.Value.AsSpan(0, end))) return mask + match.Value[end..];
        return match.Value;
    });

    private static bool IsLocal(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '%' or '+' or '-';

    // Labels divided by periods, the last one of letters.
    private static int DomainEnd(string text, int start)
    {
        var (end, label) = (-1, start);
        for (var i = start; ; i++)
        {
            if (i < text.Length && (char.IsAsciiLetterOrDigit(text[i]) || text[i] == '-')) continue;
            if (label > start)
            {
                var letters = label;
                while (letters < i && char.IsAsciiLetter(text[letters])) letters++;
                if (letters - label >= 2) end = letters;
            }
            if (i == label || i >= text.Length || text[i] != '.') return end;
            label = i + 1;
        }
    }

    private static bool IsCard(string match)
    {
        var (sum, count) = (0, 0);
        for (var i = match.Length - 1; i >= 0; i--)
        {
            if (!char.IsAsciiDigit(match[i])) continue;
            var digit = match[i] - '0';
            if (count++ % 2 == 1) digit = digit > 4 ? 2 * digit - 9 : 2 * digit;
            sum += digit;
        }
        return count is >= 13 and <= 19 && sum % 10 == 0 && match.AsSpan().ContainsAnyInRange('1', '9');
    }

    private static bool IsIban(ReadOnlySpan<char> match)
    {
        var letters = new StringBuilder();
        foreach (var c in match)
            if (c != ' ') letters.Append(c);
        if (letters.Length is < 15 or > 34) return false;
        var number = BigInteger.Zero;
        for (var i = 0; i < letters.Length; i++)
        {
            var c = letters[(i + 4) % letters.Length];
            number = char.IsAsciiDigit(c) ? number * 10 + (c - '0') : number * 100 + (c - 'A' + 10);
        }
        return number % 97 == 1;
    }

    [GeneratedRegex(@"(?:https?://|ftp://|www\.)[^\s\x1c-\x1f<>""]+", Options)]
    private static partial Regex UrlPattern();

    [GeneratedRegex(@"(?<![0-9.])(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}(?!\.?[0-9])", Options)]
    private static partial Regex IpPattern();

    [GeneratedRegex(@"(?<![0-9A-Za-z])(?:\+(?=(?:[ ().-]{0,2}[0-9]){8})[1-9](?:[ .-]?\(?[0-9]{1,4}\)?){2,7}|(?:1[ .-])?\(?[0-9]{3}\)?[ .-]?[0-9]{3}[ .-]?[0-9]{4})(?![0-9])", Options)]
    private static partial Regex PhonePattern();

    [GeneratedRegex("[0-9]+(?:[.,][0-9]+)*", Options)]
    private static partial Regex NumberPattern();

    [GeneratedRegex("(?<![0-9A-Za-z])[0-9](?:[ -]?[0-9]){12,18}(?![0-9A-Za-z])", Options)]
    private static partial Regex CardPattern();

    [GeneratedRegex("(?<![0-9A-Za-z])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}(?![0-9A-Za-z])", Options)]
    private static partial Regex IbanPattern();
}
