using Loquat.Corpus.Collection.Books;
using Loquat.Corpus.Collection.MainText;
using Loquat.Corpus.Collection.Reading;

namespace Loquat.Corpus.Collection.Web;

/// <summary>HTML pages: their main text. A book that is one page is read whole.</summary>
internal sealed class PageReader : IContentReader
{
    private const int Book = 100_000; // characters of a page that may be one

    public IEnumerable<Document> Read(Content content, ReadingContext context)
    {
        var html = content.ReadText(context.Options);
        var page = context.Options.WholePages ? PageText.ReadWhole(html) : PageText.Read(html);
        if (!context.Options.WholePages && html.Length > Book && PageText.ReadWhole(html) is { Text.Length: > Book } whole && page.Text.Length < whole.Text.Length / 2) page = whole;
        var text = page.Text;
        if (text.Contains("*** START OF", StringComparison.Ordinal) && text.Contains("Project Gutenberg", StringComparison.Ordinal)) text = GutenbergReader.Trim(GutenbergReader.Divide(text).Body);
        if (text.Length == 0)
        {
            context.Reject(content, "there is no text in the page");
            yield break;
        }
        var metadata = new Dictionary<string, string>(content.Hints.Metadata ?? new Dictionary<string, string>());
        if (page.Metadata.Site is { } site) metadata["site"] = site;
        if (page.Metadata.Description is { } description) metadata["description"] = description;
        yield return new Document
        {
            Id = content.Source,
            Text = text,
            Source = content.Source,
            Title = page.Metadata.Title,
            Author = page.Metadata.Author,
            Date = page.Metadata.Date ?? content.Hints.Date,
            Language = page.Metadata.Language,
            Url = content.Hints.Url ?? page.Metadata.Url,
            License = page.Metadata.License,
            Metadata = metadata,
        };
    }
}
