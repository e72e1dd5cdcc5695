using Loquat.Corpus.Collection.Markup;

namespace Loquat.Corpus.Collection.MainText;

/// <summary>Takes out of an article what is none of it: forms, share buttons, lists of links, layout.</summary>
internal sealed class ArticleCleaner(ArticleRules rules)
{
    private const int ShortShare = 500; // characters of a part that may be share buttons

    public void Clean(HtmlNode article)
    {
        var data = DataTables(article);
        CleanWhere(article, data, "form", "fieldset");
        Drop(article, n => n.Tag is "object" or "embed" or "footer" or "link" or "aside");
        foreach (var part in article.Children())
            Drop(part, n => !n.IsText && n.ClassAndId is { Length: > 0 } names && ClassWords.IsShare(names) && TextMeasure.Of(n).Length < ShortShare);
        Drop(article, n => n.Tag is "iframe" or "input" or "textarea" or "select" or "button");
        Drop(article, n => n.Tag is "h1" or "h2" && rules.HasFlag(ArticleRules.WeightClasses) && ClassWords.Weight(n) < 0);
        CleanWhere(article, data, "table", "ul", "div");
    }

    private static void Drop(HtmlNode root, Func<HtmlNode, bool> condition)
    {
        for (var node = root.Following(root); node is not null;)
        {
            if (node.IsText || !condition(node))
            {
                node = node.Following(root);
                continue;
            }
            var dropped = node;
            node = node.Following(root, below: false);
            dropped.Remove();
        }
    }

    private void CleanWhere(HtmlNode article, HashSet<HtmlNode> data, params string[] tags)
    {
        if (!rules.HasFlag(ArticleRules.CleanConditionally)) return;
        foreach (var tag in tags)
        {
            // Inner parts first: what is left of the outer ones decides about these.
            var parts = article.Descendants().Where(n => n.Tag == tag).Reverse().ToList();
            foreach (var part in parts)
                if (IsNone(part, tag, data)) part.Remove();
        }
    }

    private bool IsNone(HtmlNode node, string tag, HashSet<HtmlNode> data)
    {
        if (data.Contains(node) || IsInside(node, data) || node.IsInside("code")) return false;
        var weight = rules.HasFlag(ArticleRules.WeightClasses) ? ClassWords.Weight(node) : 0;
        if (weight < 0) return true;
        var text = TextMeasure.Of(node);
        if (text.Commas >= 10) return false;
        var parts = Parts.Of(node, data);
        if (parts.HoldsData) return false;
        var isList = tag is "ul" or "ol" || text.Length > 0 && parts.ListLength / (float)text.Length > 0.9f;
        var inFigure = node.IsInside("figure");
        var headings = text.Length == 0 ? 0 : parts.HeadingLength / (float)text.Length;
        var none = !inFigure && parts.Pictures > 1 && parts.Paragraphs / (float)parts.Pictures < 0.5f
            || !isList && parts.Items > parts.Paragraphs
            || parts.Inputs > parts.Paragraphs / 3
            || !isList && !inFigure && headings < 0.9f && text.Length < 25 && parts.Pictures is 0 or > 2 && text.LinkDensity > 0
            || !isList && weight < 25 && text.LinkDensity > 0.2f
            || weight >= 25 && text.LinkDensity > 0.5f
            || parts.Embeds == 1 && text.Length < 75 || parts.Embeds > 1
            || parts.Pictures == 0 && parts.TextLength == 0;
        if (!none || !isList) return none;
        // A gallery: each item is a picture.
        foreach (var child in node.Children())
            if (!child.IsText && child.Children().Count(c => !c.IsText) > 1) return true;
        return parts.Pictures != parts.AllItems || parts.Pictures == 0;
    }

    private static bool IsInside(HtmlNode node, HashSet<HtmlNode> data)
    {
        if (data.Count == 0) return false;
        for (var around = node.Parent; around is not null; around = around.Parent)
            if (data.Contains(around)) return true;
        return false;
    }

    /// <summary>Tables that hold data and are not there for the layout.</summary>
    private static HashSet<HtmlNode> DataTables(HtmlNode article)
    {
        var data = new HashSet<HtmlNode>();
        foreach (var table in article.Descendants().Where(n => n.Tag == "table"))
        {
            if (table.Attribute("role") == "presentation" || table.Attribute("datatable") == "0") continue;
            if (table.Attribute("summary") is { Length: > 0 } || table.FirstDescendant("caption") is { First: not null } || table.Descendants().Any(n => n.Tag is "col" or "colgroup" or "tfoot" or "thead" or "th"))
            {
                data.Add(table);
                continue;
            }
            if (table.FirstDescendant("table") is not null) continue;
            var (rows, columns) = (0, 0);
            foreach (var row in table.Descendants().Where(n => n.Tag == "tr"))
            {
                rows++;
                columns = Math.Max(columns, row.Children().Count(c => c.Tag == "td"));
            }
            if (rows > 1 && columns > 1 && (rows >= 10 || columns > 4 || rows * columns > 10)) data.Add(table);
        }
        return data;
    }

    /// <summary>What an element is made of.</summary>
    private readonly record struct Parts(int Paragraphs, int Pictures, int Items, int AllItems, int Inputs, int Embeds, int HeadingLength, int ListLength, int TextLength, bool HoldsData)
    {
        public static Parts Of(HtmlNode root, HashSet<HtmlNode> data)
        {
            var (paragraphs, pictures, items, inputs, embeds, headings, lists, text, holds) = (0, 0, 0, 0, 0, 0, 0, 0, false);
            for (var node = root.Following(root); node is not null; node = node.Following(root))
            {
                if (text == 0 && node.Tag is "p" or "li" or "ul" or "ol" or "table" or "span" or "td" or "blockquote" or "dl" or "div" or "pre") text = TextMeasure.Of(node).Length;
                switch (node.Tag)
                {
                    case "p": paragraphs++; break;
                    case "img": pictures++; break;
                    case "li": items++; break;
                    case "input": inputs++; break;
                    case "object" or "embed" or "iframe": embeds++; break;
                    case "h1" or "h2" or "h3" or "h4" or "h5" or "h6": headings += TextMeasure.Of(node).Length; break;
                    case "ul" or "ol": lists += TextMeasure.Of(node).Length; break;
                    case "table": holds |= data.Contains(node); break;
                }
            }
            return new(paragraphs, pictures, items - 100, items, inputs, embeds, headings, lists, text, holds);
        }
    }
}
