using Loquat.Corpus.Collection.Markup;
using Loquat.Corpus.Collection.Reading;
using Markdig;

namespace Loquat.Corpus.Collection.Books;

/// <summary>Markdown (CommonMark with tables, notes and the like): its text without the marks; front matter is read as metadata.</summary>
internal sealed class MarkdownReader : IContentReader
{
    private static readonly MarkdownPipeline _pipeline = new MarkdownPipelineBuilder().UsePipeTables().UseGridTables().UseFootnotes().UseAutoIdentifiers().UseDefinitionLists().UseEmphasisExtras().UseTaskLists().Build();

    public IEnumerable<Document> Read(Content content, ReadingContext context)
    {
        var (fields, body) = FrontMatter(content.ReadText(context.Options).TrimStart('\uFEFF'));
        string html;
        try
        {
            html = Markdown.ToHtml(body, _pipeline);
        }
        catch (ArgumentException error)
        {
            throw new DataException($"{content.Source}: the Markdown is nested too deeply: {error.Message}", error);
        }
        var page = HtmlParser.Parse(html);
        var text = MarkupText.Of(page, bullets: true);
        if (text.Length == 0)
        {
            context.Reject(content, "there is no text in it");
            yield break;
        }
        yield return new Document
        {
            Id = content.Source,
            Text = text,
            Source = content.Source,
            Title = fields.GetValueOrDefault("title") ?? (page.FirstDescendant("h1") is { } heading ? MarkupText.Of(heading) : null),
            Author = fields.GetValueOrDefault("author"),
            Date = fields.GetValueOrDefault("date"),
            Language = fields.GetValueOrDefault("lang") ?? fields.GetValueOrDefault("language"),
            License = fields.GetValueOrDefault("license"),
            Url = fields.GetValueOrDefault("url") ?? content.Hints.Url,
        };
    }

    /// <summary>The simple fields of a YAML block at the beginning, and the text behind it.</summary>
    private static (Dictionary<string, string> Fields, string Body) FrontMatter(string text)
    {
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (!text.StartsWith("---\n", StringComparison.Ordinal)) return (fields, text);
        var end = text.IndexOf("\n---\n", 3, StringComparison.Ordinal);
        if (end < 0) return (fields, text);
        foreach (var line in text[4..(end + 1)].Split('\n'))
            if (line.IndexOf(':') is > 0 and var colon && !char.IsWhiteSpace(line[0]) && line[(colon + 1)..].Trim().Trim('"', '\'') is { Length: > 0 } value) fields.TryAdd(line[..colon].Trim(), value);
        return (fields, text[(end + 5)..]);
    }
}
