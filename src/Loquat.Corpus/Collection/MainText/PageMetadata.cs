using System.Text.Json;
using Loquat.Corpus.Collection.Markup;

namespace Loquat.Corpus.Collection.MainText;

/// <summary>What a page says of itself: Open Graph, Dublin Core, schema.org (JSON-LD), and the elements of HTML.</summary>
public sealed class PageMetadata
{
    private const int LongestJson = 1 << 20;

    private readonly Dictionary<string, string> _meta = new(StringComparer.OrdinalIgnoreCase);

    public string? Title { get; private set; }

    public string? Author { get; private set; }

    /// <summary>As the page has it, cut to ISO 8601 where it is such.</summary>
    public string? Date { get; private set; }

    public string? Language { get; private set; }

    public string? Url { get; private set; }

    public string? License { get; private set; }

    public string? Site => Meta("og:site_name");

    public string? Description => Meta("description") ?? Meta("og:description");

    /// <summary>Whether the author is known, so that a line that names him is text.</summary>
    internal bool HasByline => Author is not null;

    internal static PageMetadata Of(HtmlNode page)
    {
        var metadata = new PageMetadata();
        metadata.Read(page);
        return metadata;
    }

    internal void Byline(string text) => Author ??= text.StartsWith("by ", StringComparison.OrdinalIgnoreCase) ? text[3..].Trim() : text;

    /// <summary>Whether a heading says no more than the title.</summary>
    internal bool IsTitle(string heading)
    {
        if (Title is null || heading.Length == 0) return false;
        var (title, words) = (Words(Title), Words(heading));
        if (title.Count == 0 || words.Count == 0) return false;
        var others = words.Where(w => !title.Contains(w)).ToList();
        return 1 - others.Sum(w => w.Length + 1) / (double)words.Sum(w => w.Length + 1) > 0.75;
    }

    private static List<string> Words(string text) => [.. text.ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(w => new string([.. w.Where(char.IsLetterOrDigit)])).Where(w => w.Length > 0)];

    private string? Meta(string name) => _meta.GetValueOrDefault(name);

    private void Read(HtmlNode page)
    {
        string? title = null;
        for (var node = page.Following(page); node is not null; node = node.Following(page))
            switch (node.Tag)
            {
                case "title" when title is null: title = Squeezed(node.First?.Text); break;
                case "meta": ReadMeta(node); break;
                case "link" or "a" when node.Attribute("rel") is { } relation:
                    if (relation == "canonical" && node.Tag == "link") Url ??= node.Attribute("href");
                    if (relation.Split(' ').Contains("license")) License ??= node.Attribute("href");
                    break;
                case "script" when node.First?.Text is { Length: < LongestJson } json: ReadJson(json); break;
                case "time" when Date is null && node.Attribute("datetime") is { } time: Date = IsoDate(time); break;
            }
        Title = Squeezed(Meta("og:title")) ?? Meta("twitter:title") ?? Meta("dc.title") ?? Title ?? Trimmed(title) ?? Squeezed(page.FirstDescendant("h1") is { } heading ? MarkupText.Of(heading) : null);
        Author = Meta("author") ?? Meta("article:author") ?? Meta("dc.creator") ?? Meta("parsely-author") ?? Author;
        if (Author is not null && (Author.StartsWith("http", StringComparison.Ordinal) || string.IsNullOrWhiteSpace(Author))) Author = null;
        Date = IsoDate(Meta("article:published_time") ?? Meta("datepublished") ?? Meta("dc.date") ?? Meta("date") ?? Meta("parsely-pub-date")) ?? Date;
        Language = Tag(page.Attribute("lang") ?? page.Attribute("xml:lang") ?? Meta("content-language") ?? Meta("og:locale"));
        Url ??= Meta("og:url");
        License ??= Meta("dc.rights") ?? Meta("dcterms.license");
        if (Url is not null && !Url.StartsWith("http", StringComparison.Ordinal)) Url = null;
    }

    private void ReadMeta(HtmlNode node)
    {
        if ((node.Attribute("property") ?? node.Attribute("name") ?? node.Attribute("itemprop") ?? node.Attribute("http-equiv")) is not { Length: > 0 } names || node.Attribute("content") is not { } content || Squeezed(content) is not { } value) return;
        foreach (var name in names.Split(' ', StringSplitOptions.RemoveEmptyEntries)) _meta.TryAdd(name, value);
    }

    private void ReadJson(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text, new() { MaxDepth = 32, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            ReadJson(json.RootElement);
        }
        catch (JsonException)
        {
            // A page with broken data is still a page.
        }
    }

    private void ReadJson(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var one in element.EnumerateArray()) ReadJson(one);
            return;
        }
        if (element.ValueKind != JsonValueKind.Object) return;
        if (element.TryGetProperty("@graph", out var graph)) ReadJson(graph);
        if (!element.TryGetProperty("headline", out _) && !element.TryGetProperty("datePublished", out _)) return;
        Title ??= Squeezed(Text(element, "headline"));
        Date ??= IsoDate(Text(element, "datePublished"));
        License ??= Text(element, "license");
        if (Author is null && element.TryGetProperty("author", out var author)) Author = Names(author);
    }

    private static string? Names(JsonElement author) => author.ValueKind switch
    {
        JsonValueKind.String => author.GetString(),
        JsonValueKind.Object => Text(author, "name"),
        JsonValueKind.Array when author.EnumerateArray().Select(Names).OfType<string>().ToList() is { Count: > 0 } names => string.Join("; ", names),
        _ => null,
    };

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A title without the name of the site behind it.</summary>
    private static string? Trimmed(string? title)
    {
        if (title is null) return null;
        foreach (var mark in (string[])[" | ", " » ", " – ", " — ", " - ", " :: "])
            if (title.LastIndexOf(mark, StringComparison.Ordinal) is > 0 and var at && title[..at].Split(' ').Length > 3) return title[..at];
        return title;
    }

    private static string? Squeezed(string? text) => text is null ? null : string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)) is { Length: > 0 } squeezed ? squeezed : null;

    private static string? Tag(string? language)
    {
        if (language is null) return null;
        var tag = language.Split(',', ';')[0].Trim().Replace('_', '-');
        return tag.Length is >= 2 and <= 35 && tag.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') ? tag : null;
    }

    private static string? IsoDate(string? text) => text is not null && text.Trim() is { Length: >= 10 and <= 40 } date && char.IsAsciiDigit(date[0]) && date[4] == '-' && date[7] == '-' ? date : null;
}
