using System.Globalization;
using System.Net;
using System.Text;

namespace Loquat.Runs;

/// <summary>Loss against tokens, seconds, operations and parameters: four charts in one SVG file that needs no other. What is spent is on a logarithmic axis; bars are 95 % intervals over seeds.</summary>
internal static class ComparisonPicture
{
    private const double Width = 1160, Panel = 520, Tall = 320, Gap = 60, Top = 64;

    // Told apart by people who do not see all colors (Okabe and Ito), dashes after the first eight.
    private static readonly string[] _colors = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D1F", "#555555"];

    public static string Svg(Comparison comparison)
    {
        var contenders = comparison.Contenders;
        var legend = 26 * ((contenders.Count + 3) / 4) + 20;
        var height = Top + 2 * (Tall + Gap) + legend;
        var losses = contenders.SelectMany(c => c.Curve.Select(p => p.Loss).Append(c.Loss)).Where(double.IsFinite).ToList();
        var (low, high) = (losses.Min(), losses.Max());
        var pad = Math.Max(high - low, 0.01) * 0.06;
        (low, high) = (low - pad, high + pad);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width:0} {height:0}\" font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"20\" y=\"30\" font-size=\"18\" font-weight=\"bold\">Loss after {SvgChart.Short(comparison.Tokens)} tokens, nats for each label</text>\n");
        (string Name, Func<ComparisonPoint, double>? Spent)[] panels =
            [("tokens", p => p.Tokens), ("seconds of training", p => p.Seconds), ("operations", p => p.Operations), ("parameters", null)];
        for (var i = 0; i < panels.Length; i++)
        {
            var (left, top) = (20 + i % 2 * (Panel + Gap) + 40, Top + i / 2 * (Tall + Gap));
            Chart(svg, contenders, panels[i].Name, panels[i].Spent, left, top, low, high);
        }
        for (var i = 0; i < contenders.Count; i++)
        {
            var (x, y) = (60 + i % 4 * 275.0, Top + 2 * (Tall + Gap) + 10 + i / 4 * 26);
            var label = contenders[i].Score == "causal" ? contenders[i].Name : $"{contenders[i].Name} (loss of {contenders[i].Score})";
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x:0}\" x2=\"{x + 28:0}\" y1=\"{y - 4:0}\" y2=\"{y - 4:0}\" {Stroke(i)}/><text x=\"{x + 34:0}\" y=\"{y:0}\">{WebUtility.HtmlEncode(label)}</text>\n");
        }
        return svg.Append("</svg>\n").ToString();
    }

    private static void Chart(StringBuilder svg, IReadOnlyList<Contender> contenders, string name, Func<ComparisonPoint, double>? spent, double left, double top, double low, double high)
    {
        var curves = contenders.Select(c => Points(c, spent)).ToList();
        var xs = curves.SelectMany(c => c).Select(p => p.X).ToList();
        if (xs.Count == 0) return;
        var (from, to) = (Math.Log10(xs.Min()), Math.Log10(xs.Max()));
        if (to - from < 0.1) (from, to) = (from - 0.3, to + 0.3);
        (from, to) = (from - 0.03 * (to - from), to + 0.03 * (to - from));
        var wide = Panel - 40;
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{left + wide / 2:0}\" y=\"{top + Tall + 36:0}\" text-anchor=\"middle\" fill=\"#333\">{name}</text>\n");
        foreach (var tick in SvgChart.Ticks(low, high, 6))
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{left:0}\" x2=\"{left + wide:0}\" y1=\"{Y(tick):0.#}\" y2=\"{Y(tick):0.#}\" stroke=\"#ddd\"/><text x=\"{left - 6:0}\" y=\"{Y(tick) + 4:0.#}\" text-anchor=\"end\" fill=\"#555\">{SvgChart.Short(tick)}</text>\n");
        foreach (var tick in Marks(from, to))
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{X(tick):0.#}\" x2=\"{X(tick):0.#}\" y1=\"{top + Tall:0}\" y2=\"{top + Tall + 5:0}\" stroke=\"#333\"/><text x=\"{X(tick):0.#}\" y=\"{top + Tall + 19:0}\" text-anchor=\"middle\" fill=\"#555\">{SvgChart.Short(tick)}</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{left:0}\" x2=\"{left + wide:0}\" y1=\"{top + Tall:0}\" y2=\"{top + Tall:0}\" stroke=\"#333\"/>\n");
        for (var i = 0; i < contenders.Count; i++)
        {
            if (curves[i].Count > 1)
                svg.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" {Stroke(i)} points=\"{string.Join(' ', curves[i].Select(p => string.Create(CultureInfo.InvariantCulture, $"{X(p.X):0.#},{Y(p.Y):0.#}")))}\"/>\n");
            foreach (var (x, y, half) in curves[i])
            {
                svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{X(x):0.#}\" cy=\"{Y(y):0.#}\" r=\"3\" fill=\"{_colors[i % _colors.Length]}\"><title>{WebUtility.HtmlEncode(contenders[i].Name)}: {y:0.####} at {SvgChart.Short(x)} {name}</title></circle>\n");
                if (half is { } bar && bar > 0)
                    svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{X(x):0.#}\" x2=\"{X(x):0.#}\" y1=\"{Y(Math.Max(low, y - bar)):0.#}\" y2=\"{Y(Math.Min(high, y + bar)):0.#}\" stroke=\"{_colors[i % _colors.Length]}\" stroke-width=\"1.5\"/>\n");
            }
        }

        double X(double value) => left + (Math.Log10(value) - from) / (to - from) * wide;

        double Y(double loss) => top + (high - loss) / (high - low) * Tall;
    }

    private static List<(double X, double Y, double? Half)> Points(Contender contender, Func<ComparisonPoint, double>? spent) => spent is null
        ? [(contender.Parameters, contender.Loss, contender.LossInterval)]
        : [.. contender.Curve.Select(p => (spent(p), p.Loss, p.LossInterval)).Where(p => p.Item1 > 0 && double.IsFinite(p.Loss))];

    private static string Stroke(int i) => $"stroke=\"{_colors[i % _colors.Length]}\" stroke-width=\"2\"{(i >= _colors.Length ? " stroke-dasharray=\"6 4\"" : "")}";

    /// <summary>1, 2 and 5 times powers of ten where few decades are shown, else the powers.</summary>
    private static IEnumerable<double> Marks(double from, double to)
    {
        for (var decade = Math.Floor(from); decade <= to; decade++)
            foreach (var factor in to - from > 2.5 ? (double[])[1] : [1, 2, 5])
                if (Math.Log10(factor) + decade is var place && place >= from && place <= to) yield return factor * Math.Pow(10, decade);
    }
}
