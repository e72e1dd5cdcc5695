using System.Globalization;
using System.Net;
using System.Text;

namespace Loquat.Corpus.Preprocessing.Statistics;

/// <summary>What a step did, as a report shows it.</summary>
public sealed record StepReport
{
    /// <summary>The step with its settings.</summary>
    public required string Step { get; init; }
    public required long DocumentsIn { get; init; }
    public required long DocumentsOut { get; init; }
    public required long Changed { get; init; }

    /// <summary>Why documents were dropped, and how many.</summary>
    public required IReadOnlyDictionary<string, long> Dropped { get; init; }

    /// <summary>The first documents that were dropped or changed.</summary>
    public required IReadOnlyList<StepSample> Samples { get; init; }
}

/// <param name="After">Null where the document was dropped.</param>
public sealed record StepSample(string Id, string? Reason, string Before, string? After);

/// <summary>What preprocessing did, and what it made.</summary>
public sealed record PreprocessingReport
{
    /// <summary>Changes when the steps or the inputs change.</summary>
    public required string Fingerprint { get; init; }
    public required IReadOnlyList<StepReport> Steps { get; init; }
    public required CorpusSummary Corpus { get; init; }
}

/// <summary>The report as a page that needs nothing beside it.</summary>
internal static class DataCard
{
    public static string Html(PreprocessingReport report)
    {
        var page = new StringBuilder();
        var c = report.Corpus;
        page.Append("""
            <!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Data card</title><style>
            body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}table{border-collapse:collapse;margin:.5rem 0}
            td,th{padding:.2rem .8rem;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}td.n{text-align:right;font-variant-numeric:tabular-nums}
            .bar{background:#4a7;height:.8rem;display:inline-block}pre{white-space:pre-wrap;margin:0;font-size:12px}</style></head><body><h1>Data card</h1>
            """);
        Table(page, "Corpus", [("documents", Number(c.Documents)), ("words", Number(c.Words)), ("distinct words", Number(c.DistinctWords)), ("characters", Number(c.Characters)), ("bytes (UTF-8)", Number(c.Bytes)),
            ("Heaps' law, V = K·N^β", c.HeapsExponent is { } beta ? $"K = {c.HeapsFactor:F2}, β = {beta:F3}" : "too little text"), ("Zipf's law, exponent", c.ZipfExponent is { } s ? s.ToString("F3", CultureInfo.InvariantCulture) : "too little text")]);
        page.Append("<h2>Steps</h2><table><tr><th>step</th><th>in</th><th>out</th><th>changed</th><th>dropped</th></tr>");
        foreach (var step in report.Steps)
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Escape(step.Step)}</td><td class=n>{Number(step.DocumentsIn)}</td><td class=n>{Number(step.DocumentsOut)}</td><td class=n>{Number(step.Changed)}</td><td>");
            page.AppendJoin("<br>", step.Dropped.Select(d => $"{Escape(d.Key)}: {Number(d.Value)}")).Append("</td></tr>");
        }
        page.Append("</table>");
        Bars(page, "Words per document", c.WordsPerDocument.Select(l => ($"{Number(l.From)} or more", l.Documents)));
        Bars(page, "Languages", c.Languages.OrderByDescending(l => l.Value).Select(l => (l.Key, l.Value)));
        Bars(page, "Sources", c.Sources.OrderByDescending(l => l.Value).Take(30).Select(l => (l.Key, l.Value)));
        Bars(page, "Licenses", c.Licenses.OrderByDescending(l => l.Value).Select(l => (l.Key, l.Value)));
        Bars(page, "Most frequent words", c.TopWords.Take(30).Select(w => (w.Word, w.Count)));
        Bars(page, "Distinct words as the text grows", c.TypeGrowth.Select(g => ($"{Number(g.Tokens)} words", g.Types)));
        page.Append("<h2>Samples</h2>");
        foreach (var step in report.Steps.Where(s => s.Samples.Count > 0))
        {
            page.Append(CultureInfo.InvariantCulture, $"<h3>{Escape(step.Step)}</h3><table>");
            foreach (var sample in step.Samples)
                page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Escape(sample.Id)}</td><td><pre>{Escape(sample.Before)}</pre></td><td>{(sample.After is { } after ? $"<pre>{Escape(after)}</pre>" : $"dropped: {Escape(sample.Reason ?? "")}")}</td></tr>");
            page.Append("</table>");
        }
        return page.Append("</body></html>\n").ToString();
    }

    private static void Table(StringBuilder page, string title, (string, string)[] rows)
    {
        page.Append(CultureInfo.InvariantCulture, $"<h2>{title}</h2><table>");
        foreach (var (name, value) in rows) page.Append(CultureInfo.InvariantCulture, $"<tr><th>{Escape(name)}</th><td class=n>{Escape(value)}</td></tr>");
        page.Append("</table>");
    }

    private static void Bars(StringBuilder page, string title, IEnumerable<(string Name, long Count)> counts)
    {
        var all = counts.ToList();
        if (all.Count == 0) return;
        var most = Math.Max(1, all.Max(b => b.Count));
        page.Append(CultureInfo.InvariantCulture, $"<h2>{title}</h2><table>");
        foreach (var (name, count) in all)
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Escape(name)}</td><td class=n>{Number(count)}</td><td><span class=bar style=\"width:{20.0 * count / most:F2}rem\"></span></td></tr>");
        page.Append("</table>");
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
