using System.CommandLine;
using System.Text.Json.Nodes;
using Loquat.Cli.Parsing;
using Loquat.Text.Metrics;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat score significance METRIC`: whether a system is better than a baseline, or only luckier.</summary>
internal static class SystemScores
{
    public static Command Create()
    {
        var metric = ChoiceOption.Argument("metric", "bleu, chrf or ter.", "bleu", "chrf", "ter");
        var baseline = PathOption.Required("--baseline", "Lines of the system to compare with.");
        var hypotheses = PathOption.Required("--hypotheses", "Lines of the system.");
        var references = new Option<string[]>("--references") { Description = "Files with a reference for each line.", Required = true, AllowMultipleArgumentsPerToken = true }.Checked();
        var test = ChoiceOption.WithDefault("--test", "bootstrap draws the lines again (Koehn 2004); randomization exchanges the systems' lines (Riezler and Maxwell 2005). Default: bootstrap.", "bootstrap", "bootstrap", "randomization");
        var samples = NumberOption.Optional<int>("--samples", "Default: 1000 resamples, 10000 exchanges.");
        var seed = NumberOption.WithDefault("--seed", "Default: 12345.", 12345);
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("significance", "Whether two systems differ in a score of all lines, as sacreBLEU tests it.") { metric, baseline, hypotheses, references, test, samples, seed, json };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(samples) < 1) throw new OptionsException($"--samples is {parsed.GetValue(samples)}; it must be 1 or more.");
            List<IReadOnlyList<string?>> right = [.. parsed.GetValue(references)!.Select(ScoreVerb.Lines)];
            var (first, second) = (new Translations(ScoreVerb.Lines(parsed.GetValue(baseline)!), right), new Translations(ScoreVerb.Lines(parsed.GetValue(hypotheses)!), right));
            var random = new Random(parsed.GetValue(seed));
            var count = parsed.GetValue(samples);
            var result = (parsed.GetValue(test), parsed.GetValue(metric)) switch
            {
                ("bootstrap", "bleu") => TranslationSignificance.PairedBootstrap(new Bleu(), first, second, random, count ?? 1000),
                ("bootstrap", "chrf") => TranslationSignificance.PairedBootstrap(new Chrf(), first, second, random, count ?? 1000),
                ("bootstrap", _) => TranslationSignificance.PairedBootstrap(new Ter(), first, second, random, count ?? 1000),
                (_, "bleu") => TranslationSignificance.ApproximateRandomization(new Bleu(), first, second, random, count ?? 10_000),
                (_, "chrf") => TranslationSignificance.ApproximateRandomization(new Chrf(), first, second, random, count ?? 10_000),
                _ => TranslationSignificance.ApproximateRandomization(new Ter(), first, second, random, count ?? 10_000),
            };
            var interval = result.Interval is { } half ? FormattableString.Invariant($" ± {half:F2}") : "";
            var table = FormattableString.Invariant($"{parsed.GetValue(metric)} {result.BaselineScore:F2} → {result.Score:F2}{interval}, p = {result.PValue:F4}");
            ScoreVerb.Print("significance", table, new JsonObject
            {
                ["score_of"] = parsed.GetValue(metric),
                ["test"] = parsed.GetValue(test),
                ["baseline"] = result.BaselineScore,
                ["score"] = result.Score,
                ["p_value"] = result.PValue,
                ["mean"] = result.Mean,
                ["interval"] = result.Interval,
            }, parsed.GetValue(json));
        });
        return command;
    }
}
