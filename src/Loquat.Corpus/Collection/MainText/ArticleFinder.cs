using Loquat.Corpus.Collection.Markup;

namespace Loquat.Corpus.Collection.MainText;

/// <summary>Finds the element that holds the main text of a page. Changes the tree.</summary>
internal sealed class ArticleFinder(HtmlNode page, PageMetadata metadata, ArticleRules rules)
{
    private const int Candidates = 5;
    private const int ShortestScored = 25; // characters of a paragraph that counts
    private const int ScoredLevels = 5; // ancestors that a paragraph's score goes to

    private readonly List<HtmlNode> _scored = [];
    private bool _titleDropped;

    /// <returns>The article, cleaned; null where the page has no text.</returns>
    public HtmlNode? Find()
    {
        var body = page.FirstDescendant("body") ?? page;
        Prepare(body);
        var top = Top(Score(), body);
        var article = HtmlNode.Element("div");
        if (top == body)
        {
            foreach (var child in body.Children()) article.Append(child);
        }
        else
            foreach (var part in WithSiblings(top)) article.Append(part);
        new ArticleCleaner(rules).Clean(article);
        return article;
    }

    /// <summary>Drops what is no text and makes paragraphs of divisions that are such.</summary>
    private void Prepare(HtmlNode body)
    {
        for (var node = body.Following(body); node is not null;)
        {
            if (node.IsText)
            {
                node = node.Following(body);
                continue;
            }
            if (IsDropped(node))
            {
                var dropped = node;
                node = node.Following(body, below: false);
                dropped.Remove();
                continue;
            }
            if (node.Tag is "section" or "h2" or "h3" or "h4" or "h5" or "h6" or "p" or "td" or "pre") _scored.Add(node);
            if (node.Tag == "div") Divide(node);
            node = node.Following(body);
        }
    }

    private bool IsDropped(HtmlNode node)
    {
        if (node.Tag is "script" or "style" or "template" or "noscript" or "link" or "meta" or "title" or "head") return true;
        if (IsHidden(node)) return true;
        var names = node.ClassAndId;
        if (node.Attribute("aria-modal") == "true" && node.Attribute("role") == "dialog") return true;
        if (IsByline(node, names)) return true;
        if (!_titleDropped && node.Tag is "h1" or "h2" && metadata.IsTitle(MarkupText.Of(node))) return _titleDropped = true;
        if (rules.HasFlag(ArticleRules.StripUnlikely))
        {
            if (node.Tag is not ("body" or "a") && names.Length > 0 && ClassWords.IsUnlikely(names) && !node.IsInside("table") && !node.IsInside("code")) return true;
            if (node.Attribute("role") is "menu" or "menubar" or "complementary" or "navigation" or "alert" or "alertdialog" or "dialog") return true;
        }
        return node.Tag is "div" or "section" or "header" or "h1" or "h2" or "h3" or "h4" or "h5" or "h6" && IsEmpty(node);
    }

    private static bool IsHidden(HtmlNode node)
    {
        if (node.Attribute("style") is { } style && style.Replace(" ", "") is var plain && (plain.Contains("display:none", StringComparison.OrdinalIgnoreCase) || plain.Contains("visibility:hidden", StringComparison.OrdinalIgnoreCase))) return true;
        if (node.Attribute("hidden") is not null) return true;
        return node.Attribute("aria-hidden") == "true" && !node.ClassAndId.Contains("fallback-image", StringComparison.Ordinal);
    }

    private bool IsByline(HtmlNode node, string names)
    {
        if (metadata.HasByline) return false;
        if (node.Attribute("rel") != "author" && !(node.Attribute("itemprop") ?? "").Contains("author", StringComparison.Ordinal) && !ClassWords.IsByline(names)) return false;
        var text = MarkupText.Of(node).Trim();
        if (text.Length is 0 or >= 100) return false;
        metadata.Byline(text);
        return true;
    }

    private static bool IsEmpty(HtmlNode node)
    {
        for (var at = node.Following(node); at is not null; at = at.Following(node))
            if (at.Text is { } text ? !string.IsNullOrWhiteSpace(text) : at.Tag is not ("br" or "hr")) return false;
        return true;
    }

    /// <summary>Running text of a division becomes paragraphs; a division of one paragraph, or of text alone, becomes that.</summary>
    private void Divide(HtmlNode division)
    {
        HtmlNode? paragraph = null;
        foreach (var child in division.Children())
        {
            if (!IsPhrasing(child))
            {
                Trim(paragraph);
                paragraph = null;
            }
            else if (child.Tag == "br" && child.Next?.Tag == "br" || paragraph is not null && child.Tag == "br" && child.Previous is null) paragraph = null;
            else if (paragraph is not null) paragraph.Append(child);
            else if (child.Text is not { } text || !string.IsNullOrWhiteSpace(text))
            {
                paragraph = HtmlNode.Element("p");
                division.InsertBefore(paragraph, child);
                paragraph.Append(child);
            }
        }
        Trim(paragraph);
        var only = Only(division);
        if (only is { Tag: "p" } && TextMeasure.Of(division).LinkDensity < 0.25f)
        {
            // The paragraph takes the division's place; it is scored when the walk comes to it.
            division.Tag = "span";
        }
        else if (!HoldsBlock(division))
        {
            division.Tag = "p";
            _scored.Add(division);
        }
    }

    private static void Trim(HtmlNode? paragraph)
    {
        while (paragraph?.Last is { } last && (last.Tag == "br" || last.Text is { } text && string.IsNullOrWhiteSpace(text))) last.Remove();
    }

