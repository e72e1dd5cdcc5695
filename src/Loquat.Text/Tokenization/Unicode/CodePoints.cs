namespace Loquat.Text.Tokenization.Unicode;

/// <summary>Steps over UTF-16, and over UTF-8.</summary>
internal static class CodePoints
{
    public static int At(ReadOnlySpan<char> text, int index, out int next)
    {
        var c = text[index];
        next = index + 1;
        if (!char.IsHighSurrogate(c) || next >= text.Length || !char.IsLowSurrogate(text[next])) return c;
        return char.ConvertToUtf32(c, text[next++]);
    }

    public static int After(ReadOnlySpan<char> text, int index)
    {
        At(text, index, out var next);
        return next;
    }

    public static int Before(ReadOnlySpan<char> text, int index) =>
        index >= 2 && char.IsLowSurrogate(text[index - 1]) && char.IsHighSurrogate(text[index - 2]) ? index - 2 : index - 1;

    /// <summary>Bytes of the character that UTF-8 text begins with: 1 to 4 by its first byte, cut to what is there.</summary>
    public static int Utf8Length(ReadOnlySpan<byte> text) => Math.Min(text.Length, text[0] < 0xc0 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4);
}
