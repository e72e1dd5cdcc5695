using System.Xml;

namespace Loquat.Corpus.Collection.Crawling;

/// <summary>Lists of a site's pages (sitemaps.org): of addresses, or of other such lists.</summary>
internal static class Sitemap
{
    private const int Most = 50_000; // of a file, as the protocol has it

    private static readonly XmlReaderSettings _settings = new() { DtdProcessing = DtdProcessing.Ignore, XmlResolver = null, CheckCharacters = false, IgnoreComments = true, IgnoreProcessingInstructions = true };

    public static bool Is(string root) => root is "urlset" or "sitemapindex";

    /// <summary>The addresses that it lists, as far as it can be read.</summary>
    public static IReadOnlyList<string> Read(string xml, string address)
    {
        var found = new List<string>();
        try
        {
            using var reader = XmlReader.Create(new StringReader(xml.TrimStart('\uFEFF', ' ', '\r', '\n', '\t')), _settings);
            while (found.Count < Most && reader.Read())
                // Pictures and videos of a page have a `loc` too, in name spaces of their own.
                if (reader.NodeType == XmlNodeType.Element && reader.LocalName == "loc" && reader.Prefix.Length == 0 && !reader.IsEmptyElement && reader.Read() && reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA && WebAddress.Normalize(reader.Value, address) is { } page) found.Add(page);
        }
        catch (XmlException)
        {
            // What was read before the fault are addresses all the same.
        }
        return found;
    }
}
