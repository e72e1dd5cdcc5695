using System.Security.Cryptography;
using Loquat.Corpus.Collection.Charsets;
using Loquat.Corpus.Collection.Containers;
using Loquat.Corpus.Collection.Web;

namespace Loquat.Corpus.Collection.Crawling;

/// <summary>Judges answers: which pages are kept, and where they lead.</summary>
internal sealed class AnswerReader(CrawlOptions options, Frontier frontier)
{
    private const int Looked = 1 << 14;

    /// <summary>What became of an address; a page that is kept has no place yet.</summary>
    /// <param name="known">What the crawl before kept of it.</param>
    public PageEntry Read(CrawlTarget target, HttpAnswer answer, PageEntry? known)
    {
        var address = target.Address;
        if (answer.Status == 304 && known is not null) return known with { Outcome = PageOutcome.Unchanged };
        if (answer.IsRedirect)
        {
            if (answer["Location"] is not { } location || WebAddress.Normalize(location, address) is not { } to) return Rejected(address, "redirects to no address of the web");
            return frontier.Refusal(target, to) is { } refusal ? Rejected(address, refusal) : new(address, PageOutcome.Redirect) { To = to };
        }
        if (answer.Fault is { } fault) return Rejected(address, fault);
        if (answer.Status is < 200 or >= 300) return Rejected(address, $"HTTP status {answer.Status}");
        var body = HttpBody.Decode(answer.Body, null, answer["Content-Encoding"], out _, out var broken, options.LargestBody);
        if (broken is not null) return Rejected(address, $"the body cannot be read: {broken}");
        if (body.Length == 0) return Rejected(address, "the body is empty");
        var type = answer["Content-Type"]?.Split(';')[0].Trim().ToLowerInvariant() ?? "";
        if (MediaContent.Is(body.AsSpan(0, Math.Min(body.Length, Looked)), type, isEncoded: false)) return Rejected(address, "no text: by its first bytes");
        return Page(target, answer, body, type);
    }

    private PageEntry Page(CrawlTarget target, HttpAnswer answer, byte[] body, string type)
    {
        var address = target.Address;
        var charset = answer["Content-Type"] is { } full && full.IndexOf("charset=", StringComparison.OrdinalIgnoreCase) is >= 0 and var at ? full[(at + 8)..].Split(';')[0].Trim(' ', '"', '\'') : null;
        var begin = CharsetDetector.Decode(body.AsSpan(0, Math.Min(body.Length, Looked)), charset);
        var root = XmlRules.Root(begin);
        if (root is not null && Sitemap.Is(root)) return List(address, root, CharsetDetector.Decode(body, charset));
        if (CompressionStreams.Of(body) == Compression.Gzip && Expanded(body) is { } xml && XmlRules.Root(xml.AsSpan(0, Math.Min(xml.Length, Looked))) is { } inside && Sitemap.Is(inside)) return List(address, inside, xml);
        var page = IsPage(begin, root, type) ? PageLinks.Read(CharsetDetector.Decode(body, charset), answer, address) : PageLinks.Of(answer, address);
        var entry = new PageEntry(address, PageOutcome.Kept) { Links = [.. page.Links.Where(frontier.Contains)], Sha256 = Convert.ToHexStringLower(SHA256.HashData(body)), Tag = answer["ETag"], Modified = answer["Last-Modified"] };
        if (!page.IsIndexed) return Rejected(address, "asks not to be indexed (noindex)") with { Links = entry.Links };
        switch (frontier.Canonical(target, page.Canonical))
        {
            case PageOutcome.Duplicate: return new(address, PageOutcome.Duplicate) { To = page.Canonical, Reason = $"the same page as {page.Canonical}, by its rel=canonical", Links = entry.Links };
            case PageOutcome.Deferred: return new(address, PageOutcome.Deferred) { To = page.Canonical, Links = entry.Links };
        }
        return frontier.KeptAs(entry.Sha256) is { } other ? new(address, PageOutcome.Duplicate) { To = other, Reason = $"the same bytes as {other}", Links = entry.Links } : entry;
    }

    private PageEntry List(string address, string root, string xml) =>
        new(address, root == "urlset" ? PageOutcome.Sitemap : PageOutcome.SitemapIndex) { Links = [.. Sitemap.Read(xml, address).Where(frontier.Contains)] };

    private static bool IsPage(string begin, string? root, string type) => type is "text/html" or "application/xhtml+xml" || "html".Equals(root, StringComparison.OrdinalIgnoreCase) || begin.AsSpan().TrimStart("\uFEFF \r\n\t").StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase);

    private string? Expanded(byte[] body)
    {
        var expanded = HttpBody.Decode(body, null, "gzip", out _, out var fault, options.LargestBody);
        return fault is null ? CharsetDetector.Decode(expanded) : null;
    }

    private static PageEntry Rejected(string address, string reason) => new(address, PageOutcome.Rejected) { Reason = reason };
}
