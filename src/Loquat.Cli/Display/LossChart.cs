using System.Text;

namespace Loquat.Cli.Display;

/// <summary>A curve in a few lines of braille dots: two columns and four rows of dots a character.</summary>
internal static class LossChart
{
    private const int DotsAcross = 2;
    private const int DotsDown = 4;

    // The bit of each dot, by column and row (Unicode 16, block U+2800).
    private static readonly int[,] _dots = { { 0x01, 0x02, 0x04, 0x40 }, { 0x08, 0x10, 0x20, 0x80 } };

    /// <param name="values">Finite numbers, in order; drawn from left to right over the whole width.</param>
    /// <param name="width">Characters.</param>
    /// <param name="height">Lines.</param>
    /// <returns>The lines, the highest value at the top; empty where there are fewer than two values.</returns>
    public static IReadOnlyList<string> Draw(IReadOnlyList<double> values, int width, int height)
    {
        if (values.Count < 2 || width < 1 || height < 1) return [];
        var (least, most) = (values.Min(), values.Max());
        var range = most > least ? most - least : 1;
        var cells = new int[height, width];
        var (columns, rows) = (width * DotsAcross, height * DotsDown);
        var previous = -1;
        for (var column = 0; column < columns; column++)
        {
            var value = values[(int)((long)column * (values.Count - 1) / (columns - 1))];
            var row = (int)Math.Round((most - value) / range * (rows - 1));
            // A steep part is a line of dots, not a gap.
            for (var between = Math.Min(row, previous < 0 ? row : previous); between <= Math.Max(row, previous); between++)
                cells[between / DotsDown, column / DotsAcross] |= _dots[column % DotsAcross, between % DotsDown];
            previous = row;
        }
        return [.. Enumerable.Range(0, height).Select(line => Line(cells, line, width))];
    }

    /// <summary>The curve with its values at the left and the steps below.</summary>
    /// <param name="first">The step of the first value.</param>
    /// <param name="last">The step of the last value.</param>
    /// <param name="width">Characters, the axis included.</param>
    /// <param name="height">Lines of the curve; the axis takes two more.</param>
    /// <returns>Empty where there is nothing to draw or no room.</returns>
    public static IReadOnlyList<string> WithAxes(IReadOnlyList<double> values, long first, long last, int width, int height)
    {
        if (values.Count < 2) return [];
        var (least, most) = (values.Min(), values.Max());
        var labels = Enumerable.Range(0, height).Select(line => line == 0 ? $"{most:F2}" : line == height - 1 ? $"{least:F2}" : height >= 5 && line == height / 2 ? $"{most - (most - least) * line / (height - 1):F2}" : "").ToList();
        var left = labels.Max(label => label.Length);
        var curve = Draw(values, width - left - 2, height);
        if (curve.Count == 0) return [];
        var (from, to) = ($"{first:N0}", $"step {last:N0}");
        var gap = width - left - 2 - from.Length - to.Length;
        return
        [
            .. curve.Select((line, i) => $"{labels[i].PadLeft(left)} {(labels[i].Length > 0 ? '┤' : '│')}{line}"),
            $"{new string(' ', left)} └{new string('─', width - left - 2)}",
            gap >= 1 ? $"{new string(' ', left + 2)}{from}{new string(' ', gap)}{to}" : to.PadLeft(width)[^width..],
        ];
    }

    private static string Line(int[,] cells, int line, int width)
    {
        var text = new StringBuilder(width);
        for (var column = 0; column < width; column++) text.Append((char)(0x2800 + cells[line, column]));
        return text.ToString();
    }
}
