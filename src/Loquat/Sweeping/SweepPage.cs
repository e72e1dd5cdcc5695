using System.Globalization;
using System.Text;
using Loquat.Recipes;
using Loquat.Runs;
using Loquat.Sweeps.Spaces;
using Loquat.Sweeps.Trials;
using static Loquat.Sweeping.SweepPlot;

namespace Loquat.Sweeping;

/// <summary>The page of a sweep: style, pictures and tables in one file.</summary>
internal static class SweepPage
{
    private const int MostContours = 6, Contoured = 4;

    private const string Style = """
        polyline.trial { fill: none; } .halo { paint-order: stroke; stroke: var(--card); stroke-width: 4px; }
        circle.place { fill: #fff; stroke: #1d2430; stroke-width: 1; } circle.found { fill: #ffe14d; stroke-width: 2; } path.raw { fill: var(--raw); }
        .legend .done::before, .legend .part::before, .legend .top::before { border: 0; width: 10px; height: 10px; border-radius: 5px; background: var(--smoothed); vertical-align: 0; }
        .legend .part::before { background: var(--raw); } .legend .top::before { background: none; border: 2px solid var(--validation); }
        rect.bar { fill: var(--smoothed); opacity: .75; } .wide { overflow-x: auto; } .state.pruned, .state.paused { color: var(--soft); } .state.failed { color: var(--damaged); }

        """;

    public static string Of(SweepResult result, DateTimeOffset at)
    {
        var (sweep, page, pictures) = (result.Sweep, new StringBuilder(), new SweepPictures(result));
        page.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n");
        page.Append($"<title>{Encode(sweep.Name)} · Loquat</title>\n<style>\n{HtmlStyle.Text}{Style}</style>\n</head>\n<body>\n<main>\n");
        Header(page, result);
        if (result.Trials.Any(t => result.ValueOf(t) is not null)) Pictures(page, result, pictures);
        else page.Append($"<section class=\"card\"><p class=\"none\">{Encode(result.WhyNoBest ?? "")}</p></section>\n");
        Table(page, result, pictures);
        Space(page, result);
        if (result.Best is not null) page.Append($"<details class=\"card\"><summary><h2>Best recipe</h2></summary><pre class=\"recipe\">{Encode(RecipeFile.ToYaml(result.BestRecipe))}</pre></details>\n");
        page.Append(CultureInfo.InvariantCulture, $"<footer>Written by Loquat at {at:yyyy-MM-dd HH:mm:ss} UTC.</footer>\n</main>\n</body>\n</html>\n");
        return page.ToString();
    }

    private static void Header(StringBuilder page, SweepResult result)
    {
        var sweep = result.Sweep;
        page.Append($"<header><h1>{Encode(sweep.Name)}</h1>\n<p>{Encode($"{(sweep.Objective.IsMaximized ? "maximize" : "minimize")} {sweep.Objective.Unit}, by {sweep.Sampler.Type}, pruned by {sweep.Pruner.Type}, over {sweep.Space!.Parameters.Count} keys")}</p></header>\n<section class=\"tiles\">\n");
        var best = result.Best;
        Tile(sweep.Objective.Unit, best is null ? "–" : Number(result.ValueOf(best)), best is null ? "no trial is finished" : $"the best, trial {best.Number}");
        if (result.Test is { } test) Tile("test text", Number(sweep.Objective.Metric == SweepMetric.BitsPerByte ? test.BitsPerByte : test.Loss), $"{(sweep.Objective.Metric == SweepMetric.BitsPerByte ? "bits per byte" : "nats per token")}, seen by no trial");
        Tile("trials", $"{result.Trials.Count}", string.Join(", ", result.Trials.GroupBy(t => t.State).OrderBy(g => g.Key).Select(g => $"{g.Count()} {g.Key.ToString().ToLowerInvariant()}")));
        Tile("tokens", SvgChart.Short(result.Trials.Sum(t => t.Tokens)), "trained on, all trials");
        Tile("time", RunSummary.Duration(result.Trials.Sum(t => t.Seconds)), "of all workers together");
        page.Append("</section>\n");

        void Tile(string label, string value, string note) => page.Append($"<div class=\"tile\"><div class=\"label\">{Encode(label)}</div><div class=\"value\">{Encode(value)}</div><div class=\"note\">{Encode(note)}</div></div>\n");
    }

