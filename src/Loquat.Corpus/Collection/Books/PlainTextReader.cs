using System.Text;
using Loquat.Corpus.Collection.Reading;
using Loquat.Text.Collection;

namespace Loquat.Corpus.Collection.Books;

/// <summary>Plain text in any encoding. A line `&lt;|endoftext|&gt;` ends a document; one longer than the limit comes in parts, cut between paragraphs.</summary>
internal sealed class PlainTextReader : IContentReader
{
    private const int Block = 1 << 16;

    public IEnumerable<Document> Read(Content content, ReadingContext context)
    {
        var number = 0;
        foreach (var text in Parts(content, context))
        {
            number++;
            yield return new Document { Id = number == 1 ? content.Source : $"{content.Source}#{number}", Text = text, Source = content.Source, Url = content.Hints.Url, Date = content.Hints.Date };
        }
        if (number == 0) context.Reject(content, "there is no text in it");
    }

    private static IEnumerable<string> Parts(Content content, ReadingContext context)
    {
        using var reader = content.OpenText(context.Options);
        var longest = context.Options.Limits.LongestDocument;
        var text = new StringBuilder();
        var block = new char[Block];
        for (int read; (read = reader.ReadBlock(block)) > 0;)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            text.Append(block, 0, read);
            foreach (var part in Ended(text)) yield return part;
            while (text.Length > longest)
                if (Whole(Cut(text, longest)) is { } part) yield return part;
        }
        foreach (var part in Ended(text)) yield return part;
        if (Whole(text.ToString()) is { } last) yield return last;
    }

    /// <summary>The documents that a separator ends; what follows stays.</summary>
    private static IEnumerable<string> Ended(StringBuilder text)
    {
        if (!Contains(text, TextFiles.Separator)) yield break;
        var all = text.ToString();
        text.Clear();
        var begin = 0;
        for (int at; (at = all.IndexOf(TextFiles.Separator, begin, StringComparison.Ordinal)) >= 0;)
        {
            if (Whole(all[begin..at]) is { } part) yield return part;
            begin = at + TextFiles.Separator.Length;
        }
        text.Append(all, begin, all.Length - begin);
    }

    private static bool Contains(StringBuilder text, string what)
    {
        var last = text.Length > Block * 2 ? text.ToString(text.Length - Block - what.Length, Block + what.Length) : text.ToString();
        return last.Contains(what, StringComparison.Ordinal);
    }

    private static string Cut(StringBuilder text, int longest)
    {
        var part = text.ToString(0, longest);
        var at = part.AsSpan(longest / 2).LastIndexOf("\n\n");
        if (at < 0) at = part.AsSpan(longest / 2).LastIndexOf('\n');
        if (at < 0) at = part.AsSpan(longest / 2).LastIndexOf(' ');
        var length = at >= 0 ? longest / 2 + at : longest;
        if (char.IsHighSurrogate(part[length - 1]) || part[length - 1] == '\r') length--;
        text.Remove(0, length);
        return part[..length];
    }

    private static string? Whole(string text) => Content.Lines(text).Trim('\n', '\uFEFF') is var trimmed && string.IsNullOrWhiteSpace(trimmed) ? null : trimmed;
}