    private static HtmlNode? Only(HtmlNode node)
    {
        HtmlNode? only = null;
        for (var child = node.First; child is not null; child = child.Next)
        {
            if (child.Text is { } text)
            {
                if (!string.IsNullOrWhiteSpace(text)) return null;
            }
            else if (only is not null) return null;
            else only = child;
        }
        return only;
    }

    private static bool HoldsBlock(HtmlNode node)
    {
        for (var at = node.Following(node); at is not null; at = at.Following(node))
            if (at.Tag is "blockquote" or "dl" or "div" or "img" or "ol" or "p" or "pre" or "table" or "ul") return true;
        return false;
    }

    private static bool IsPhrasing(HtmlNode node) => node.IsText || node.Tag switch
    {
        "abbr" or "audio" or "b" or "bdo" or "br" or "button" or "cite" or "code" or "data" or "datalist" or "dfn" or "em" or "embed" or "i" or "img" or "input" or "kbd" or "label" or "mark" or "math" or "meter" or "noscript"
            or "object" or "output" or "progress" or "q" or "ruby" or "samp" or "script" or "select" or "small" or "span" or "strong" or "sub" or "sup" or "textarea" or "time" or "var" or "wbr" or "font" or "u" or "tt" => true,
        "a" or "del" or "ins" => node.Children().All(IsPhrasing),
        _ => false,
    };

    /// <summary>Gives each paragraph's score to the elements around it; those with the best of it, best first.</summary>
    private List<HtmlNode> Score()
    {
        var candidates = new List<HtmlNode>();
        foreach (var paragraph in _scored)
        {
            if (paragraph.Parent is null) continue;
            var measure = TextMeasure.Of(paragraph);
            if (measure.Length < ShortestScored) continue;
            var score = 2 + measure.Commas + Math.Min(measure.Length / 100, 3);
            var level = 0;
            for (var around = paragraph.Parent; around is not null && level < ScoredLevels; around = around.Parent, level++)
            {
                if (around.Parent is null) break;
                if (float.IsNaN(around.Score))
                {
                    around.Score = Begin(around);
                    candidates.Add(around);
                }
                around.Score += score / (float)(level switch { 0 => 1, 1 => 2, _ => level * 3 });
            }
        }
        foreach (var candidate in candidates) candidate.Score *= 1 - TextMeasure.Of(candidate).LinkDensity;
        return [.. candidates.OrderByDescending(c => c.Score).Take(Candidates)];
    }

    private float Begin(HtmlNode node) => (node.Tag switch
    {
        "div" => 5,
        "pre" or "td" or "blockquote" => 3,
        "address" or "ol" or "ul" or "dl" or "dd" or "dt" or "li" or "form" => -3,
        "h1" or "h2" or "h3" or "h4" or "h5" or "h6" or "th" => -5,
        _ => 0,
    }) + (rules.HasFlag(ArticleRules.WeightClasses) ? ClassWords.Weight(node) : 0);

    private static HtmlNode Top(List<HtmlNode> candidates, HtmlNode body)
    {
        if (candidates.Count == 0 || candidates[0] == body || candidates[0].Tag is "body" or "html") return body;
        var top = candidates[0];
        // Several good candidates under one roof: the roof is the article.
        var others = candidates.Skip(1).Where(c => c.Score >= top.Score * 0.75f).Select(Ancestors).ToList();
        if (others.Count >= 3)
            for (var around = top.Parent; around is not null && around.Tag != "body"; around = around.Parent)
                if (others.Count(o => o.Contains(around)) >= 3)
                {
                    top = around;
                    break;
                }
        if (float.IsNaN(top.Score)) top.Score = 0;
        var (last, least) = (top.Score, top.Score / 3);
        for (var around = top.Parent; around is not null && around.Tag != "body"; around = around.Parent)
        {
            if (float.IsNaN(around.Score)) continue;
            if (around.Score < least) break;
            if (around.Score > last)
            {
                top = around;
                break;
            }
            last = around.Score;
        }
        while (top.Parent is { } parent && parent.Tag is not ("body" or "html") && parent.Children().Count(c => !c.IsText) == 1) top = parent;
        return top.Parent is null ? body : top;
    }

    private static HashSet<HtmlNode> Ancestors(HtmlNode node)
    {
        var ancestors = new HashSet<HtmlNode>();
        for (var around = node.Parent; around is not null; around = around.Parent) ancestors.Add(around);
        return ancestors;
    }

    /// <summary>The article and what beside it belongs to it.</summary>
    private static List<HtmlNode> WithSiblings(HtmlNode top)
    {
        var least = Math.Max(10, top.Score * 0.2f);
        var names = top.Attribute("class");
        var parts = new List<HtmlNode>();
        foreach (var sibling in top.Parent!.Children())
        {
            if (sibling.IsText) continue;
            if (sibling == top || Belongs(sibling, top, names, least)) parts.Add(sibling);
        }
        foreach (var part in parts)
            if (part.Tag is not ("div" or "article" or "section" or "p" or "ol" or "ul" or "table" or "tbody" or "tr" or "td" or "pre" or "blockquote")) part.Tag = "div";
        return parts;
    }

    private static bool Belongs(HtmlNode sibling, HtmlNode top, string? names, float least)
    {
        var bonus = !string.IsNullOrEmpty(names) && sibling.Attribute("class") == names ? top.Score * 0.2f : 0;
        if (!float.IsNaN(sibling.Score) && sibling.Score + bonus >= least) return true;
        if (sibling.Tag != "p") return false;
        var measure = TextMeasure.Of(sibling);
        if (measure.Length > 80) return measure.LinkDensity < 0.25f;
        if (measure.Length == 0 || measure.LinkLength > 0) return false;
        var text = MarkupText.Of(sibling).TrimEnd();
        return text.EndsWith('.') || text.Contains(". ", StringComparison.Ordinal);
    }
}
