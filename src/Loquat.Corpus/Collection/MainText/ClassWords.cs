using System.Buffers;
using Loquat.Corpus.Collection.Markup;

namespace Loquat.Corpus.Collection.MainText;

/// <summary>What the class and the id of an element tell of its content.</summary>
internal static class ClassWords
{
    private static readonly SearchValues<string> _unlikely = Words("-ad- ai2html banner breadcrumb combx comment community cover-wrap disqus extra footer gdpr header legends menu related remark replies rss shoutbox sidebar skyscraper social sponsor supplemental ad-break agegate pagination pager popup yom-remote cookie-consent newsletter");
    private static readonly SearchValues<string> _maybe = Words("and article body column content main mathjax shadow");
    private static readonly SearchValues<string> _positive = Words("article body content entry hentry h-entry main page pagination post text blog story");
    private static readonly SearchValues<string> _negative = Words("-ad- hidden banner combx comment com- contact footer gdpr masthead media meta outbrain promo related scroll share shoutbox sidebar skyscraper sponsor shopping tags widget");
    private static readonly SearchValues<string> _byline = Words("byline author dateline writtenby p-author");
    private static readonly SearchValues<string> _share = Words("share sharedaddy");

    public static bool IsUnlikely(string names) => names.AsSpan().ContainsAny(_unlikely) && !names.AsSpan().ContainsAny(_maybe);

    public static bool IsByline(string names) => names.AsSpan().ContainsAny(_byline);

    /// <summary>Buttons to share the page, as a word of its own.</summary>
    public static bool IsShare(string names)
    {
        for (var at = 0; names.AsSpan(at).IndexOfAny(_share) is >= 0 and var found;)
        {
            at += found;
            var end = at + 5;
            if (names.AsSpan(end).StartsWith("daddy", StringComparison.OrdinalIgnoreCase)) end += 5;
            if ((at == 0 || !char.IsAsciiLetterOrDigit(names[at - 1])) && (end == names.Length || !char.IsAsciiLetterOrDigit(names[end]))) return true;
            at++;
        }
        return false;
    }

    /// <summary>-50 to 50: class and id each count 25 for and 25 against.</summary>
    public static int Weight(HtmlNode node) => Weight(node.Class) + Weight(node.Id);

    private static int Weight(string names)
    {
        if (names.Length == 0) return 0;
        var weight = 0;
        if (names.AsSpan().ContainsAny(_negative) || names.Split(' ').Contains("hid")) weight -= 25;
        if (names.AsSpan().ContainsAny(_positive)) weight += 25;
        return weight;
    }

    private static SearchValues<string> Words(string words) => SearchValues.Create(words.Split(' '), StringComparison.OrdinalIgnoreCase);
}
