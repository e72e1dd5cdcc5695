using System.Text;
using Loquat.Corpus.Preprocessing.Characters;

namespace Loquat.Corpus.Preprocessing.Segmentation;

/// <summary>Paragraphs: what blank lines divide.</summary>
public static class Paragraphs
{
    /// <summary>The paragraphs without the white space around them; empty ones are none.</summary>
    public static List<TextSpan> Of(ReadOnlySpan<char> text)
    {
        var paragraphs = new List<TextSpan>();
        var start = 0;
        for (var i = 0; i < text.Length;)
        {
            if (text[i] != '\n')
            {
                i++;
                continue;
            }
            // A line end, white space, a line end.
            var (end, last) = (i + 1, -1);
            for (; end < text.Length && WhiteSpace.Is(text[end]); end++)
                if (text[end] == '\n') last = end;
            if (last >= 0) Add(text, start, i, paragraphs);
            if (last >= 0) start = last + 1;
            i = last >= 0 ? last + 1 : i + 1;
        }
        Add(text, start, text.Length, paragraphs);
        return paragraphs;
    }

    /// <summary>Each line with the blank lines after it, nothing left out: the paragraphs of texts whose paragraphs are lines. All line ends become LF.</summary>
    public static List<string> Lines(string text)
    {
        var lines = new List<string>();
        var paragraph = new StringBuilder();
        foreach (var span in new LineSpans(text))
        {
            var line = span.Of(text);
            if (paragraph.Length > 0 && !WhiteSpace.Trim(line).IsEmpty)
            {
                lines.Add(paragraph.ToString());
                paragraph.Clear();
            }
            paragraph.Append(line);
            if (span.End < text.Length) paragraph.Append('\n');
        }
        if (paragraph.Length > 0) lines.Add(paragraph.ToString());
        return lines;
    }

    private static void Add(ReadOnlySpan<char> text, int start, int end, List<TextSpan> paragraphs)
    {
        while (start < end && WhiteSpace.Is(text[start])) start++;
        var length = WhiteSpace.TrimEnd(text[start..end]).Length;
        if (length > 0) paragraphs.Add(new(start, length));
    }
}
