using System.Collections.Frozen;
using System.Text;

namespace Loquat.Corpus.Collection.Crawling;

/// <summary>Addresses of pages, each written in one way, so that a page is asked for once.</summary>
internal static class WebAddress
{
    private const int Longest = 2048;
    private const int MostSegments = 32;
    private const int MostRepeats = 3; // of a folder in a path: links that are relative by mistake grow without an end

    // What tells where a visitor came from, and who he is; none of it chooses a page.
    private static readonly FrozenSet<string> _tracking = new[]
    {
        "gclid", "gclsrc", "dclid", "wbraid", "gbraid", "fbclid", "msclkid", "twclid", "ttclid", "yclid", "igshid", "mc_cid", "mc_eid", "_ga", "_gl", "_hsenc", "_hsmi", "mkt_tok", "ref_src", "ref_url", "oly_enc_id", "oly_anon_id", "vero_id", "wickedid", "rb_clickid", "s_cid",
        "phpsessid", "jsessionid", "sessionid", "session_id", "cfid", "cftoken", "oscsid", "zenid", "asp.net_sessionid",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public static bool Is(string source) => source.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || source.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// The address as it is asked for: host in lower case, no default port, no fragment and user, dots of the path resolved, escapes where they are needed and nowhere else, no parameters of
    /// tracking and sessions; null where it is none of the web, or one of those that links without an end make.
    /// </summary>
    /// <param name="relativeTo">The page that has the link.</param>
    public static string? Normalize(string link, string? relativeTo = null)
    {
        link = link.Trim();
        if (link.Length > Longest || link.Contains('\0')) return null;
        Uri? uri;
        try
        {
            if (relativeTo is null ? !Uri.TryCreate(link, UriKind.Absolute, out uri) : !Uri.TryCreate(new Uri(relativeTo), link, out uri)) return null;
            if (uri.Scheme is not ("http" or "https") || uri.Host.Length == 0) return null;
            var path = WithoutSession(Escaped(uri.AbsolutePath));
            if (IsEndless(path)) return null;
            var query = Query(uri.Query);
            var text = $"{uri.Scheme}://{Host(uri)}{path}{query}";
            return text.Length <= Longest && Uri.TryCreate(text, UriKind.Absolute, out _) ? text : null;
        }
        catch (UriFormatException)
        {
            return null; // a host that cannot be, as IDN sees it
        }
    }

    /// <summary>Whom an address is asked of: scheme, host and port. Each has a robots.txt.</summary>
    public static string Origin(string address) => new Uri(address) is var uri ? $"{uri.Scheme}://{Host(uri)}" : "";

    /// <summary>The host with the port where it is not that of the scheme.</summary>
    public static string Host(string address) => Host(new Uri(address));

    private static string Host(Uri uri) => (uri.HostNameType == UriHostNameType.IPv6 ? uri.Host : uri.IdnHost).ToLowerInvariant().TrimEnd('.') + (uri.IsDefaultPort ? "" : $":{uri.Port}");

    private static string WithoutSession(string path)
    {
        var at = path.IndexOf(";jsessionid=", StringComparison.OrdinalIgnoreCase);
        if (at < 0) return path;
        var end = path.AsSpan(at + 1).IndexOfAny('/', ';');
        return end < 0 ? path[..at] : path[..at] + path[(at + 1 + end)..];
    }

    private static bool IsEndless(string path)
    {
        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return segments.Length > MostSegments || segments.Where(s => !s.All(char.IsAsciiDigit)).GroupBy(s => s, StringComparer.Ordinal).Any(g => g.Count() > MostRepeats);
    }

    private static string Query(string query)
    {
        if (query.Length < 2) return "";
        var kept = Escaped(query[1..]).Split('&').Where(p => p.Length > 0 && !IsTracking(p));
        return string.Join('&', kept) is { Length: > 0 } joined ? $"?{joined}" : "";
    }

    private static bool IsTracking(string parameter)
    {
        var equals = parameter.IndexOf('=');
        var name = equals < 0 ? parameter : parameter[..equals];
        if (name.StartsWith("utm_", StringComparison.OrdinalIgnoreCase) || name.StartsWith("aspsessionid", StringComparison.OrdinalIgnoreCase)) return true;
        // `sid` names sections of some sites and sessions of others; those are long.
        return name.Equals("sid", StringComparison.OrdinalIgnoreCase) ? parameter.Length - equals - 1 >= 16 : _tracking.Contains(name);
    }

    /// <summary>Escapes in upper case, and none of characters that need none (RFC 3986, 6.2.2).</summary>
    internal static string Escaped(string text)
    {
        if (!text.Contains('%')) return text;
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%' || i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
            {
                result.Append(text[i]);
                continue;
            }
            var value = (char)Convert.ToByte(text.Substring(i + 1, 2), 16);
            if (char.IsAsciiLetterOrDigit(value) || value is '-' or '.' or '_' or '~') result.Append(value);
            else result.Append('%').Append(char.ToUpperInvariant(text[i + 1])).Append(char.ToUpperInvariant(text[i + 2]));
            i += 2;
        }
        return result.ToString();
    }
}
