using System.Collections.Frozen;

namespace Loquat.Corpus.Collection.Markup;

/// <summary>What elements are.</summary>
internal static class HtmlTags
{
    private static readonly FrozenSet<string> _void = Set("area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr");
    private static readonly FrozenSet<string> _raw = Set("script style xmp iframe noembed noframes textarea title");
    private static readonly FrozenSet<string> _block = Set("address article aside blockquote body br caption center dd details dialog dir div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html li main menu nav ol optgroup option p pre section select summary table tbody td tfoot th thead tr ul");
    private static readonly FrozenSet<string> _paragraph = Set("address article aside blockquote body details dl fieldset figure figcaption footer form h1 h2 h3 h4 h5 h6 header html main nav ol p pre section table ul");
    private static readonly FrozenSet<string> _endsParagraph = Set("address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr main menu nav ol p pre section summary table ul li dd dt");
    private static readonly FrozenSet<string> _unseen = Set("script style template noscript title head meta link object embed iframe svg canvas audio video select option input textarea button datalist");
    private static readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _names = Names();

    /// <summary>Has no end tag.</summary>
    public static bool IsVoid(string tag) => _void.Contains(tag);

    /// <summary>Holds characters and no elements.</summary>
    public static bool IsRaw(string tag) => _raw.Contains(tag);

    /// <summary>Begins and ends a line.</summary>
    public static bool IsBlock(string tag) => _block.Contains(tag);

    /// <summary>Has an empty line before and behind it.</summary>
    public static bool IsParagraph(string tag) => _paragraph.Contains(tag);

    /// <summary>Ends a paragraph that is open.</summary>
    public static bool EndsParagraph(string tag) => _endsParagraph.Contains(tag);

    /// <summary>Has no text to read.</summary>
    public static bool IsUnseen(string tag) => _unseen.Contains(tag);

    /// <summary>A tag's name in lower case, the same object each time.</summary>
    public static string Name(ReadOnlySpan<char> name)
    {
        if (_names.TryGetValue(name, out var known)) return known;
        return name.Length > 64 ? "x" : name.ToString().ToLowerInvariant();
    }

    private static FrozenSet<string> Set(string names) => names.Split(' ').ToFrozenSet();

    private static Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> Names()
    {
        var names = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in _void.Concat(_raw).Concat(_block).Concat(_unseen).Concat("a abbr b bdi bdo big cite code data del dfn em font i ins kbd label legend map mark math meter nobr output path picture progress q rp rt ruby s samp small span strike strong sub sup svg g time tt u var colgroup".Split(' '))) names.TryAdd(name, name);
        return names.GetAlternateLookup<ReadOnlySpan<char>>();
    }
}
