using Loquat.Corpus.Collection.Markup;

namespace Loquat.Corpus.Collection.Crawling;

/// <summary>Where a page leads, and what it asks of crawlers.</summary>
/// <param name="Links">Each once, in the order of the page; none where the page asks not to follow them.</param>
/// <param name="Canonical">Under which address it wants to be known; null where that is its own.</param>
/// <param name="IsIndexed">Whether it may be kept.</param>
internal sealed record PageLinks(IReadOnlyList<string> Links, string? Canonical, bool IsIndexed)
{
    private const int MostLinks = 5000;

    /// <summary>What is no page has no links, but may be asked not to be kept, or known elsewhere, by its headers.</summary>
    public static PageLinks Of(HttpAnswer answer, string address) => Read("", answer, address);

    public static PageLinks Read(string html, HttpAnswer answer, string address)
    {
        var (indexed, followed) = (true, true);
        foreach (var value in answer.Values("X-Robots-Tag")) Obey(value, ref indexed, ref followed);
        string? canonical = null;
        foreach (var value in answer.Values("Link").SelectMany(v => v.Split(',')))
            if (value.Split(';') is { Length: > 1 } parts && parts[1..].Any(p => p.Replace("\"", "").Trim().Equals("rel=canonical", StringComparison.OrdinalIgnoreCase))) canonical ??= parts[0].Trim().Trim('<', '>');
        var (origin, links, known) = (address, new List<string>(), new HashSet<string>(StringComparer.Ordinal));
        if (html.Length > 0)
        {
            var page = HtmlParser.Parse(html);
            for (var node = page.Following(page); node is not null; node = node.Following(page))
                switch (node.Tag)
                {
                    case "base" when origin == address && node.Attribute("href") is { } to: origin = WebAddress.Normalize(to, address) ?? address; break;
                    case "meta" when node.Attribute("name") is { } name && (name.Equals("robots", StringComparison.OrdinalIgnoreCase) || name.Equals("loquat", StringComparison.OrdinalIgnoreCase)): Obey(node.Attribute("content") ?? "", ref indexed, ref followed); break;
                    case "meta" when "refresh".Equals(node.Attribute("http-equiv"), StringComparison.OrdinalIgnoreCase) && Refresh(node.Attribute("content")) is { } next: Add(next); break;
                    case "link" when Has(node, "canonical"): canonical ??= node.Attribute("href"); break;
                    case "link" when Has(node, "next") || Has(node, "prev"): Add(node.Attribute("href")); break;
                    case "a" or "area" when !Has(node, "nofollow"): Add(node.Attribute("href")); break;
                    case "frame" or "iframe": Add(node.Attribute("src")); break;
                }
        }
        var wanted = canonical is null ? null : WebAddress.Normalize(canonical, origin);
        return new(followed ? links : [], wanted == address ? null : wanted, indexed);

        void Add(string? link)
        {
            if (link is null || links.Count == MostLinks || link.StartsWith('#')) return;
            if (WebAddress.Normalize(link, origin) is { } one && known.Add(one)) links.Add(one);
        }
    }

    private static bool Has(HtmlNode node, string relation) => node.Attribute("rel") is { } relations && relations.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Contains(relation, StringComparer.OrdinalIgnoreCase);

    private static string? Refresh(string? content) => content?.IndexOf("url=", StringComparison.OrdinalIgnoreCase) is >= 0 and var at ? content[(at + 4)..].Trim(' ', '"', '\'') : null;

    // "noindex, nofollow"; or for one crawler alone: "loquat: none".
    private static void Obey(string directives, ref bool indexed, ref bool followed)
    {
        if (directives.IndexOf(':') is > 0 and var colon && directives[..colon].Trim() is var agent && agent.All(c => char.IsAsciiLetter(c) || c is '-' or '_') && !agent.StartsWith("unavailable", StringComparison.OrdinalIgnoreCase) && !agent.StartsWith("max-", StringComparison.OrdinalIgnoreCase))
        {
            if (!agent.Equals("loquat", StringComparison.OrdinalIgnoreCase)) return;
            directives = directives[(colon + 1)..];
        }
        foreach (var directive in directives.Split(','))
            switch (directive.Trim().ToLowerInvariant())
            {
                case "none": (indexed, followed) = (false, false); break;
                case "noindex": indexed = false; break;
                case "nofollow": followed = false; break;
            }
    }
}
