using System.Text;
using System.Text.RegularExpressions;
using Loquat.Corpus.Preprocessing.Characters;

namespace Loquat.Corpus.Preprocessing.Cleaning;

/// <summary>
/// Replaces e-mail addresses and public IPv4 addresses by ones that belong to no one, in turn, so that the text stays natural: FineWeb's way. Of one object each document goes on where the last one stopped.
/// </summary>
/// <param name="allAddresses">Replaces private and reserved IP addresses too.</param>
public sealed partial class ExampleAddresses(bool allAddresses = false)
{
    private static readonly string[] _emails = ["email@example.com", "firstname.lastname@example.org"];
    private static readonly string[] _ips = ["22.214.171.124", "126.96.36.199", "188.8.131.52", "184.108.40.206", "220.127.116.11", "18.104.22.168"];

    private int _email, _ip;

    public string Replace(string text)
    {
        if (text.Contains('@')) text = Emails(text);
        return IpPattern().Replace(text, match => IsReplaced(match.Value) ? _ips[_ip++ % _ips.Length] : match.Value);
    }

    // Word by word: an address has no white space, and what has no @ needs no look.
    private string Emails(string text)
    {
        var result = new StringBuilder(text.Length);
        var copied = 0;
        foreach (var word in new WordSpans(text))
        {
            if (!word.Of(text).Contains('@')) continue;
            result.Append(text, copied, word.Start - copied).Append(EmailPattern().Replace(text.Substring(word.Start, word.Length), _ => _emails[_email++ % _emails.Length]));
            copied = word.End;
        }
        return result.Append(text, copied, text.Length - copied).ToString();
    }

    private bool IsReplaced(string address)
    {
        var parts = address.Split('.');
        if (parts.Any(p => p.Length > 1 && p[0] == '0')) return false; // not an address: leading zeros could be octal
        return allAddresses || IsPublic(int.Parse(parts[0], null), int.Parse(parts[1], null), int.Parse(parts[2], null), int.Parse(parts[3], null));
    }

    // IANA's registry of special addresses.
    private static bool IsPublic(int a, int b, int c, int d) => (a, b, c) switch
    {
        (0 or 10 or 127 or >= 240, _, _) => false,
        (100, >= 64 and <= 127, _) => false,
        (169, 254, _) => false,
        (172, >= 16 and <= 31, _) => false,
        (192, 168, _) => false,
        (192, 0, 0) => d > 7 && d is not (170 or 171),
        (192, 0, 2) => false,
        (198, 18 or 19, _) => false,
        (198, 51, 100) => false,
        (203, 0, 113) => false,
        _ => true,
    };

    [GeneratedRegex(@"\b[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?|\[(?:(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)\.){3}(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?|[A-Za-z0-9-]*[A-Za-z0-9]:)\])", RegexOptions.CultureInvariant)]
    private static partial Regex EmailPattern();

    [GeneratedRegex(@"(?:(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)\.){3}(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)", RegexOptions.CultureInvariant)]
    private static partial Regex IpPattern();
}
