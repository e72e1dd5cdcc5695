using System.Globalization;
using System.Text;

namespace Loquat.Corpus.Collection.Crawling;

/// <summary>What a host allows crawlers: its robots.txt, read as RFC 9309 says.</summary>
public sealed class RobotsRules
{
    /// <summary>Bytes of a robots.txt that are read (RFC 9309, 2.5 asks for 500 KiB at least).</summary>
    public const int Largest = 500 << 10;

    private readonly List<(string Pattern, bool Allows)> _rules = [];
    private readonly List<string> _sitemaps = [];

    private RobotsRules()
    {
    }

    /// <summary>Everything is allowed: there is no robots.txt.</summary>
    public static RobotsRules AllowAll { get; } = new();

    /// <summary>Nothing is allowed: the robots.txt cannot be reached.</summary>
    public static RobotsRules DisallowAll { get; } = Parse("User-agent: *\nDisallow: /", "*");

    /// <summary>The pause between requests that the host asks for (`Crawl-delay`, which is no part of the RFC); null where it asks for none.</summary>
    public TimeSpan? Delay { get; private set; }

    /// <summary>Addresses of sitemaps, as they are written.</summary>
    public IReadOnlyList<string> Sitemaps => _sitemaps;

    /// <summary>Reads the rules of one crawler: those of all groups that name it, else those of the groups for all (`*`).</summary>
    /// <param name="text">More than <see cref="Largest"/> bytes are not read.</param>
    /// <param name="agent">The crawler's product token, such as `Loquat`; case does not matter.</param>
    public static RobotsRules Parse(string text, string agent)
    {
        var (own, all) = (new RobotsRules(), new RobotsRules());
        var (isNamed, named, forAll, inRules) = (false, false, false, true);
        foreach (var full in text.TrimStart('\uFEFF').Split('\n', '\r'))
        {
            var line = full.IndexOf('#') is >= 0 and var comment ? full[..comment] : full;
            var colon = line.IndexOf(':');
            if (colon < 0) continue;
            var (key, value) = (line[..colon].Trim().ToLowerInvariant(), line[(colon + 1)..].Trim());
            if (key == "sitemap")
            {
                if (value.Length > 0) own._sitemaps.Add(value);
                continue;
            }
            if (key == "user-agent")
            {
                if (inRules) (named, forAll, inRules) = (false, false, false);
                var token = Token(value);
                named |= token.Equals(agent, StringComparison.OrdinalIgnoreCase);
                forAll |= token == "*";
                isNamed |= named;
                continue;
            }
            if (key is not ("allow" or "disallow" or "crawl-delay")) continue;
            inRules = true;
            if (named) own.Add(key, value);
            if (forAll) all.Add(key, value);
        }
        if (isNamed) return own;
        all._sitemaps.AddRange(own._sitemaps);
        return all;
    }

    /// <summary>Whether the crawler may ask for an address: the longest rule that matches counts, and of two as long the one that allows.</summary>
    /// <param name="pathAndQuery">Begins with `/`.</param>
    public bool Allows(string pathAndQuery)
    {
        if (pathAndQuery == "/robots.txt") return true;
        var path = Comparable(pathAndQuery);
        var (length, allows) = (-1, true);
        foreach (var (pattern, isAllowed) in _rules)
            if ((pattern.Length > length || pattern.Length == length && isAllowed) && Matches(pattern, path)) (length, allows) = (pattern.Length, isAllowed);
        return allows;
    }

    private void Add(string key, string value)
    {
        if (key == "crawl-delay")
        {
            if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0 and < 86400) Delay = TimeSpan.FromSeconds(seconds);
        }
        else if (value.Length > 0) _rules.Add((Comparable(value), key == "allow"));
    }

    // The product token; what stands behind it (a version, a comment) is no part of it.
    private static string Token(string value)
    {
        if (value.StartsWith('*')) return "*";
        var end = 0;
        while (end < value.Length && (char.IsAsciiLetter(value[end]) || value[end] is '-' or '_')) end++;
        return value[..end];
    }

    /// <summary>Octets beyond ASCII escaped, and no escape of what needs none: both sides are written alike before they are compared (2.2.2).</summary>
    private static string Comparable(string path)
    {
        if (path.Any(c => c > '\x7E'))
        {
            var text = new StringBuilder();
            foreach (var value in Encoding.UTF8.GetBytes(path))
                if (value > 0x7E) text.Append(CultureInfo.InvariantCulture, $"%{value:X2}");
                else text.Append((char)value);
            path = text.ToString();
        }
        return WebAddress.Escaped(path);
    }

    /// <summary>`*` stands for any characters, `$` at the end for the end; else a rule matches what it begins.</summary>
    private static bool Matches(string pattern, string path)
    {
        var isWhole = pattern.EndsWith('$');
        var (end, p, s, star, mark) = (isWhole ? pattern.Length - 1 : pattern.Length, 0, 0, -1, 0);
        while (true)
        {
            if (p == end && (!isWhole || s == path.Length)) return true;
            if (p < end && pattern[p] == '*') (star, mark) = (p++, s);
            else if (p < end && s < path.Length && pattern[p] == path[s]) (p, s) = (p + 1, s + 1);
            else if (star >= 0 && mark < path.Length) (p, s) = (star + 1, ++mark);
            else return false;
        }
    }
}
