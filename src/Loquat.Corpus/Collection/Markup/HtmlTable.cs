using System.Globalization;

namespace Loquat.Corpus.Collection.Markup;

/// <summary>The grid of a table: a cell that spans rows or columns stands in each of them, so that every row says all of itself.</summary>
internal static class HtmlTable
{
    private const int MostColumns = 200;
    private const int MostRows = 10_000; // that one cell spans

    /// <summary>Whether a cell spans rows, and no table stands in a cell.</summary>
    public static bool Spans(HtmlNode table)
    {
        var spans = false;
        foreach (var node in table.Descendants())
        {
            if (node.Tag == "table") return false;
            spans |= node.Tag is "td" or "th" && Span(node, "rowspan", 2) > 1;
        }
        return spans;
    }

    /// <summary>The rows, each as many cells as it has columns.</summary>
    public static List<List<string>> Rows(HtmlNode table)
    {
        var rows = new List<List<string>>();
        var pending = new (string Text, int Rows)[MostColumns]; // what cells above still fill
        foreach (var row in table.Descendants().Where(n => n.Tag == "tr"))
        {
            var cells = new List<string>();
            void FillFromAbove()
            {
                while (cells.Count < MostColumns && pending[cells.Count].Rows > 0)
                {
                    pending[cells.Count].Rows--;
                    cells.Add(pending[cells.Count].Text);
                }
            }
            foreach (var cell in row.Children().Where(n => n.Tag is "td" or "th"))
            {
                FillFromAbove();
                var text = string.Join(' ', MarkupText.Of(cell).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
                var below = Span(cell, "rowspan", MostRows) - 1;
                for (var i = Span(cell, "colspan", MostColumns); i > 0 && cells.Count < MostColumns; i--)
                {
                    pending[cells.Count] = (text, below);
                    cells.Add(text);
                }
            }
            FillFromAbove();
            if (cells.Count > 0) rows.Add(cells);
        }
        return rows;
    }

    private static int Span(HtmlNode cell, string name, int most) => int.TryParse(cell.Attribute(name), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var span) ? Math.Clamp(span, 1, most) : 1;
}
