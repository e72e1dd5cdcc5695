namespace Loquat.Corpus.Collection.Markup;

/// <summary>
/// Reads pages as they are found: unclosed, misnested, cut short. Follows the tree construction of the HTML standard as far as text depends on it: implied end tags, raw text, tables,
/// formatting elements that are closed in the wrong order. Never fails; the tree is no deeper than <see cref="Deepest"/>.
/// </summary>
internal sealed class HtmlParser
{
    /// <summary>Elements inside one another; what is deeper becomes a sibling.</summary>
    public const int Deepest = 256;

    private readonly string _source;
    private readonly bool _isXml;
    private readonly List<HtmlNode> _open = [];

    private HtmlParser(string source, bool isXml)
    {
        (_source, _isXml) = (source, isXml);
        _open.Add(HtmlNode.Element("html"));
    }

    /// <summary>The tree of a page; its root is an element `html` also where the page has none.</summary>
    /// <param name="isXml">XHTML: an element may close itself.</param>
    public static HtmlNode Parse(string source, bool isXml = false) => new HtmlParser(source, isXml).Run();

    private HtmlNode Current => _open[^1];

    private HtmlNode Run()
    {
        var at = 0;
        while (at < _source.Length)
        {
            var tag = _source.IndexOf('<', at);
            if (tag < 0) tag = _source.Length;
            if (tag > at) Text(at, tag);
            if (tag == _source.Length) break;
            at = Markup(tag);
        }
        return _open[0];
    }

    /// <returns>Where the text behind the tag begins.</returns>
    private int Markup(int at)
    {
        var rest = _source.AsSpan(at);
        if (rest.Length < 2) return Literal(at);
        if (rest[1] == '!')
        {
            if (rest.StartsWith("<!--")) return Behind("-->", at + (rest.StartsWith("<!-->") ? 2 : 4));
            if (rest.StartsWith("<![CDATA[")) return CData(at);
            return Behind(">", at);
        }
        if (rest[1] == '?') return Behind(">", at);
        if (rest[1] == '/') return rest.Length > 2 && char.IsAsciiLetter(rest[2]) ? EndTag(at) : Behind(">", at);
        return char.IsAsciiLetter(rest[1]) ? StartTag(at) : Literal(at);
    }

    private int Behind(string end, int at) => _source.IndexOf(end, at, StringComparison.Ordinal) is >= 0 and var found ? found + end.Length : _source.Length;

    private int Literal(int at)
    {
        Current.Append(HtmlNode.TextOf("<"));
        return at + 1;
    }

    private int CData(int at)
    {
        var end = Behind("]]>", at);
        if (_isXml && end - 3 > at + 9) Current.Append(HtmlNode.TextOf(_source[(at + 9)..(end - 3)]));
        return end;
    }

    private void Text(int begin, int end)
    {
        var text = _source.AsSpan(begin, end - begin);
        Current.Append(HtmlNode.TextOf(HtmlEntities.Decode(text)));
    }

    private string Name(int at, out int end)
    {
        end = at;
        while (end < _source.Length && !char.IsWhiteSpace(_source[end]) && _source[end] is not ('>' or '/')) end++;
        var name = _source.AsSpan(at, end - at);
        // Prefixes of XML tell nothing here.
        if (_isXml && name.IndexOf(':') is >= 0 and var colon) name = name[(colon + 1)..];
        return HtmlTags.Name(name);
    }

    private int StartTag(int at)
    {
        var name = Name(at + 1, out var attributes);
        var end = HtmlAttributes.End(_source, attributes);
        var behind = Math.Min(_source.Length, end + 1);
        if (name == "html" || name == "body" && _open.Exists(n => n.Tag == "body"))
        {
            // The root is there already; its attributes are those of the first tag.
            if (name == "html" && _open[0].First is null) _open[0] = HtmlNode.Element("html", _source, attributes, end);
            return behind;
        }
        CloseImplied(name);
        var element = HtmlNode.Element(name, _source, attributes, end);
        Current.Append(element);
        if (HtmlTags.IsVoid(name) || _isXml && end > 0 && end <= _source.Length && _source[end - 1] == '/') return behind;
        if (HtmlTags.IsRaw(name) && !(_isXml && name == "title")) return Raw(element, name, behind);
        if (_open.Count < Deepest) _open.Add(element);
        return behind;
    }

