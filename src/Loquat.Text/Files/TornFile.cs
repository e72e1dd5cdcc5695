namespace Loquat.Text.Files;

/// <summary>Files that a crash or a full disk left empty or cut short: said as such, not as the parser of their format sees it.</summary>
public static class TornFile
{
    /// <summary>What is wrong with a file of JSON that cannot be read.</summary>
    /// <param name="otherwise">What the parser says, where the file is whole.</param>
    public static string Describe(ReadOnlySpan<char> json, string otherwise)
    {
        var text = json.Trim("\0 \t\r\n\uFEFF");
        if (text.IsEmpty) return "the file is empty: it was cut short or never written.";
        return text[^1] is '}' or ']' ? otherwise : "the file ends in the middle: it was cut short.";
    }
}
