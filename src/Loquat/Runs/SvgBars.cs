using System.Globalization;
using System.Net;
using System.Text;

namespace Loquat.Runs;

/// <summary>A bar with its interval.</summary>
internal sealed record SvgBar(string Name, double Value, double Low, double High);

/// <summary>Bars one below the other as inline SVG, with whiskers for their intervals and a level where one means something.</summary>
internal static class SvgBars
{
    private const double Width = 1000, Left = 260, Right = 90, Row = 26, Bottom = 30;

    /// <param name="level">A value to compare with, and its name; null: none.</param>
    public static string Draw(IReadOnlyList<SvgBar> bars, (double Value, string Name)? level = null)
    {
        var shown = bars.Where(b => double.IsFinite(b.Value)).ToList();
        if (shown.Count == 0) return "<p class=\"none\">no value</p>";
        var ends = shown.SelectMany(b => new[] { b.Value, double.IsFinite(b.High) ? b.High : b.Value, double.IsFinite(b.Low) ? b.Low : b.Value }).Append(0).Append(level?.Value ?? 0).ToList();
        var (low, high) = (ends.Min(), ends.Max());
        // Shares are seen against all there is.
        if (low >= 0 && high is > 0.2 and <= 1) high = 1;
        if (high - low < 1e-12) high = low + 1;
        var height = shown.Count * Row + Bottom + 8;
        double X(double value) => Left + (value - low) / (high - low) * (Width - Left - Right);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width:0} {height:0}\" role=\"img\" aria-label=\"values with their 95 % intervals\">\n");
        foreach (var tick in SvgChart.Ticks(low, high, 6))
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{X(tick):0.#}\" x2=\"{X(tick):0.#}\" y1=\"4\" y2=\"{height - Bottom:0.#}\"/><text class=\"tick\" x=\"{X(tick):0.#}\" y=\"{height - 10:0.#}\" text-anchor=\"middle\">{SvgChart.Short(tick)}</text>\n");
        foreach (var (i, bar) in shown.Index())
        {
            var (y, from, to) = (8 + i * Row, Math.Min(X(0), X(bar.Value)), Math.Max(X(0), X(bar.Value)));
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"tick\" x=\"{Left - 10:0}\" y=\"{y + 13:0.#}\" text-anchor=\"end\">{Encode(bar.Name.Length > 36 ? bar.Name[..35] + "…" : bar.Name)}</text>");
            svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"bar\" x=\"{from:0.#}\" y=\"{y:0.#}\" width=\"{to - from:0.#}\" height=\"{Row - 8:0}\"><title>{Encode(bar.Name)}: {bar.Value:0.####}</title></rect>");
            if (double.IsFinite(bar.Low)) svg.Append(CultureInfo.InvariantCulture, $"<line class=\"whisker\" x1=\"{X(bar.Low):0.#}\" x2=\"{X(bar.High):0.#}\" y1=\"{y + 9:0.#}\" y2=\"{y + 9:0.#}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"tick\" x=\"{Math.Max(to, double.IsFinite(bar.High) ? X(bar.High) : to) + 8:0.#}\" y=\"{y + 13:0.#}\">{SvgChart.Short(bar.Value)}</text>\n");
        }
        if (level is { } at)
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"limit\" x1=\"{X(at.Value):0.#}\" x2=\"{X(at.Value):0.#}\" y1=\"4\" y2=\"{height - Bottom:0.#}\"><title>{Encode(at.Name)}</title></line>\n");
        return svg.Append("</svg>").ToString();
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
