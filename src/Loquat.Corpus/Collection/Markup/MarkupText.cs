using System.Text;

namespace Loquat.Corpus.Collection.Markup;

/// <summary>A tree as plain text: paragraphs with an empty line between, items and rows a line each, cells divided by tabs, code as it stands.</summary>
internal sealed class MarkupText
{
    private readonly StringBuilder _text = new();
    private readonly bool _bullets;
    private int _breaks; // line ends that are due before the next character
    private bool _space;
    private int _preformatted;

    private MarkupText(bool bullets) => _bullets = bullets;

    /// <param name="bullets">Whether items of lists begin with `- ` or their number.</param>
    public static string Of(HtmlNode root, bool bullets = false)
    {
        var text = new MarkupText(bullets);
        text.Visit(root);
        return text._text.ToString();
    }

    private void Visit(HtmlNode node)
    {
        if (node.Text is { } text)
        {
            if (_preformatted > 0) Preformatted(text);
            else Flow(text);
            return;
        }
        if (HtmlTags.IsUnseen(node.Tag)) return;
        var breaks = HtmlTags.IsParagraph(node.Tag) ? 2 : HtmlTags.IsBlock(node.Tag) ? 1 : 0;
        switch (node.Tag)
        {
            case "td" or "th":
                Cell(node);
                return;
            case "br":
                LineBreak();
                return;
            case "hr" or "img": return;
            case "table" when HtmlTable.Spans(node):
                Grid(node);
                return;
        }
        if (node.Tag is "ul" or "ol" && node.Parent?.Tag == "li") breaks = 1;
        Break(breaks);
        if (node.Tag == "li" && _bullets) Bullet(node);
        if (node.Tag == "pre") _preformatted++;
        for (var child = node.First; child is not null; child = child.Next) Visit(child);
        if (node.Tag == "pre") _preformatted--;
        Break(breaks);
    }

    // Rows that share a cell say it each.
    private void Grid(HtmlNode table)
    {
        Break(2);
        if (table.FirstDescendant("caption") is { } caption) Visit(caption);
        foreach (var row in HtmlTable.Rows(table))
        {
            Break(1);
            var line = string.Join('\t', row).TrimEnd('\t');
            if (line.Length == 0) continue;
            Write();
            _text.Append(line);
        }
        Break(2);
    }

    private void Cell(HtmlNode cell)
    {
        var first = true;
        for (var before = cell.Previous; before is not null && first; before = before.Previous) first = before.Tag is not ("td" or "th");
        if (first) Break(1);
        else if (_breaks == 0 || _text.Length > 0 && cell.First is not null && !HoldsBlocks(cell.Previous))
        {
            (_breaks, _space) = (0, false);
            _text.Append('\t');
        }
        else Break(1);
        for (var child = cell.First; child is not null; child = child.Next) Visit(child);
    }

    // Cells of layout tables hold whole paragraphs: these stand below one another.
    private static bool HoldsBlocks(HtmlNode? cell)
    {
        for (var child = cell?.First; child is not null; child = child.Next)
            if (HtmlTags.IsBlock(child.Tag)) return true;
        return false;
    }

    private void Bullet(HtmlNode item)
    {
        Write();
        if (item.Parent?.Tag != "ol")
        {
            _text.Append("- ");
            return;
        }
        var number = 1;
        for (var before = item.Previous; before is not null; before = before.Previous)
            if (before.Tag == "li") number++;
        _text.Append(number).Append(". ");
    }

    private void Break(int lines)
    {
        if (lines == 0) return;
        if (_text.Length > 0) _breaks = Math.Max(_breaks, lines);
        _space = false;
    }

    private void LineBreak()
    {
        if (_text.Length > 0) _breaks = Math.Min(2, _breaks + 1);
        _space = false;
    }

    /// <summary>Puts the line ends and the space that are due.</summary>
    private void Write()
    {
        if (_breaks > 0)
        {
            while (_text.Length > 0 && _text[^1] is ' ' or '\t') _text.Length--;
            _text.Append('\n', _breaks);
        }
        else if (_space && _text.Length > 0 && _text[^1] is not ('\n' or '\t')) _text.Append(' ');
        (_breaks, _space) = (0, false);
    }

    private void Flow(string text)
    {
        for (var at = 0; at < text.Length;)
        {
            if (IsSpace(text[at]))
            {
                _space = true;
                at++;
                continue;
            }
            var end = at + 1;
            while (end < text.Length && !IsSpace(text[end])) end++;
            Write();
            _text.Append(text, at, end - at);
            at = end;
        }
    }

    private void Preformatted(string text)
    {
        if (text.Length == 0) return;
        Write();
        _text.Append(Reading(text));
    }

    private static string Reading(string text) => text.Contains('\r') ? text.Replace("\r\n", "\n").Replace('\r', '\n') : text;

    // A no-break space is one here: what it held together is no longer laid out.
    private static bool IsSpace(char character) => character is ' ' or '\n' or '\t' or '\r' or '\f' or '\v' or '\u00A0' || character > 0x1FFF && char.IsWhiteSpace(character);
}
