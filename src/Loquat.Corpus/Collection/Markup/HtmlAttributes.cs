namespace Loquat.Corpus.Collection.Markup;

/// <summary>Which attributes a tag has, so that most need not be looked for.</summary>
[Flags]
internal enum HtmlAttributeNames : ushort
{
    Unread = 0,
    Class = 1,
    Id = 2,
    Style = 4,
    Hidden = 8,
    Aria = 16,
    Role = 32,
    Href = 64,
    Rel = 128,
    ItemProp = 256,
    Other = 512,
    Read = 1024,
}

/// <summary>Attributes inside a tag.</summary>
internal static class HtmlAttributes
{
    public static HtmlAttributeNames Names(string source, int at, int end)
    {
        var names = HtmlAttributeNames.Read;
        while (Next(source, ref at, end, out var name, out _)) names |= Kind(name);
        return names;
    }

    public static HtmlAttributeNames Kind(ReadOnlySpan<char> name)
    {
        if (name.Length == 0) return HtmlAttributeNames.Other;
        return (name[0] | 0x20) switch
        {
            'c' when name.Equals("class", StringComparison.OrdinalIgnoreCase) => HtmlAttributeNames.Class,
            'i' when name.Equals("id", StringComparison.OrdinalIgnoreCase) => HtmlAttributeNames.Id,
            'i' when name.Equals("itemprop", StringComparison.OrdinalIgnoreCase) => HtmlAttributeNames.ItemProp,
            's' when name.Equals("style", StringComparison.OrdinalIgnoreCase) => HtmlAttributeNames.Style,
            'h' when name.Equals("hidden", StringComparison.OrdinalIgnoreCase) => HtmlAttributeNames.Hidden,
            'h' when name.Equals("href", StringComparison.OrdinalIgnoreCase) => HtmlAttributeNames.Href,
            'a' when name.StartsWith("aria-", StringComparison.OrdinalIgnoreCase) => HtmlAttributeNames.Aria,
            'r' when name.Equals("role", StringComparison.OrdinalIgnoreCase) => HtmlAttributeNames.Role,
            'r' when name.Equals("rel", StringComparison.OrdinalIgnoreCase) => HtmlAttributeNames.Rel,
            _ => HtmlAttributeNames.Other,
        };
    }

    /// <summary>The next attribute from a place in a tag; false at its end.</summary>
    public static bool Next(string source, ref int at, int end, out ReadOnlySpan<char> name, out ReadOnlySpan<char> value)
    {
        name = value = [];
        while (at < end && (char.IsWhiteSpace(source[at]) || source[at] == '/')) at++;
        if (at >= end) return false;
        var begin = at++;
        while (at < end && !char.IsWhiteSpace(source[at]) && source[at] is not ('=' or '/')) at++;
        name = source.AsSpan(begin, at - begin);
        var behind = at;
        while (behind < end && char.IsWhiteSpace(source[behind])) behind++;
        if (behind >= end || source[behind] != '=') return true;
        at = behind + 1;
        while (at < end && char.IsWhiteSpace(source[at])) at++;
        if (at >= end) return true;
        if (source[at] is '"' or '\'')
        {
            var close = source.IndexOf(source[at], at + 1, end - at - 1);
            if (close < 0) close = end;
            value = source.AsSpan(at + 1, close - at - 1);
            at = Math.Min(end, close + 1);
            return true;
        }
        begin = at;
        while (at < end && !char.IsWhiteSpace(source[at])) at++;
        value = source.AsSpan(begin, at - begin);
        return true;
    }

    /// <summary>Where a tag ends: the place of its `&gt;`, quoted values passed over; the end of the source where there is none.</summary>
    public static int End(string source, int at)
    {
        while (at < source.Length)
        {
            var next = source.AsSpan(at).IndexOfAny('>', '"', '\'');
            if (next < 0) return source.Length;
            at += next;
            if (source[at] == '>') return at;
            // A quote counts where a value begins; elsewhere it is a slip.
            var before = at - 1;
            while (before > 0 && char.IsWhiteSpace(source[before])) before--;
            var close = source[before] == '=' ? source.IndexOf(source[at], at + 1) : at;
            if (close < 0) return source.IndexOf('>', at) is >= 0 and var end ? end : source.Length;
            at = close + 1;
        }
        return source.Length;
    }
}
