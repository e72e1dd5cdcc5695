using System.Globalization;
using Loquat.Corpus.Collection.Reading;
using UglyToad.PdfPig;

namespace Loquat.Corpus.Collection.Books;

/// <summary>PDF: the text in its reading order, without running headers and page numbers, words that a line end cuts put together.</summary>
internal sealed class PdfReader : IContentReader
{
    public static bool Is(ReadOnlySpan<byte> head) => head[..Math.Min(head.Length, 1024)].IndexOf("%PDF-"u8) >= 0;

    public IEnumerable<Document> Read(Content content, ReadingContext context)
    {
        var bytes = content.ReadAll();
        var (pages, information) = Pages(bytes, content.Source, context.Cancellation);
        var text = PdfLayout.Join(pages);
        if (text.Length == 0)
        {
            context.Reject(content, "there is no text in it; scanned pages are pictures");
            yield break;
        }
        yield return new Document
        {
            Id = content.Source,
            Text = text,
            Source = content.Source,
            Title = Known(information.Title),
            Author = Known(information.Author),
            Date = Date(information.CreationDate),
            Url = content.Hints.Url,
            Metadata = new Dictionary<string, string> { ["pages"] = pages.Count.ToString(CultureInfo.InvariantCulture) },
        };
    }

    /// <summary>The lines of each page, as they are set.</summary>
    /// <exception cref="DataException">It is no PDF, encrypted, or broken.</exception>
    internal static (IReadOnlyList<PdfPageText> Pages, PdfInformation Information) Pages(byte[] bytes, string source, CancellationToken cancellation)
    {
        try
        {
            using var document = PdfDocument.Open(bytes, new ParsingOptions { UseLenientParsing = true, SkipMissingFonts = true });
            var pages = new List<PdfPageText>();
            for (var number = 1; number <= document.NumberOfPages; number++)
            {
                cancellation.ThrowIfCancellationRequested();
                pages.Add(PdfLayout.Page(document.GetPage(number)));
            }
            return (pages, new(document.Information.Title, document.Information.Author, document.Information.CreationDate));
        }
        catch (Exception error) when (error is not (OperationCanceledException or DataException or OutOfMemoryException))
        {
            throw new DataException($"{source}: the PDF cannot be read: {error.Message}", error);
        }
    }

    internal sealed record PdfInformation(string? Title, string? Author, string? CreationDate);

    private static string? Known(string? text) => string.IsNullOrWhiteSpace(text) || text.Trim() is "untitled" or "Untitled" ? null : text.Trim();

    // D:20080627100000+02'00'
    private static string? Date(string? text)
    {
        if (text is null) return null;
        var digits = new string([.. text.SkipWhile(c => !char.IsAsciiDigit(c)).TakeWhile(char.IsAsciiDigit)]);
        return digits.Length switch
        {
            >= 8 => $"{digits[..4]}-{digits[4..6]}-{digits[6..8]}",
            >= 4 => digits[..4],
            _ => null,
        };
    }
}
