using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loquat.Evaluation;
using Loquat.Tasks;
using Loquat.Text.Files;
using Loquat.Text.Metrics;

namespace Loquat.Runs;

/// <summary>The report of an evaluation: HTML with pictures in one file, Markdown, or JSON, by the name of the file.</summary>
/// <param name="Results">Of every task and model.</param>
/// <param name="Comparisons">Between the first model and each other, with its name; none for one model.</param>
public sealed record TaskReport(IReadOnlyList<TaskResult> Results, IReadOnlyList<(string Model, ModelComparison Comparison)> Comparisons)
{
    private const string Style = "rect.bar { fill: var(--smoothed); opacity: .75; } line.whisker { stroke: var(--ink); stroke-width: 1.6; } p.caveat { color: var(--soft); max-width: 80ch; }\n";

    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true };

    /// <summary>Whether a level means "no preference" for a metric.</summary>
    private static (double, string)? LevelOf(string metric) => metric is "stereotype" or "first" ? (0.5, "no preference") : null;

    /// <summary>Writes the report; a file that ends in `.html`, `.md` or `.json`.</summary>
    /// <exception cref="OptionsException">The name ends in none of these.</exception>
    /// <exception cref="MachineException">It cannot be written.</exception>
    public void Write(string path)
    {
        var text = FormatOf(path) switch { ".html" => ToHtml(), ".md" => ToMarkdown(), _ => ToJson().ToJsonString(_indented) + "\n" };
        AtomicFolder.WriteFile(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>Refuses a name that tells no format, before anything is computed.</summary>
    public static string FormatOf(string path) => Path.GetExtension(path).ToLowerInvariant() is ".html" or ".md" or ".json"
        ? Path.GetExtension(path).ToLowerInvariant()
        : throw new OptionsException($"the report {path} has no format; end its name in .html, .md or .json.");

    /// <summary>`results` and, of several models, `differences`.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject { ["results"] = new JsonArray([.. Results.Select(TaskJson.Of)]) };
        if (Comparisons.Count == 0) return json;
        json["differences"] = new JsonArray([.. Comparisons.Select(c =>
        {
            var one = TaskJson.Of(c.Comparison);
            (one["first"], one["second"]) = (Results[0].Model, c.Model);
            return one;
        })]);
        return json;
    }

    /// <summary>Tables in Markdown.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder("# Evaluation\n\n| task | model | metric | value | 95 % interval | n | few-shot |\n|---|---|---|---:|---|---:|---:|\n");
        foreach (var result in Results)
            foreach (var metric in result.Metrics)
                text.Append(CultureInfo.InvariantCulture, $"| {result.Task.Name} | {Cell(result.Model)} | {metric.Name}{(metric.LowerIsBetter ? " (lower is better)" : "")} | {Number(metric.Estimate.Value)} | {Interval(metric.Estimate)} | {result.Documents.Count} | {result.FewShot} |\n");
        if (Comparisons.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## Differences from {Cell(Results[0].Model)}\n\n| task | model | metric | difference | 95 % interval | p | verdict |\n|---|---|---|---:|---|---:|---|\n");
            foreach (var (model, c) in Comparisons)
                text.Append(CultureInfo.InvariantCulture, $"| {c.Task} | {Cell(model)} | {c.Metric} | {Number(c.Difference.Value)} | {Interval(c.Difference)} | {c.PValue:0.####} | {Verdict(model, c)} |\n");
        }
        foreach (var result in Results.Where(r => r.Categories.Count + r.Contamination.Count > 0))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {result.Task.Name}, {Cell(result.Model)}, by category\n\n| category | {string.Join(" | ", result.Metrics.Select(m => m.Name))} | n |\n|---|{string.Concat(result.Metrics.Select(_ => "---:|"))}---:|\n");
            foreach (var category in result.Categories.Concat(result.Contamination))
                text.Append(CultureInfo.InvariantCulture, $"| {Cell(category.Name)} | {string.Join(" | ", category.Metrics.Select(m => $"{Number(m.Estimate.Value)} ({Interval(m.Estimate)})"))} | {category.Count} |\n");
        }
        foreach (var task in Results.Select(r => r.Task).DistinctBy(t => t.Name))
            text.Append(CultureInfo.InvariantCulture, $"\n**{task.Name}**: {task.About}{(task.Caveat is { } caveat ? $" {caveat}" : "")}\n");
        return text.ToString();
    }

    /// <summary>One page with tables and pictures, without scripts.</summary>
    public string ToHtml()
    {
        var page = new StringBuilder();
        page.Append($"<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>Evaluation · Loquat</title>\n<style>\n{HtmlStyle.Text}{Style}</style>\n</head>\n<body>\n<main>\n");
        page.Append($"<header><h1>Evaluation</h1><p>{Encode(string.Join(", ", Results.Select(r => r.Model).Distinct()))}</p></header>\n");
        page.Append("<section class=\"card\"><h2>Results</h2><table><thead><tr><th class=\"text\">task</th><th class=\"text\">model</th><th class=\"text\">metric</th><th>value</th><th>95 % interval</th><th>n</th><th>few-shot</th></tr></thead><tbody>\n");
        foreach (var result in Results)
            foreach (var metric in result.Metrics)
                page.Append(CultureInfo.InvariantCulture, $"<tr><td class=\"text\">{Encode(result.Task.Name)}</td><td class=\"text\">{Encode(result.Model)}</td><td class=\"text\">{Encode(metric.Name)}{(metric.LowerIsBetter ? " (lower is better)" : "")}</td><td>{Number(metric.Estimate.Value)}</td><td>{Interval(metric.Estimate)}</td><td>{result.Documents.Count}</td><td>{result.FewShot}</td></tr>\n");
        page.Append("</tbody></table></section>\n");
        if (Comparisons.Count > 0)
        {
            page.Append($"<section class=\"card\"><h2>Differences from {Encode(Results[0].Model)}</h2><table><thead><tr><th class=\"text\">task</th><th class=\"text\">model</th><th class=\"text\">metric</th><th>difference</th><th>95 % interval</th><th>p</th><th class=\"text\">verdict</th></tr></thead><tbody>\n");
            foreach (var (model, c) in Comparisons)
                page.Append(CultureInfo.InvariantCulture, $"<tr><td class=\"text\">{Encode(c.Task)}</td><td class=\"text\">{Encode(model)}</td><td class=\"text\">{Encode(c.Metric)}</td><td>{Number(c.Difference.Value)}</td><td>{Interval(c.Difference)}</td><td>{c.PValue:0.####}</td><td class=\"text\">{Encode(Verdict(model, c))}</td></tr>\n");
            page.Append("</tbody></table></section>\n");
        }
        foreach (var group in Results.GroupBy(r => r.Task.Name))
        {
            var (task, first) = (group.First().Task, group.First().Metrics[0].Name);
            page.Append($"<section class=\"card\"><h2>{Encode(task.Name)} <small>{Encode(first)}</small></h2><p class=\"caveat\">{Encode(task.About)}</p>\n");
            if (group.Count() > 1) page.Append(SvgBars.Draw([.. group.Select(r => Bar(r.Model, r.Metrics[0]))], LevelOf(first)));
            foreach (var result in group.Where(r => r.Categories.Count + r.Contamination.Count > 0))
                page.Append($"<h2>{Encode(result.Model)} <small>by category</small></h2>{SvgBars.Draw([.. result.Categories.Concat(result.Contamination).Select(c => Bar($"{c.Name} ({c.Count})", c.Metrics[0]))], LevelOf(first))}\n");
            foreach (var result in group) Calibration(page, result);
            if (task.Caveat is { } caveat) page.Append($"<p class=\"caveat\">{Encode(caveat)}</p>\n");
            page.Append("</section>\n");
        }
        return page.Append("</main>\n</body>\n</html>\n").ToString();
    }

    // How often the choice is right that the model is so sure of: where it knows what it knows, both are equal.
    private static void Calibration(StringBuilder page, TaskResult result)
    {
        if (result.Task.Kind != TaskKind.MultipleChoice || !result.Task.Metrics.Contains("acc") || result.Documents.Count < 20) return;
        var probabilities = result.Scores.Select(s => (IReadOnlyList<double>)Softmax(s.LogProbabilities)).ToList();
        var bins = new Calibration([.. result.Documents.Select(d => d.Gold)], probabilities, 10);
        page.Append(CultureInfo.InvariantCulture, $"<h2>{Encode(result.Model)} <small>calibration: share of right answers by the probability of the choice; expected error {bins.ExpectedError:0.000}</small></h2>");
        page.Append(SvgBars.Draw([.. bins.Bins.Where(b => b.Count > 0).Select(b => new SvgBar(string.Create(CultureInfo.InvariantCulture, $"{b.Lower:0.0} to {b.Upper:0.0} ({b.Count})"), b.Accuracy, double.NaN, double.NaN))]));
    }

    private static double[] Softmax(IReadOnlyList<double> logs)
    {
        var most = logs.Max();
        double[] parts = [.. logs.Select(l => Math.Exp(l - most))];
        var sum = parts.Sum();
        return [.. parts.Select(p => p / sum)];
    }

    private static SvgBar Bar(string name, TaskMetric metric) => new(name, metric.Estimate.Value, metric.Estimate.Low, metric.Estimate.High);

    private string Verdict(string model, ModelComparison comparison) => comparison.IsDifference ? $"{(comparison.SecondIsBetter ? model : Results[0].Model)} is better" : "no difference shown";

    private static string Interval(Estimate estimate) => double.IsFinite(estimate.Low) ? $"{Number(estimate.Low)} to {Number(estimate.High)}" : "–";

    private static string Number(double value) => double.IsFinite(value) ? value.ToString(Math.Abs(value) >= 1000 ? "0.0" : "0.0000", CultureInfo.InvariantCulture) : "–";

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace('\n', ' ');

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