    private int Raw(HtmlNode element, string name, int at)
    {
        var end = at;
        while ((end = _source.IndexOf("</", end, StringComparison.Ordinal)) >= 0 && !_source.AsSpan(end + 2).StartsWith(name, StringComparison.OrdinalIgnoreCase)) end += 2;
        if (end < 0) end = _source.Length;
        var text = _source.AsSpan(at, end - at);
        // A script that is data (JSON-LD) is read; others are dropped at once.
        if (name is "title" or "textarea") element.Append(HtmlNode.TextOf(HtmlEntities.Decode(text)));
        else if (name == "script" && element.Attribute("type") is { } type && type.Contains("ld+json", StringComparison.OrdinalIgnoreCase)) element.Append(HtmlNode.TextOf(text.ToString()));
        return end == _source.Length ? end : Behind(">", end);
    }

    private void CloseImplied(string name)
    {
        if (_isXml) return;
        if (HtmlTags.EndsParagraph(name)) CloseTo("p", "button table td th caption");
        switch (name)
        {
            case "li": CloseTo("li", "ul ol menu dir"); break;
            case "dt" or "dd":
                CloseTo("dt", "dl");
                CloseTo("dd", "dl");
                break;
            case "tr":
                CloseTo("td", "table");
                CloseTo("th", "table");
                CloseTo("tr", "table");
                break;
            case "td" or "th":
                CloseTo("td", "tr table");
                CloseTo("th", "tr table");
                break;
            case "tbody" or "thead" or "tfoot":
                foreach (var inner in (string[])["tr", "tbody", "thead", "tfoot", "caption", "colgroup"]) CloseTo(inner, "table");
                break;
            case "option" or "optgroup": CloseTo("option", "select"); break;
            case "a": CloseTo("a", "td th table li div p"); break;
            case "h1" or "h2" or "h3" or "h4" or "h5" or "h6":
                if (Current.Tag is "h1" or "h2" or "h3" or "h4" or "h5" or "h6") _open.RemoveAt(_open.Count - 1);
                break;
            case "body": CloseTo("head", "html"); break;
            case "rt" or "rp":
                CloseTo("rt", "ruby");
                CloseTo("rp", "ruby");
                break;
        }
        // What stands in no head ends it.
        if (Current.Tag == "head" && HtmlTags.EndsParagraph(name)) _open.RemoveAt(_open.Count - 1);
    }

    /// <summary>Closes an open element, and those inside it, unless one of the fences stands between.</summary>
    private void CloseTo(string name, string fences)
    {
        for (var i = _open.Count - 1; i > 0; i--)
        {
            var tag = _open[i].Tag;
            if (tag == name)
            {
                _open.RemoveRange(i, _open.Count - i);
                return;
            }
            if (IsOneOf(tag, fences)) return;
        }
    }

    private static bool IsOneOf(string tag, string names)
    {
        var at = names.IndexOf(tag, StringComparison.Ordinal);
        return at >= 0 && (at == 0 || names[at - 1] == ' ') && (at + tag.Length == names.Length || names[at + tag.Length] == ' ');
    }

    private int EndTag(int at)
    {
        var name = Name(at + 2, out var end);
        var behind = Behind(">", end);
        if (name == "br" && !_isXml) Current.Append(HtmlNode.Element("br"));
        if (name is "html" or "body" && !_isXml) return behind;
        for (var i = _open.Count - 1; i > 0; i--)
        {
            var tag = _open[i].Tag;
            if (tag == name)
            {
                _open.RemoveRange(i, _open.Count - i);
                break;
            }
            // An end tag of a formatting element does not end the block around it, nor one of a block the table around that.
            if (!_isXml && (!HtmlTags.IsBlock(name) && HtmlTags.IsBlock(tag) || tag is "table" or "td" or "th" && name is not ("table" or "tr" or "tbody" or "thead" or "tfoot" or "td" or "th"))) break;
        }
        return behind;
    }
}
