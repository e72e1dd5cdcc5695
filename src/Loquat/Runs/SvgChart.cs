using System.Globalization;
using System.Net;
using System.Text;

namespace Loquat.Runs;

/// <summary>One line of a chart.</summary>
/// <param name="Style">A CSS class of the page: colors follow its light and dark theme.</param>
/// <param name="Marks">Whether each point is drawn, with its value when pointed at.</param>
internal sealed record SvgLine(string Style, IReadOnlyList<(double X, double Y)> Points, bool Marks = false);

/// <summary>A chart as inline SVG, without a script: axes with round numbers, lines, levels, a marked point.</summary>
internal sealed class SvgChart
{
    private const double Left = 62;
    private const double Right = 16;
    private const double Top = 12;
    private const double Bottom = 40;

    public required string Unit { get; init; }

    public required IReadOnlyList<SvgLine> Lines { get; init; }

    public double Width { get; init; } = 1000;

    public double Height { get; init; } = 380;

    /// <summary>The right end of the axis of steps.</summary>
    public double LastStep { get; init; }

    /// <summary>Powers of ten at even distances.</summary>
    public bool Logarithmic { get; init; }

    /// <summary>Whether the axis begins at 0.</summary>
    public bool FromZero { get; init; }

    /// <summary>A level across the chart, with its name.</summary>
    public (double Y, string Name)? Level { get; init; }

    /// <summary>A ring around a point, with its name.</summary>
    public (double X, double Y, string Name)? Mark { get; init; }

    /// <summary>Steps at which something was changed, with what.</summary>
    public IReadOnlyList<(double X, string Name)> Events { get; init; } = [];

