using System.Globalization;
using System.Net;
using System.Text;
using Loquat.Recipes;
using Loquat.Reporting;

namespace Loquat.Runs;

/// <summary>The page of a run: style, curves and texts in one file.</summary>
internal static class HtmlReport
{
    private const int PointsOfLoss = 1500;
    private const int PointsOfOthers = 600;
    private const int OpenSamples = 2;
    private const int StepsOfMedian = 15;

    public static string Page(RunReport report)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(report.Summary.Path)));
        var page = new StringBuilder();
        page.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n");
        page.Append($"<title>{Encode(name)} · Loquat</title>\n<style>\n{HtmlStyle.Text}</style>\n</head>\n<body>\n<main>\n");
        Header(page, report, name);
        Losses(page, report);
        Others(page, report);
        Samples(page, report);
        Evaluations(page, report);
        Machine(page, report);
        page.Append($"<details class=\"card\"><summary><h2>Recipe</h2></summary><pre class=\"recipe\">{Encode(report.RecipeText)}</pre></details>\n");
        page.Append(CultureInfo.InvariantCulture, $"<footer>Written by Loquat at {report.At:yyyy-MM-dd HH:mm:ss} UTC, {(report.Summary.State == RunState.Running ? "while the run was going on" : "when the run ended")}.</footer>\n</main>\n</body>\n</html>\n");
        return page.ToString();
    }

    private static void Header(StringBuilder page, RunReport report, string name)
    {
        var run = report.Summary;
        var state = run.State.ToString().ToLowerInvariant();
        page.Append($"<header><h1>{Encode(name)} <span class=\"state {state}\">{state}</span></h1>\n");
        if (run.Recipe is { } recipe)
        {
            var size = run.Parameters is { } count ? $", {SvgChart.Short(count)} parameters" : "";
            page.Append($"<p>{Encode($"{recipe.Model.Config.ModelType}, {recipe.Model.Config.Layers} layers, {recipe.Model.Config.Width} wide{size}; {recipe.Training.Optimizer.Type.ToString().ToLowerInvariant()}, {recipe.Training.Precision.ToString().ToLowerInvariant()}; {(recipe.Data.Path is { } text ? text : "built-in stories")}")}</p>\n");
        }
        page.Append("</header>\n<section class=\"tiles\">\n");
        Tile("validation loss", Number(run.Loss, "0.0000"), run.BestStep is { } best ? $"nats per token, best at step {Whole(best)}" : "not evaluated yet");
        Tile("bits per byte", Number(run.BitsPerByte, "0.0000"), run.DistanceToTruth is { } far ? $"{Percent(far)} above the true entropy" : "of UTF-8 text");
        Tile("steps", run.Steps is { } steps ? Whole(steps) : "–", $"of {Whole(run.MaxSteps ?? 0)}");
        Tile("tokens", SvgChart.Short(run.Tokens ?? 0), run.TokensPerSecond is { } rate ? $"{Whole((long)rate)} tokens/s" : "");
        Tile("time", run.Seconds is { } seconds ? RunSummary.Duration(seconds) : "–", "of training, to the last checkpoint");
        page.Append("</section>\n");

        void Tile(string label, string value, string note) => page.Append($"<div class=\"tile\"><div class=\"label\">{label}</div><div class=\"value\">{value}</div><div class=\"note\">{Encode(note)}</div></div>\n");
    }

    private static void Losses(StringBuilder page, RunReport report)
    {
        var (metrics, last) = (report.Metrics, LastStep(report));
        var chart = new SvgChart
        {
            Unit = "loss in nats per token",
            LastStep = last,
            Lines =
            [
                new("raw", Curve.Thin(metrics.Steps.Select(s => ((double)s.Step, s.Loss)), PointsOfLoss)),
                new("smoothed", Curve.Thin(metrics.Steps.Select(s => ((double)s.Step, s.SmoothedLoss)), PointsOfOthers)),
                new("validation", [.. metrics.Evaluations.Select(e => ((double)e.Step, e.Loss))], Marks: true),
            ],
            Level = metrics.Limit is { } limit ? (limit, $"true entropy of the text: {limit.ToString("0.####", CultureInfo.InvariantCulture)}") : null,
            Mark = metrics.Best is { } best && double.IsFinite(best.Loss) ? (best.Step, best.Loss, $"best {best.Loss.ToString("0.####", CultureInfo.InvariantCulture)}") : null,
            Events = [.. (report.Lock?.Changes ?? []).GroupBy(c => c.Step).Select(g => ((double)g.Key, $"step {g.Key}: {string.Join("; ", g)}"))],
        };
        page.Append("<section class=\"card\"><h2>Loss <small>nats per token</small></h2>\n<p class=\"legend\"><span class=\"raw\">training, each logged step</span><span class=\"smoothed\">training, smoothed</span><span class=\"validation\">validation</span>");
        if (metrics.Limit is not null) page.Append("<span class=\"limit\">true entropy: no model can pass it</span>");
        if (chart.Events.Count > 0) page.Append("<span class=\"event\">recipe changed</span>");
        page.Append($"</p>\n{chart.ToSvg()}");
        if (metrics.Evaluations.Count > 0 && OverfittingNote.Of(metrics.Evaluations[^1]) is { } note) page.Append($"<p>{Encode(note)}</p>\n");
        page.Append("</section>\n");
    }

    private static void Others(StringBuilder page, RunReport report)
    {
        page.Append("<section class=\"grid\">\n");
        Small("Learning rate", "", s => s.LearningRate, "rate", zero: true);
        Small("Gradient norm", "before clipping, log scale", s => s.GradientNorm, "norm", logarithmic: true);
        Small("Speed", "tokens per second, running median", s => s.TokensPerSecond, "speed", zero: true, window: StepsOfMedian);
        page.Append("</section>\n");

        void Small(string title, string unit, Func<StepPoint, double> value, string style, bool logarithmic = false, bool zero = false, int window = 1)
        {
            var chart = new SvgChart
            {
                Unit = title,
                Width = 340,
                Height = 215,
                LastStep = LastStep(report),
                Logarithmic = logarithmic,
                FromZero = zero,
                Lines = [new(style, Curve.Thin(Curve.Median([.. report.Metrics.Steps.Select(s => ((double)s.Step, value(s)))], window), PointsOfOthers))],
            };
            page.Append($"<div class=\"card\"><h2>{title} <small>{unit}</small></h2>{chart.ToSvg()}</div>\n");
        }
    }

    private static void Samples(StringBuilder page, RunReport report)
    {
        if (report.Samples.Count == 0) return;
        page.Append("<section class=\"card\"><h2>What the model wrote</h2>\n");
        foreach (var (sample, index) in report.Samples.Reverse().Select((sample, index) => (sample, index)))
            page.Append($"<details class=\"sample\"{(index < OpenSamples ? " open" : "")}><summary>step {Whole(sample.Step)}</summary><blockquote>{Encode(sample.Text)}</blockquote></details>\n");
        page.Append("</section>\n");
    }

    private static void Evaluations(StringBuilder page, RunReport report)
    {
        if (report.Metrics.Evaluations.Count == 0) return;
        var truth = report.Metrics.Evaluations.Any(e => e.TrueBitsPerByte is not null);
        page.Append($"<details class=\"card\"><summary><h2>Evaluations</h2></summary><table><thead><tr><th>step</th><th>loss</th><th>± 95 %</th><th>perplexity</th><th>bits per byte</th>{(truth ? "<th>above the truth</th>" : "")}</tr></thead><tbody>\n");
        foreach (var e in report.Metrics.Evaluations)
        {
            var best = e.Step == report.Metrics.Best?.Step ? " class=\"best\"" : "";
            page.Append($"<tr{best}><td>{Whole(e.Step)}</td><td>{Number(e.Loss, "0.0000")}</td><td>{Number(e.LossInterval, "0.0000")}</td><td>{Number(Math.Exp(e.Loss), "0.000")}</td><td>{Number(e.BitsPerByte, "0.0000")}</td>");
            page.Append(truth ? $"<td>{(e.TrueBitsPerByte is { } limit ? Percent(e.BitsPerByte / limit - 1) : "–")}</td></tr>\n" : "</tr>\n");
        }
        page.Append("</tbody></table></details>\n");
    }

    private static void Machine(StringBuilder page, RunReport report)
    {
        if (report.Lock is not { } run) return;
        page.Append("<section class=\"card\"><h2>Machine</h2><ul>\n");
        foreach (var line in run.Machine) page.Append($"<li>{Encode(line)}</li>\n");
        page.Append("</ul>\n");
        if (run.Changes.Count > 0)
        {
            page.Append("<h2>Changes of the recipe</h2><table><thead><tr><th>from step</th><th class=\"text\">key</th><th>before</th><th>after</th></tr></thead><tbody>\n");
            foreach (var change in run.Changes) page.Append($"<tr><td>{Whole(change.Step)}</td><td class=\"text\"><code>{Encode(change.Key)}</code></td><td>{Encode(change.Before ?? "none")}</td><td>{Encode(change.After ?? "none")}</td></tr>\n");
            page.Append("</tbody></table>\n");
        }
        page.Append("</section>\n");
    }

    // A run that has just begun shows its first steps large, not as a speck at the left of an empty chart.
    private static double LastStep(RunReport report)
    {
        var (made, asked) = (report.Summary.Steps ?? 0, report.Summary.MaxSteps ?? 0);
        return report.Summary.State == RunState.Running && made >= asked / 4 ? asked : made;
    }

    private static string Whole(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Percent(double value) => (100 * value).ToString("N1", CultureInfo.InvariantCulture) + " %";

    private static string Number(double? value, string format) => value is { } number && double.IsFinite(number) ? number.ToString(format, CultureInfo.InvariantCulture) : "–";

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
