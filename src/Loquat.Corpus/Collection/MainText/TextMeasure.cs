using System.Buffers;
using Loquat.Corpus.Collection.Markup;

namespace Loquat.Corpus.Collection.MainText;

/// <summary>Lengths of the text below an element, runs of white space counted as one space.</summary>
internal readonly record struct TextMeasure(int Length, float LinkLength, int Commas)
{
    private const float LinkToPagePart = 0.3f; // a link within the page counts less than one that leads away

    private static readonly SearchValues<char> _commas = SearchValues.Create(",،﹐︐︑⹁⸴⸲，");

    /// <summary>Share of the text that is in links.</summary>
    public float LinkDensity => Length == 0 ? 0 : LinkLength / Length;

    public static TextMeasure Of(HtmlNode node)
    {
        var (length, links, commas, space) = (0, 0f, 0, true);
        HtmlNode? link = null;
        var weight = 0f;
        for (var at = node.Following(node); at is not null; at = at.Following(node))
        {
            if (at.Text is not { } text)
            {
                if (at.Tag == "a") (link, weight) = (at, at.Attribute("href") is ['#', _, ..] ? LinkToPagePart : 1);
                continue;
            }
            if (text.Length == 0) continue;
            var counted = Count(text, ref space);
            length += counted;
            commas += text.AsSpan().ContainsAny(_commas) ? CountCommas(text) : 0;
            if (link is not null && Inside(at, link, node)) links += counted * weight;
            else link = null;
        }
        return new(length, links, commas);
    }

    private static bool Inside(HtmlNode node, HtmlNode link, HtmlNode root)
    {
        for (var at = node.Parent; at is not null; at = at.Parent)
        {
            if (at == link) return true;
            if (at == root) return false;
        }
        return false;
    }

    private static int Count(string text, ref bool space)
    {
        var count = 0;
        foreach (var character in text)
        {
            var white = character <= ' ' || character >= '\u0080' && char.IsWhiteSpace(character);
            if (!white || !space) count++;
            space = white;
        }
        return count;
    }

    private static int CountCommas(string text)
    {
        var count = 0;
        foreach (var character in text)
            if (_commas.Contains(character)) count++;
        return count;
    }
}
