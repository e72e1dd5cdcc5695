using System.Buffers;
using System.Xml;
using Loquat.Corpus.Collection.Reading;

namespace Loquat.Corpus.Collection.Web;

/// <summary>How XML of strangers is read: no entities of its own, nothing fetched, bounded.</summary>
internal static class XmlRules
{
    private static readonly SearchValues<char> _ends = SearchValues.Create(" \t\r\n/>");

    public static XmlReaderSettings Settings(ReadingContext context) => new()
    {
        DtdProcessing = DtdProcessing.Ignore,
        XmlResolver = null,
        CheckCharacters = false,
        MaxCharactersFromEntities = 1 << 20,
        MaxCharactersInDocument = 0,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        CloseInput = true,
    };

    /// <summary>The name of the root element, from how a text begins; null where it is no XML.</summary>
    public static string? Root(ReadOnlySpan<char> begin)
    {
        begin = begin.TrimStart("\uFEFF \t\r\n");
        while (begin.StartsWith("<?") || begin.StartsWith("<!"))
        {
            var end = begin.StartsWith("<!--") ? begin.IndexOf("-->") + 2 : begin.IndexOf('>');
            if (end < 2) return null;
            begin = begin[(end + 1)..].TrimStart();
        }
        if (begin.Length < 2 || begin[0] != '<' || !(char.IsLetter(begin[1]) || begin[1] == '_')) return null;
        var length = begin[1..].IndexOfAny(_ends);
        return length < 0 ? null : begin.Slice(1, length).ToString();
    }
}
