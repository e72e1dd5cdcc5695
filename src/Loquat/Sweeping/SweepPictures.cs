using System.Globalization;
using System.Text;
using Loquat.Runs;
using Loquat.Sweeps.Spaces;
using Loquat.Sweeps.Trials;

namespace Loquat.Sweeping;

/// <summary>The pictures of a sweep: its history, losses on the way, each parameter, pairs of them, and all of them together.</summary>
internal sealed class SweepPictures(SweepResult result)
{
    private const int Columns = 44, Rows = 30, Bands = 10;
    private const double Smoothing = 0.1;

    private readonly SweepScale _scale = new(result);
    private readonly IReadOnlyDictionary<string, string> _names = SweepAxis.Names(result.Sweep.Space!);

    private IEnumerable<(Trial Trial, double Value)> Valued => result.Trials.Where(t => result.ValueOf(t) is not null).Select(t => (t, result.ValueOf(t)!.Value));

    public IReadOnlyDictionary<string, string> Names => _names;

    /// <summary>Values by number, and the best of the finished so far.</summary>
    public string History()
    {
        var last = Math.Max(1, result.Trials.Count - 1);
        var plot = new SweepPlot(SweepAxis.Of("trial", 0, last), _scale.Axis, 1000, 340);
        List<(double, double)> line = [];
        double? best = null;
        foreach (var trial in result.Trials)
        {
            if (trial.State != TrialState.Finished || (best is not null && trial.Loss >= best)) continue;
            if (best is { } before && Place(before) is { } old) line.Add(((double)trial.Number / last, old));
            best = trial.Loss;
            if (Place(best!.Value) is { } now) line.Add(((double)trial.Number / last, now));
        }
        if (best is { } end && Place(end) is { } at) line.Add((1, at));
        if (line.Count > 1) plot.Line(line, "validation");
        foreach (var (trial, value) in Valued) Mark(plot, trial, value, (double)trial.Number / last);
        return plot.ToString();
    }

    /// <summary>The losses of each trial on its way.</summary>
    public string Curves()
    {
        var plot = new SweepPlot(SweepAxis.Of("steps of the recipe", 0, result.MaxResource), _scale.Axis, 1000, 340);
        foreach (var trial in result.Trials.Where(t => t.Reports.Count > 0).OrderByDescending(_scale.Rank))
        {
            var points = trial.Reports.Select(r => (X: (double)r.Resource / result.MaxResource, Y: double.IsFinite(r.Loss) ? Place(r.Loss) : null)).Where(p => p.Y is not null).Select(p => (p.X, p.Y!.Value)).ToList();
            var style = trial.Number == result.Best?.Number ? "validation" : trial.State == TrialState.Finished ? "smoothed" : "raw";
            if (points.Count > 1) plot.Line(points, style, Title(trial));
            else if (points.Count == 1) plot.Dot(points[0].X, points[0].Value, $"{style} point", Title(trial), 2.5);
        }
        return plot.ToString();
    }

    /// <summary>Values over one parameter.</summary>
    public string Slice(SpaceParameter parameter)
    {
        var plot = new SweepPlot(SweepAxis.Of(parameter, _names[parameter.Name]), _scale.Axis, 340, 250);
        foreach (var (trial, value) in Valued)
            if (trial.Configuration.TryGetValue(parameter.Name, out var at)) Mark(plot, trial, value, parameter.PointOf(at));
        return plot.ToString();
    }

    /// <summary>Two parameters at once: a surface smoothed between the trials, in bands, and the trials.</summary>
    public string Contour(SpaceParameter x, SpaceParameter y)
    {
        var points = Valued.Where(v => result.Compares(v.Trial) && v.Trial.Configuration.TryGetValue(x.Name, out _) && v.Trial.Configuration.TryGetValue(y.Name, out _))
            .Select(v => (v.Trial, X: x.PointOf(v.Trial.Configuration[x.Name]), Y: y.PointOf(v.Trial.Configuration[y.Name]), Loss: v.Trial.LossAt(result.ComparedAt)!.Value)).ToList();
        var plot = new SweepPlot(SweepAxis.Of(x, _names[x.Name]), SweepAxis.Of(y, _names[y.Name]), 340, 290);
        if (points.Count < 4) return "";
        // Losses on the way have a range of their own.
        var (low, high) = SweepScale.Bounds([.. points.Select(p => p.Loss).Order()]);
        for (var row = 0; row < Rows; row++)
        {
            // Neighbors of one band are one rectangle.
            for (var (column, from, band) = (0, 0, BandAt(0, row)); column < Columns; column++)
            {
                var next = column + 1 < Columns ? BandAt(column + 1, row) : -1;
                if (next == band) continue;
                plot.Fill((double)from / Columns, (column + 1.0) / Columns, (double)row / Rows, (row + 1.0) / Rows, SweepScale.Color((band + 0.5) / Bands));
                (from, band) = (column + 1, next);
            }
        }
        foreach (var point in points) plot.Dot(point.X, point.Y, point.Trial.Number == result.Best?.Number ? "place found" : "place", Title(point.Trial), point.Trial.Number == result.Best?.Number ? 6 : 3);
        return plot.ToString();

        int BandAt(int column, int row)
        {
            var (u, v) = (x.Snap((column + 0.5) / Columns), y.Snap((row + 0.5) / Rows));
            var (sum, weights) = (0.0, 1e-300);
            foreach (var point in points)
            {
                var weight = Math.Exp(-((u - point.X) * (u - point.X) + (v - point.Y) * (v - point.Y)) / (2 * Smoothing * Smoothing));
                (sum, weights) = (sum + weight * Math.Clamp(point.Loss, low, high), weights + weight);
            }
            var place = high > low ? (sum / weights - low) / (high - low) : 0;
            return Math.Clamp((int)(Bands * place), 0, Bands - 1);
        }
    }

