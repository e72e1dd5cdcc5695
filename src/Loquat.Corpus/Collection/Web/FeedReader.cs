using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using Loquat.Corpus.Collection.Markup;
using Loquat.Corpus.Collection.Reading;

namespace Loquat.Corpus.Collection.Web;

/// <summary>RSS (0.9 to 2.0) and Atom: a document for each entry that has text.</summary>
internal sealed class FeedReader : IContentReader
{
    private static readonly XNamespace _content = "http://purl.org/rss/1.0/modules/content/";
    private static readonly XNamespace _dc = "http://purl.org/dc/elements/1.1/";

    public static bool Is(string root) => root is "rss" or "feed" or "RDF" or "rdf:RDF";

    public IEnumerable<Document> Read(Content content, ReadingContext context)
    {
        XDocument feed;
        try
        {
            using var reader = XmlReader.Create(new StringReader(content.ReadText(context.Options).TrimStart('\uFEFF', ' ', '\n', '\t')), XmlRules.Settings(context));
            feed = XDocument.Load(reader);
        }
        catch (XmlException error)
        {
            throw new DataException($"{content.Source}: the feed is broken: {error.Message}", error);
        }
        var channel = feed.Descendants().FirstOrDefault(e => e.Name.LocalName is "channel" or "feed");
        var (feedTitle, language) = (Value(channel, "title"), Value(channel, "language") ?? channel?.Attribute(XNamespace.Xml + "lang")?.Value);
        var number = 0;
        foreach (var entry in feed.Descendants().Where(e => e.Name.LocalName is "item" or "entry"))
        {
            number++;
            var body = entry.Element(_content + "encoded")?.Value ?? Body(entry, "content") ?? Body(entry, "description") ?? Body(entry, "summary");
            var text = body is null ? "" : MarkupText.Of(HtmlParser.Parse(body), bullets: true);
            if (text.Length == 0)
            {
                context.Reject(content, "the entry has no text", $"entry {number}");
                continue;
            }
            var url = Value(entry, "link") ?? entry.Elements().FirstOrDefault(e => e.Name.LocalName == "link" && e.Attribute("rel")?.Value is null or "alternate")?.Attribute("href")?.Value;
            var metadata = new Dictionary<string, string>();
            if (feedTitle is not null) metadata["feed"] = feedTitle;
            var categories = entry.Elements().Where(e => e.Name.LocalName == "category").Select(e => e.Attribute("term")?.Value ?? e.Value.Trim()).Where(c => c.Length > 0).ToList();
            if (categories.Count > 0) metadata["categories"] = string.Join("; ", categories);
            yield return new Document
            {
                Id = Value(entry, "guid") ?? Value(entry, "id") ?? url ?? $"{content.Source}#{number}",
                Text = text,
                Source = content.Source,
                Title = Value(entry, "title") is { } title ? MarkupText.Of(HtmlParser.Parse(title)) : null,
                Author = entry.Element(_dc + "creator")?.Value ?? Author(entry.Elements().FirstOrDefault(e => e.Name.LocalName == "author")),
                Date = Date(Value(entry, "pubDate") ?? Value(entry, "published") ?? Value(entry, "updated") ?? Value(entry, "date")),
                Language = language,
                Url = url,
                License = Value(entry, "rights") ?? Value(channel, "copyright") ?? Value(channel, "rights"),
                Metadata = metadata,
            };
        }
        if (number == 0) context.Reject(content, "the feed has no entries");
    }

    private static string? Author(XElement? author) => author is null ? null : Value(author, "name") ?? author.Value.Trim();

    // XHTML content stands as elements.
    private static string? Body(XElement entry, string name) => entry.Elements().FirstOrDefault(e => e.Name.LocalName == name) is not { } element ? null : element.HasElements ? string.Concat(element.Nodes()) : element.Value is { Length: > 0 } text ? text : null;

    private static string? Value(XElement? parent, string name) => parent?.Elements().FirstOrDefault(e => e.Name.LocalName == name && !e.HasElements)?.Value.Trim() is { Length: > 0 } value ? value : null;

    private static string? Date(string? text) => text is null ? null : DateTimeOffset.TryParse(text.Replace(" GMT", " +0000").Replace(" UT", " +0000"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date.ToString("yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture) : text;
}
