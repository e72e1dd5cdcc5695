using System.Collections.Frozen;
using System.Net;

namespace Loquat.Corpus.Collection.Crawling;

/// <summary>The sites of a crawl.</summary>
internal sealed class SiteScope(CrawlScope kind)
{
    // Under a country's name, these stand before the name that somebody has registered. A list of all such names changes every week; this one holds those of the large registries.
    private static readonly FrozenSet<string> _second = "ac co com edu gob gouv gov go govt gv id ltd me mil ne net nhs nom or org plc police res sch school web asso k12 lg ad ed gr".Split(' ').ToFrozenSet(StringComparer.Ordinal);

    // Below these, each name is a site of its own.
    private static readonly FrozenSet<string> _shared = "github.io gitlab.io blogspot.com wordpress.com tumblr.com netlify.app vercel.app pages.dev workers.dev web.app firebaseapp.com herokuapp.com azurewebsites.net readthedocs.io sourceforge.io neocities.org substack.com medium.com".Split(' ').ToFrozenSet(StringComparer.Ordinal);

    private readonly HashSet<string> _sites = new(StringComparer.Ordinal);

    /// <summary>Takes the site of an address in.</summary>
    public void Add(string address) => _sites.Add(Site(address));

    public bool Contains(string address) => _sites.Contains(Site(address));

    private string Site(string address)
    {
        var host = WebAddress.Host(address);
        return kind == CrawlScope.Host ? host : Registrable(host);
    }

    /// <summary>The name that somebody has registered: `example.co.uk` of `a.b.example.co.uk`. Numbers and names of one part are their own.</summary>
    internal static string Registrable(string host)
    {
        var colon = host.LastIndexOf(':');
        var name = colon > 0 && host[^1] != ']' ? host[..colon] : host;
        if (name.StartsWith('[') || IPAddress.TryParse(name, out _)) return host;
        var parts = name.Split('.');
        if (parts.Length <= 2) return name;
        var isLonger = parts[^1].Length == 2 && _second.Contains(parts[^2]) || _shared.Contains($"{parts[^2]}.{parts[^1]}");
        return string.Join('.', parts[^(isLonger ? 3 : 2)..]);
    }
}
