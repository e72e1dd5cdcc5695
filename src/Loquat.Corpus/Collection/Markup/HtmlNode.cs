namespace Loquat.Corpus.Collection.Markup;

/// <summary>An element or a text of a page. A light tree: attributes stay in the page's source and are read when they are asked for.</summary>
internal sealed class HtmlNode
{
    private readonly string _source;
    private readonly int _attributes;
    private readonly int _attributesEnd;
    private HtmlAttributeNames _names;
    private string? _classAndId;

    private HtmlNode(string source, string tag, int attributes, int attributesEnd) => (_source, Tag, _attributes, _attributesEnd) = (source, tag, attributes, attributesEnd);

    /// <summary>The name in lower case, interned; empty for a text.</summary>
    public string Tag { get; set; }

    /// <summary>A text's characters, references decoded; else null.</summary>
    public string? Text { get; private init; }

    public HtmlNode? Parent { get; private set; }

    public HtmlNode? First { get; private set; }

    public HtmlNode? Last { get; private set; }

    public HtmlNode? Next { get; private set; }

    public HtmlNode? Previous { get; private set; }

    public bool IsText => Text is not null;

    /// <summary>The class and the id, with a space between.</summary>
    public string ClassAndId => _classAndId ??= (Class, Id) switch
    {
        (var names, "") => names,
        ("", var id) => $" {id}",
        var (names, id) => $"{names} {id}",
    };

    public string Class => field ??= Attribute("class") ?? "";

    public string Id => field ??= Attribute("id") ?? "";

    /// <summary>What has been computed of the element by the pass that is under way.</summary>
    public float Score { get; set; } = float.NaN;

    public static HtmlNode Element(string tag, string source = "", int attributes = 0, int attributesEnd = 0) => new(source, tag, attributes, attributesEnd);

    public static HtmlNode TextOf(string text) => new("", "", 0, 0) { Text = text };

    /// <summary>An attribute's value, references decoded; null where it is not there.</summary>
    public string? Attribute(string name)
    {
        if (_attributes == _attributesEnd) return null;
        if (_names == HtmlAttributeNames.Unread) _names = HtmlAttributes.Names(_source, _attributes, _attributesEnd);
        if ((_names & HtmlAttributes.Kind(name)) == 0) return null;
        for (var at = _attributes; HtmlAttributes.Next(_source, ref at, _attributesEnd, out var found, out var value);)
            if (found.Equals(name, StringComparison.OrdinalIgnoreCase)) return HtmlEntities.Decode(value);
        return null;
    }

    public void Append(HtmlNode child)
    {
        child.Remove();
        (child.Parent, child.Previous) = (this, Last);
        if (Last is null) First = child;
        else Last.Next = child;
        Last = child;
    }

    public void InsertBefore(HtmlNode child, HtmlNode place)
    {
        child.Remove();
        (child.Parent, child.Next, child.Previous) = (this, place, place.Previous);
        if (place.Previous is null) First = child;
        else place.Previous.Next = child;
        place.Previous = child;
    }

    public void Remove()
    {
        if (Parent is null) return;
        if (Previous is null) Parent.First = Next;
        else Previous.Next = Next;
        if (Next is null) Parent.Last = Previous;
        else Next.Previous = Previous;
        (Parent, Next, Previous) = (null, null, null);
    }

    /// <summary>The children that stand now; removing them while they are visited is no harm.</summary>
    public IEnumerable<HtmlNode> Children()
    {
        for (var child = First; child is not null;)
        {
            var next = child.Next;
            yield return child;
            child = next;
        }
    }

    /// <summary>The next element or text in the order of the page, below <paramref name="root"/>.</summary>
    /// <param name="below">Whether children come next; else what stands behind the node.</param>
    public HtmlNode? Following(HtmlNode root, bool below = true)
    {
        if (below && First is not null) return First;
        for (var node = this; node is not null && node != root; node = node.Parent)
            if (node.Next is not null) return node.Next;
        return null;
    }

    public IEnumerable<HtmlNode> Descendants()
    {
        for (var node = Following(this); node is not null; node = node.Following(this)) yield return node;
    }

    public HtmlNode? FirstDescendant(string tag)
    {
        for (var node = Following(this); node is not null; node = node.Following(this))
            if (node.Tag == tag) return node;
        return null;
    }

    public bool IsInside(string tag)
    {
        for (var node = Parent; node is not null; node = node.Parent)
            if (node.Tag == tag) return true;
        return false;
    }
}
