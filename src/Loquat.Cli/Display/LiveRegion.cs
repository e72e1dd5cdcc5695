using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Loquat.Cli.Display;

/// <summary>A line of the screen.</summary>
/// <param name="Text">Without control characters.</param>
/// <param name="Color">Of the whole line, a number of the 256 that terminals have; null: the terminal's own.</param>
internal readonly record struct ScreenLine(string Text, int? Color = null)
{
    /// <summary>Columns that a text takes: wide characters take two.</summary>
    public static int Columns(string text) => new Segment(text).CellCount();

    /// <summary>The text as it can stand in a line: no control characters, which a model may write too, and cut to the columns that there are.</summary>
    public static string Fit(string text, int columns)
    {
        var (line, used, kept) = (new StringBuilder(), 0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            var next = Rune.IsControl(rune) ? " " : rune.ToString();
            used += Columns(next);
            if (used > columns) return columns < 1 ? "" : line.ToString(0, kept) + "…";
            line.Append(next);
            // The sign of the cut needs a column too.
            if (used < columns) kept = line.Length;
        }
        return line.ToString();
    }
}

/// <summary>Some lines at the end of a terminal that are painted anew in place, at the size that the terminal has at that moment.</summary>
internal sealed class LiveRegion(IAnsiConsole console)
{
    private readonly List<int> _columns = [];

    /// <summary>Columns and rows that lines may use.</summary>
    public (int Width, int Height) Size => (Math.Max(1, console.Profile.Width - 1), Math.Max(1, console.Profile.Height - 1));

    /// <param name="lines">No longer and no more than <see cref="Size"/> says.</param>
    public void Paint(IReadOnlyList<ScreenLine> lines)
    {
        // Where the terminal became narrower, what was painted before wraps and takes more rows.
        var width = Math.Max(1, console.Profile.Width);
        var rows = _columns.Sum(columns => Math.Max(1, (columns + width - 1) / width));
        var text = new StringBuilder(rows > 1 ? $"\r\e[{rows - 1}A\e[J" : "\r\e[J");
        for (var i = 0; i < lines.Count; i++)
        {
            if (i > 0) text.Append("\r\n");
            text.Append(Colored(lines[i]));
        }
        _columns.Clear();
        _columns.AddRange(lines.Select(line => ScreenLine.Columns(line.Text)));
        console.Profile.Out.Writer.Write(text.ToString());
        console.Profile.Out.Writer.Flush();
    }

    /// <summary>Leaves the lines as they are, and the cursor below them.</summary>
    public void Close()
    {
        if (_columns.Count > 0) console.Profile.Out.Writer.WriteLine();
        _columns.Clear();
    }

    private string Colored(ScreenLine line) => line.Color is { } color && console.Profile.Capabilities.ColorSystem != ColorSystem.NoColors
        ? $"\e[38;5;{color}m{line.Text}\e[0m"
        : line.Text;
}