    private static void Pictures(StringBuilder page, SweepResult result, SweepPictures pictures)
    {
        const string Legend = "<span class=\"done\">finished</span><span class=\"part\">pruned, paused or running: its last value</span><span class=\"top\">the best</span>";
        Card("Optimization history", "values by trial", $"{Legend}<span class=\"validation\">best so far</span>", pictures.History());
        Card("On the way", "values of each trial while it trains", "<span class=\"smoothed\">finished</span><span class=\"raw\">pruned, paused or running</span><span class=\"validation\">the best</span>", pictures.Curves());
        Card("Parallel coordinates", "a line for each trial, the best in orange; where a key is not there, it passes below", "", pictures.Parallel());
        if (result.Importance.Count > 0)
            Card("Importance", string.Create(CultureInfo.InvariantCulture, $"share of the differences that each key explains by itself after {result.ComparedAt:N0} steps (fANOVA)"), "", pictures.Importance());
        page.Append("<section class=\"grid\">\n");
        foreach (var parameter in result.Sweep.Space!.Parameters) page.Append($"<div class=\"card\"><h2>{Encode(pictures.Names[parameter.Name])} <small>{Encode(parameter.When is { } when ? $"when {when.Parameter.Split('.')[^1]} is {string.Join(" or ", when.Values)}" : "slice")}</small></h2>{pictures.Slice(parameter)}</div>\n");
        page.Append("</section>\n");
        var pairs = Pairs(result).Select(pair => (pair.X, pair.Y, Svg: pictures.Contour(pair.X, pair.Y))).Where(pair => pair.Svg.Length > 0).ToList();
        if (pairs.Count == 0) return;
        page.Append("<section class=\"grid\">\n");
        foreach (var (x, y, svg) in pairs) page.Append($"<div class=\"card\"><h2>{Encode(pictures.Names[x.Name])}, {Encode(pictures.Names[y.Name])} <small>orange is best, blue worst</small></h2>{svg}</div>\n");
        page.Append("</section>\n");

        void Card(string title, string note, string legend, string svg) =>
            page.Append($"<section class=\"card\"><h2>{title} <small>{Encode(note)}</small></h2>\n{(legend.Length > 0 ? $"<p class=\"legend\">{legend}</p>\n" : "")}{svg}</section>\n");
    }

    /// <summary>Pairs of the parameters that matter most.</summary>
    private static IEnumerable<(SpaceParameter X, SpaceParameter Y)> Pairs(SweepResult result)
    {
        var space = result.Sweep.Space!.Parameters;
        var ranked = result.Importance.Count > 0 ? result.Importance.Select(i => space.First(p => p.Name == i.Name)).ToList() : [.. space];
        var taken = ranked.Take(Contoured).ToList();
        // Of a key that is there for one value of another, half of the picture would be empty.
        return taken.SelectMany((x, i) => taken.Skip(i + 1).Select(y => (x, y))).Where(pair => pair.x.When?.Parameter != pair.y.Name && pair.y.When?.Parameter != pair.x.Name).Take(MostContours);
    }

    private static void Table(StringBuilder page, SweepResult result, SweepPictures pictures)
    {
        if (result.Trials.Count == 0) return;
        var keys = result.Sweep.Space!.Parameters.Select(p => p.Name).ToList();
        page.Append("<details class=\"card\" open><summary><h2>Trials</h2></summary><div class=\"wide\"><table><thead><tr><th>trial</th><th class=\"text\">state</th><th>value</th><th>steps</th><th>time</th>");
        foreach (var key in keys) page.Append($"<th>{Encode(pictures.Names[key])}</th>");
        page.Append("<th class=\"text\">reason</th></tr></thead><tbody>\n");
        foreach (var trial in result.Trials.OrderBy(t => t.State == TrialState.Finished ? 0 : 1).ThenBy(t => t.Loss ?? double.PositiveInfinity).ThenBy(t => t.Number))
        {
            page.Append($"<tr{(trial.Number == result.Best?.Number ? " class=\"best\"" : "")}><td>{trial.Number}</td><td class=\"text\">{trial.State.ToString().ToLowerInvariant()}</td><td>{Number(result.ValueOf(trial))}</td>");
            page.Append(CultureInfo.InvariantCulture, $"<td>{(trial.Reports.Count == 0 ? 0 : trial.Reports[^1].Resource):N0}</td><td>{RunSummary.Duration(trial.Seconds)}</td>");
            foreach (var key in keys) page.Append($"<td>{(trial.Configuration.TryGetValue(key, out var value) ? Encode(Short(value)) : "–")}</td>");
            page.Append($"<td class=\"text\">{Encode(trial.Error ?? "")}</td></tr>\n");
        }
        page.Append("</tbody></table></div></details>\n");
    }

    private static void Space(StringBuilder page, SweepResult result)
    {
        page.Append("<details class=\"card\"><summary><h2>Space</h2></summary><table><tbody>\n");
        foreach (var parameter in result.Sweep.Space!.Parameters) page.Append($"<tr><td class=\"text\"><code>{Encode(parameter.Name)}</code></td><td class=\"text\">{Encode(SpaceYaml.Describe(parameter))}</td></tr>\n");
        page.Append("</tbody></table></details>\n");
    }

    /// <summary>A value in a table: numbers with few digits.</summary>
    internal static string Short(string value) =>
        value.Length > 8 && double.TryParse(value, CultureInfo.InvariantCulture, out var number) ? number.ToString("G4", CultureInfo.InvariantCulture) : value;

    private static string Number(double? value) => value is { } number && double.IsFinite(number) ? number.ToString("0.0000", CultureInfo.InvariantCulture) : "–";
}
