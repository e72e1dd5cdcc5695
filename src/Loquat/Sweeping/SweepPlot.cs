using System.Globalization;
using System.Net;
using System.Text;

namespace Loquat.Sweeping;

/// <summary>A frame with two labeled axes as inline SVG, in which marks are drawn at places from 0 to 1.</summary>
internal sealed class SweepPlot
{
    private const double Right = 16, Top = 12, Bottom = 46, Margin = 0.03;

    private readonly StringBuilder _svg = new();
    private readonly double _width, _height, _left;

    public SweepPlot(SweepAxis x, SweepAxis y, double width, double height)
    {
        (_width, _height) = (width, height);
        _left = 26 + Math.Max(24, 7.0 * y.Ticks.Select(t => t.Label.Length).DefaultIfEmpty().Max());
        _svg.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {width:0} {height:0}\" role=\"img\" aria-label=\"{Encode(y.Title)} over {Encode(x.Title)}\">\n");
        foreach (var (place, label) in y.Ticks)
            _svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{_left:0.#}\" x2=\"{width - Right:0}\" y1=\"{Y(place):0.#}\" y2=\"{Y(place):0.#}\"/><text class=\"tick\" x=\"{_left - 6:0.#}\" y=\"{Y(place) + 4:0.#}\" text-anchor=\"end\">{Encode(label)}</text>\n");
        foreach (var (place, label) in Spaced(x.Ticks))
            _svg.Append(CultureInfo.InvariantCulture, $"<line class=\"notch\" x1=\"{X(place):0.#}\" x2=\"{X(place):0.#}\" y1=\"{height - Bottom:0}\" y2=\"{height - Bottom + 5:0}\"/><text class=\"tick\" x=\"{X(place):0.#}\" y=\"{height - Bottom + 19:0}\" text-anchor=\"middle\">{Encode(label)}</text>\n");
        _svg.Append(CultureInfo.InvariantCulture, $"<line class=\"axis\" x1=\"{_left:0.#}\" x2=\"{width - Right:0}\" y1=\"{height - Bottom:0}\" y2=\"{height - Bottom:0}\"/>");
        _svg.Append(CultureInfo.InvariantCulture, $"<text class=\"tick\" x=\"{0.5 * (_left + width - Right):0.#}\" y=\"{height - 6:0}\" text-anchor=\"middle\">{Encode(x.Title)}</text>");
        _svg.Append(CultureInfo.InvariantCulture, $"<text class=\"tick\" x=\"13\" y=\"{0.5 * (Top + height - Bottom):0.#}\" text-anchor=\"middle\" transform=\"rotate(-90 13 {0.5 * (Top + height - Bottom):0.#})\">{Encode(y.Title)}</text>\n");
    }

    public void Dot(double x, double y, string style, string title, double radius = 4.5) =>
        _svg.Append(CultureInfo.InvariantCulture, $"<circle class=\"{style}\" cx=\"{X(x):0.#}\" cy=\"{Y(y):0.#}\" r=\"{radius:0.#}\"><title>{Encode(title)}</title></circle>\n");

    /// <summary>A value beyond the axis, at its upper end.</summary>
    public void Beyond(double x, string style, string title) =>
        _svg.Append(CultureInfo.InvariantCulture, $"<path class=\"{style}\" d=\"M{X(x) - 5:0.#} {Y(1) + 4:0.#} h10 l-5 -9 z\"><title>{Encode(title)}</title></path>\n");

    public void Line(IEnumerable<(double X, double Y)> points, string style, string? title = null)
    {
        _svg.Append($"<polyline class=\"{style}\" points=\"");
        foreach (var (x, y) in points) _svg.Append(CultureInfo.InvariantCulture, $"{X(x):0.#},{Y(y):0.#} ");
        _svg.Append(title is null ? "\"/>\n" : $"\"><title>{Encode(title)}</title></polyline>\n");
    }

    /// <summary>A rectangle between two places.</summary>
    public void Fill(double x1, double x2, double y1, double y2, string color) =>
        _svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{X(x1):0.##}\" y=\"{Y(y2):0.##}\" width=\"{X(x2) - X(x1) + 0.3:0.##}\" height=\"{Y(y1) - Y(y2) + 0.3:0.##}\" fill=\"{color}\"/>\n");

    public override string ToString() => _svg + "</svg>";

    // Points at the ends stay clear of the frame.
    private double X(double place) => _left + (Margin + (1 - 2 * Margin) * place) * (_width - _left - Right);

    private double Y(double place) => Top + (1 - Margin - (1 - 2 * Margin) * place) * (_height - Top - Bottom);

    /// <summary>Labels that do not run into each other.</summary>
    private IEnumerable<(double Place, string Label)> Spaced(IEnumerable<(double Place, string Label)> ticks)
    {
        var end = double.NegativeInfinity;
        foreach (var (place, label) in ticks)
        {
            var half = 3.6 * label.Length + 3;
            if (X(place) - half < end) continue;
            end = X(place) + half;
            yield return (place, label);
        }
    }

    public static string Encode(string text) => WebUtility.HtmlEncode(text);
}