    /// <summary>The SVG element; a note where there is no point yet.</summary>
    public string ToSvg()
    {
        var ys = Lines.SelectMany(l => l.Points).Select(p => p.Y).Where(y => double.IsFinite(y) && (!Logarithmic || y > 0)).ToList();
        if (ys.Count == 0) return "<p class=\"none\">no point yet</p>";
        if (Level is { } level) ys.Add(level.Y);
        if (FromZero) ys.Add(0);
        var (low, high) = Logarithmic ? (Math.Log10(ys.Min()), Math.Log10(ys.Max())) : (ys.Min(), ys.Max());
        var pad = Math.Max(high - low, Math.Max(Math.Abs(high), 1e-12) * 0.02) * 0.05;
        (low, high) = (FromZero ? 0 : low - pad, high + pad);
        var last = Math.Max(LastStep, Math.Max(1, Lines.SelectMany(l => l.Points).Max(p => p.X)));
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width:0} {Height:0}\" role=\"img\" aria-label=\"{Encode(Unit)} by optimizer step\">\n");
        foreach (var tick in Logarithmic ? Decades(low, high) : Ticks(low, high, Math.Max(3, (int)(Height / 46))))
        {
            var y = Y(tick);
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{Left:0}\" x2=\"{Width - Right:0}\" y1=\"{y:0.#}\" y2=\"{y:0.#}\"/><text class=\"tick\" x=\"{Left - 8:0}\" y=\"{y + 4:0.#}\" text-anchor=\"end\">{Short(Logarithmic ? Math.Pow(10, tick) : tick)}</text>\n");
        }
        foreach (var tick in Ticks(0, last, Math.Max(3, (int)(Width / 130))).Where(t => t >= 0))
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"notch\" x1=\"{X(tick):0.#}\" x2=\"{X(tick):0.#}\" y1=\"{Height - Bottom:0.#}\" y2=\"{Height - Bottom + 5:0.#}\"/><text class=\"tick\" x=\"{X(tick):0.#}\" y=\"{Height - Bottom + 19:0.#}\" text-anchor=\"middle\">{Short(tick)}</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<line class=\"axis\" x1=\"{Left:0}\" x2=\"{Width - Right:0}\" y1=\"{Height - Bottom:0.#}\" y2=\"{Height - Bottom:0.#}\"/><text class=\"tick\" x=\"{Width - Right:0}\" y=\"{Height - 4:0.#}\" text-anchor=\"end\">optimizer step</text>\n");
        foreach (var (x, name) in Events)
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"event\" x1=\"{X(x):0.#}\" x2=\"{X(x):0.#}\" y1=\"{Top:0}\" y2=\"{Height - Bottom:0.#}\"><title>{Encode(name)}</title></line>\n");
        foreach (var line in Lines) Draw(svg, line);
        if (Level is { } at)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"limit\" x1=\"{Left:0}\" x2=\"{Width - Right:0}\" y1=\"{Y(Scaled(at.Y)):0.#}\" y2=\"{Y(Scaled(at.Y)):0.#}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"limit\" x=\"{Left + 8:0}\" y=\"{Y(Scaled(at.Y)) - 7:0.#}\">{Encode(at.Name)}</text>\n");
        }
        if (Mark is { } mark)
        {
            var (x, y) = (X(mark.X), Y(Scaled(mark.Y)));
            var side = x > Width * 0.7;
            svg.Append(CultureInfo.InvariantCulture, $"<circle class=\"best\" cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"7\"/><text class=\"best\" x=\"{(side ? Math.Min(x, Width - Right) : x):0.#}\" y=\"{Math.Max(y - 14, Top + 10):0.#}\" text-anchor=\"{(side ? "end" : "middle")}\">{Encode(mark.Name)}</text>\n");
        }
        return svg.Append("</svg>").ToString();

        double X(double step) => Left + step / last * (Width - Left - Right);

        double Y(double scaled) => Top + (high - scaled) / (high - low) * (Height - Top - Bottom);

        double Scaled(double value) => Logarithmic ? Math.Log10(value) : value;

        void Draw(StringBuilder target, SvgLine line)
        {
            var points = line.Points.Where(p => double.IsFinite(p.Y) && (!Logarithmic || p.Y > 0)).ToList();
            if (points.Count == 0) return;
            if (points.Count > 1)
            {
                target.Append(CultureInfo.InvariantCulture, $"<polyline class=\"{line.Style}\" points=\"");
                foreach (var (x, y) in points) target.Append(CultureInfo.InvariantCulture, $"{X(x):0.#},{Y(Scaled(y)):0.#} ");
                target.Append("\"/>\n");
            }
            if (!line.Marks && points.Count > 1) return;
            foreach (var (x, y) in points)
                target.Append(CultureInfo.InvariantCulture, $"<circle class=\"{line.Style} point\" cx=\"{X(x):0.#}\" cy=\"{Y(Scaled(y)):0.#}\" r=\"4\"><title>step {x:N0}: {y:0.####}</title></circle>\n");
        }
    }

    /// <summary>A number in few characters: 12,500 as 12.5k.</summary>
    internal static string Short(double value)
    {
        var size = Math.Abs(value);
        if (size >= 1e9) return string.Create(CultureInfo.InvariantCulture, $"{value / 1e9:0.##}G");
        if (size >= 1e6) return string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:0.##}M");
        if (size >= 1e4) return string.Create(CultureInfo.InvariantCulture, $"{value / 1e3:0.##}k");
        return size is > 0 and < 1e-3 ? value.ToString("0.##e0", CultureInfo.InvariantCulture) : value.ToString("0.####", CultureInfo.InvariantCulture);
    }

    /// <summary>Round numbers: 1, 2 or 5 times a power of ten apart.</summary>
    internal static IEnumerable<double> Ticks(double low, double high, int most)
    {
        var raw = (high - low) / most;
        var power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var step = ((double[])[1, 2, 5, 10]).Select(factor => factor * power).First(candidate => candidate >= raw * 0.9999);
        for (var tick = Math.Ceiling(low / step - 1e-9); tick * step <= high + step * 1e-9; tick++) yield return tick * step + 0.0;
    }

    private static IEnumerable<double> Decades(double low, double high)
    {
        if (high - low > 1.2)
        {
            for (var decade = Math.Ceiling(low); decade <= high; decade++) yield return decade;
            yield break;
        }
        foreach (var tick in Ticks(Math.Pow(10, low), Math.Pow(10, high), 4).Where(t => t > 0)) yield return Math.Log10(tick);
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
