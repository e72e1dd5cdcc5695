namespace Loquat.Cli.Display;

/// <summary>Breaks text between words.</summary>
internal static class WordWrap
{
    /// <summary>Lines of at most so many columns. A word that is longer alone is kept whole where it is a path or a command that would be torn otherwise.</summary>
    /// <param name="separator">What stands between the parts that are not to be torn.</param>
    public static IReadOnlyList<string> Lines(string text, int width, string separator = " ")
    {
        var (lines, line) = (new List<string>(), "");
        foreach (var word in text.Split(separator))
        {
            var longer = line.Length == 0 ? word : line + separator + word;
            if (line.Length > 0 && ScreenLine.Columns(longer) > width)
            {
                lines.Add(line);
                longer = word;
            }
            line = longer;
        }
        lines.Add(line);
        return lines;
    }
}
