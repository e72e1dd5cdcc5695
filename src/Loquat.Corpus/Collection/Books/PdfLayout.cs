using System.Text;
using UglyToad.PdfPig.Content;

namespace Loquat.Corpus.Collection.Books;

/// <summary>The lines of a page, in the order in which they are set, with their places.</summary>
internal sealed record PdfPageText(IReadOnlyList<PdfLine> Lines, double Height)
{
    /// <summary>The lines as they stand.</summary>
    public string Plain => string.Join('\n', Lines.Select(l => l.Text));
}

/// <param name="Y">Of the baseline, from the foot of the page, in points.</param>
/// <param name="Size">Of the letters, in points.</param>
internal sealed record PdfLine(string Text, double Y, double X, double Right, double Size);

/// <summary>Makes lines of letters and text of lines.</summary>
internal static class PdfLayout
{
    private const double SameLine = 0.45; // of the letters' size
    private const double WordGap = 0.18; // of the letters' size
    private const double ParagraphGap = 1.65; // of the letters' size, from baseline to baseline
    private const double Edge = 0.12; // of the page's height: where running headers and feet are
    private const int FewPages = 3; // a line at the edge of this many pages runs

    public static PdfPageText Page(Page page)
    {
        var lines = new List<PdfLine>();
        var text = new StringBuilder();
        var (y, x, right, size) = (double.NaN, 0d, 0d, 0d);
        foreach (var letter in page.Letters)
        {
            if (string.IsNullOrEmpty(letter.Value)) continue;
            var (start, end) = (letter.StartBaseLine, letter.EndBaseLine);
            var letterSize = letter.PointSize > 0.1 ? letter.PointSize : Math.Max(1, letter.BoundingBox.Height);
            var jumps = text.Length > 0 && (Math.Abs(start.Y - y) > SameLine * Math.Max(size, letterSize) || start.X < right - 2 * letterSize && start.X < x + 0.5 * letterSize || start.X - right > 12 * letterSize);
            if (jumps) End();
            if (text.Length == 0) (y, x, size) = (start.Y, start.X, letterSize);
            else if (start.X - right > WordGap * letterSize && text[^1] != ' ' && letter.Value != " ") text.Append(' ');
            text.Append(letter.Value == "\u00A0" ? " " : letter.Value);
            right = Math.Max(end.X, start.X);
            size = Math.Max(size, letterSize);
        }
        End();
        return new(lines, page.Height);

        void End()
        {
            if (text.ToString().Trim() is { Length: > 0 } line) lines.Add(new(line, y, x, right, size));
            text.Clear();
        }
    }

    /// <summary>Running text: headers, feet and page numbers dropped, lines of a paragraph joined, cut words put together, ligatures spelled out.</summary>
    public static string Join(IReadOnlyList<PdfPageText> pages)
    {
        var running = Running(pages);
        var text = new StringBuilder();
        PdfLine? before = null;
        foreach (var page in pages)
        {
            var first = true;
            foreach (var line in page.Lines)
            {
                if (IsAtEdge(line, page) && (running.Contains(Shape(line.Text)) || IsPageNumber(line.Text))) continue;
                Append(text, line, before, first);
                (before, first) = (line, false);
            }
        }
        var joined = text.ToString();
        return joined.AsSpan().IndexOfAnyInRange('\uFB00', '\uFEFC') >= 0 ? Spelled(joined) : joined;
    }

    private static void Append(StringBuilder text, PdfLine line, PdfLine? before, bool newPage)
    {
        if (before is null)
        {
            text.Append(line.Text);
            return;
        }
        var gap = before.Y - line.Y;
        var continues = newPage ? !EndsSentence(before.Text) : gap > 0 && gap < ParagraphGap * Math.Max(before.Size, line.Size) && Math.Abs(before.Size - line.Size) < 0.15 * Math.Max(before.Size, line.Size);
        // A new column goes on with the paragraph of the one before.
        if (gap < 0 && !newPage) continues = !EndsSentence(before.Text) && Math.Abs(before.Size - line.Size) < 1;
        if (continues && !newPage && EndsSentence(before.Text) && before.Right < line.Right - 6 * line.Size) continues = false;
        if (!continues) text.Append("\n\n").Append(line.Text);
        else if (text[^1] is '-' or '\u00AD' or '\u2010' && text.Length > 1 && char.IsLetter(text[^2]) && char.IsLower(line.Text[0]))
        {
            text.Length--;
            text.Append(line.Text);
        }
        else text.Append(IsDense(text[^1]) && IsDense(line.Text[0]) ? "" : " ").Append(line.Text);
    }

    private static bool IsDense(char character) => character is >= '\u2E80' and < '\uA000' or >= '\uF900' and < '\uFB00' or >= '\uFF00' and < '\uFFF0';

    private static bool EndsSentence(string line) => line[^1] is '.' or '!' or '?' or ':' or '”' or '"' or '。' or '！' or '？';

    private static bool IsAtEdge(PdfLine line, PdfPageText page) => line.Y > page.Height * (1 - Edge) || line.Y < page.Height * Edge;

    private static HashSet<string> Running(IReadOnlyList<PdfPageText> pages) => [.. pages
        .SelectMany(page => page.Lines.Where(line => IsAtEdge(line, page)).Select(line => Shape(line.Text)).Distinct())
        .CountBy(shape => shape).Where(shape => shape.Value >= Math.Max(FewPages, pages.Count / 4)).Select(shape => shape.Key)];

    // What a line is but for the number in it.
    private static string Shape(string line) => new([.. line.Where(c => !char.IsAsciiDigit(c))]);

    private static bool IsPageNumber(string line) => line.Length <= 12 && line.Trim('-', '–', '—', ' ', '[', ']', '(', ')', '.', '|') is var number && number.Length is > 0 and <= 7
        && (number.All(char.IsAsciiDigit) || number.All(c => c is 'i' or 'v' or 'x' or 'l' or 'c') || number.StartsWith("Page ", StringComparison.OrdinalIgnoreCase));

    // Presentation forms alone: other compatibility characters stay as they are.
    private static string Spelled(string text)
    {
        var spelled = new StringBuilder(text.Length);
        foreach (var character in text)
            if (character is >= '\uFB00' and <= '\uFDFF' or >= '\uFE70' and <= '\uFEFC') spelled.Append(character.ToString().Normalize(NormalizationForm.FormKC));
            else spelled.Append(character);
        return spelled.ToString();
    }
}
