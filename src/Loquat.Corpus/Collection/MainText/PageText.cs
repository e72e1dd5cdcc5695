using Loquat.Corpus.Collection.Markup;

namespace Loquat.Corpus.Collection.MainText;

/// <summary>The main text of a page and what the page says of itself.</summary>
/// <param name="Text">Empty where the page has none.</param>
public sealed record PageText(string Text, PageMetadata Metadata)
{
    /// <summary>Text shorter than this may be a wrong guess: the page is read again with fewer rules.</summary>
    private const int ShortText = 500;

    /// <summary>
    /// Finds the main text: the part with the most running text and the fewest links, with what belongs to it; menus, comments, advertisements and hidden parts are left out. The method is that
    /// of Readability (arc90, Mozilla), on a tree of our own.
    /// </summary>
    public static PageText Read(string html)
    {
        var page = HtmlParser.Parse(html);
        var metadata = PageMetadata.Of(page);
        var best = "";
        foreach (var rules in (ArticleRules[])[ArticleRules.All, ArticleRules.All & ~ArticleRules.StripUnlikely, ArticleRules.CleanConditionally, ArticleRules.None])
        {
            if (rules != ArticleRules.All) page = HtmlParser.Parse(html);
            var text = new ArticleFinder(page, metadata, rules).Find() is { } article ? MarkupText.Of(article, bullets: true) : "";
            if (text.Length >= ShortText) return new(text, metadata);
            if (text.Length > best.Length) best = text;
        }
        return new(best, metadata);
    }

    /// <summary>All text of the page that can be seen.</summary>
    public static PageText ReadWhole(string html, bool isXml = false)
    {
        var page = HtmlParser.Parse(html, isXml);
        return new(MarkupText.Of(page, bullets: true), PageMetadata.Of(page));
    }
}

/// <summary>Rules that an attempt applies.</summary>
[Flags]
internal enum ArticleRules
{
    None = 0,

    /// <summary>Parts whose class or role says that they are no content are dropped at first.</summary>
    StripUnlikely = 1,

    /// <summary>Classes weigh for and against a part.</summary>
    WeightClasses = 2,

    /// <summary>Lists, tables and divisions of the article that look like none of it are dropped.</summary>
    CleanConditionally = 4,

    All = StripUnlikely | WeightClasses | CleanConditionally,
}