    /// <summary>A vertical axis for each parameter and one for the value, and a line for each trial; the best are drawn last.</summary>
    public string Parallel()
    {
        const double Width = 1000, Height = 380, Top = 20, Bottom = 56, Side = 70;
        var axes = result.Sweep.Space!.Parameters.Select(p => (Parameter: (SpaceParameter?)p, Axis: SweepAxis.Of(p, _names[p.Name]))).Append((null, _scale.Axis)).ToList();
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width:0} {Height:0}\" role=\"img\" aria-label=\"parallel coordinates of the trials\">\n");
        foreach (var (trial, value) in Valued.OrderByDescending(v => _scale.Rank(v.Trial)))
        {
            var rank = _scale.Rank(trial);
            svg.Append(CultureInfo.InvariantCulture, $"<polyline class=\"trial\" stroke=\"{SweepScale.Color(rank)}\" stroke-opacity=\"{0.9 - 0.6 * rank:0.##}\" stroke-width=\"{(trial.Number == result.Best?.Number ? 3.2 : 1.4)}\" points=\"");
            for (var i = 0; i < axes.Count; i++)
            {
                // What is not there passes below its axis.
                var place = axes[i].Parameter is not { } p ? _scale.Place(value) ?? (result.Sweep.Objective.IsMaximized ? -0.03 : 1.03) : trial.Configuration.TryGetValue(p.Name, out var at) ? p.PointOf(at) : -0.06;
                svg.Append(CultureInfo.InvariantCulture, $"{X(i):0.#},{Y(place):0.#} ");
            }
            svg.Append($"\"><title>{SweepPlot.Encode(Title(trial))}</title></polyline>\n");
        }
        for (var i = 0; i < axes.Count; i++)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"axis\" x1=\"{X(i):0.#}\" x2=\"{X(i):0.#}\" y1=\"{Y(0):0.#}\" y2=\"{Y(1):0.#}\"/>");
            foreach (var (place, label) in axes[i].Axis.Ticks)
                svg.Append(CultureInfo.InvariantCulture, $"<text class=\"tick halo\" x=\"{X(i) + (i + 1 < axes.Count ? 5 : -5):0.#}\" y=\"{Y(place) + 4:0.#}\" text-anchor=\"{(i + 1 < axes.Count ? "start" : "end")}\">{SweepPlot.Encode(label)}</text>");
            // Long names of neighbors stand one below the other.
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"tick\" x=\"{X(i):0.#}\" y=\"{Height - 26 + (i % 2 == 0 ? 0 : 18):0}\" text-anchor=\"middle\">{SweepPlot.Encode(axes[i].Axis.Title)}</text>\n");
        }
        return svg.Append("</svg>").ToString();

        double X(int axis) => Side + axis * (Width - 2 * Side) / Math.Max(1, axes.Count - 1);

        double Y(double place) => Top + (1 - place) * (Height - Top - Bottom);
    }

    /// <summary>What each parameter explains by itself.</summary>
    public string Importance() => SvgBars.Draw([.. result.Importance.Select(i => new SvgBar(_names[i.Name], i.Share, double.NaN, double.NaN))]);

    public string Title(Trial trial) => string.Create(CultureInfo.InvariantCulture, $"trial {trial.Number}, {trial.State.ToString().ToLowerInvariant()}: {result.ValueOf(trial):0.#####}; {trial.Configuration}");

    private double? Place(double loss) => _scale.Place(result.Sweep.Objective.Signed(loss));

    private void Mark(SweepPlot plot, Trial trial, double value, double x)
    {
        var style = trial.Number == result.Best?.Number ? "best" : trial.State == TrialState.Finished ? "point" : "raw point";
        if (_scale.Place(value) is { } place) plot.Dot(x, place, style, Title(trial), style == "best" ? 7 : 4);
        else plot.Beyond(x, "raw point", Title(trial));
    }
}
