using System.Buffers;
using System.Text;

namespace Loquat.Corpus.Collection.Charsets;

/// <summary>The encoding that a page or a document of XML says it is in, within its first kilobytes.</summary>
internal static class DeclaredCharset
{
    private const int Looked = 4096;

    private static readonly SearchValues<char> _ends = SearchValues.Create(" \t\r\n\"'>;/?");

    public static string? Find(ReadOnlySpan<byte> bytes)
    {
        var begin = Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, Looked)]);
        if (begin.AsSpan().TrimStart().StartsWith("<?xml", StringComparison.Ordinal) && Value(begin, "encoding", 0) is { } xml) return xml;
        for (var at = 0; (at = begin.IndexOf("charset", at, StringComparison.OrdinalIgnoreCase)) >= 0; at++)
            if (begin.LastIndexOf('<', at) is >= 0 and var tag && begin.AsSpan(tag).StartsWith("<meta", StringComparison.OrdinalIgnoreCase) && Value(begin, "charset", at) is { } html) return html;
        return null;
    }

    private static string? Value(string text, string name, int from)
    {
        var at = text.IndexOf(name, from, StringComparison.OrdinalIgnoreCase);
        if (at < 0) return null;
        var rest = text.AsSpan(at + name.Length).TrimStart();
        if (!rest.StartsWith("=")) return null;
        rest = rest[1..].TrimStart(" \t\r\n\"'");
        var end = rest.IndexOfAny(_ends);
        return end is > 0 and < 40 ? rest[..end].ToString() : null;
    }
}
