using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loquat.Cli.Parsing;
using Loquat.Text.Metrics;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat score METRIC` of predictions: classes, probabilities, numbers, tags, answers.</summary>
internal static class PredictionScores
{
    public static IEnumerable<Command> Create() => [Classification(), Probabilities(), Correlations(), Tags(), Varied(), SquadAnswers()];

    private static Command Classification() => ScoreVerb.Metric("classification", "Accuracy, precision, recall, F, Matthews' correlation and kappa of labels, one a line, with the numbers of scikit-learn.", [], (_, texts) =>
    {
        var (given, right) = Pairs(texts, "classification");
        var scores = new Classification<string>(right, given);
        var low = Significance.Wilson((int)Math.Round(scores.Accuracy * right.Count), right.Count);
        var json = new JsonObject { ["accuracy"] = scores.Accuracy, ["low"] = low.Low, ["high"] = low.High, ["balanced_accuracy"] = scores.BalancedAccuracy(), ["mcc"] = scores.MatthewsCorrelation(), ["kappa"] = scores.Kappa() };
        List<(string Name, ClassScore Score)> rows = [.. scores.Classes.Zip(scores.PerClass()), ("micro", scores.Micro()), ("macro", scores.Macro()), ("weighted", scores.Weighted())];
        var classes = new JsonObject();
        foreach (var (name, score) in rows) classes[name] = Json(score);
        json["classes"] = classes;
        var head = FormattableString.Invariant($"accuracy = {scores.Accuracy:F4} ({low.Low:F4} to {low.High:F4}), MCC = {scores.MatthewsCorrelation():F4}, kappa = {scores.Kappa():F4}, n = {right.Count}");
        return (string.Join('\n', [head, .. Table(rows)]), json);
    });

    private static Command Probabilities()
    {
        var bins = NumberOption.WithDefault("--bins", "Of the calibration errors. Default: 15.", 15);
        return ScoreVerb.Metric("probabilities", "ROC-AUC, average precision, log loss, Brier score and calibration of probabilities: a line with that of each class against the number of the right one; a single one is that of class 1.", [bins], (parsed, texts) =>
        {
            var (given, right) = Pairs(texts, "probabilities");
            var truth = right.Select((text, i) => NumberText.TryParse<int>(text.Trim(), out var label) && label >= 0 ? label : throw new DataException($"line {i + 1} of the references is '{text}'; it must be the number of a class, from 0.")).ToList();
            var rows = given.Select((line, i) => (IReadOnlyList<double>)[.. line.Split([' ', '\t', ','], StringSplitOptions.RemoveEmptyEntries).Select(word => Number(word, i))]).ToList();
            var width = rows[0].Count;
            if (width == 0 || rows.FindIndex(r => r.Count != width) is >= 0 and var odd && odd >= 0) throw new DataException("the lines of probabilities have not equally many numbers.");
            if (width == 1) rows = [.. rows.Select(r => (IReadOnlyList<double>)[1 - r[0], r[0]])];
            if (truth.Max() >= rows[0].Count) throw new DataException($"the references name class {truth.Max()}, and there are probabilities of {rows[0].Count}.");
            var two = rows[0].Count == 2;
            var (positive, ofOne) = (truth.ConvertAll(t => t == 1), rows.ConvertAll(r => r[1]));
            var calibration = new Calibration(truth, rows, parsed.GetValue(bins));
            var json = new JsonObject
            {
                ["roc_auc"] = Json(two ? Ranking.RocAuc(positive, ofOne) : Ranking.Mean(truth, Ranking.RocAucPerClass(truth, rows), weighted: false)),
                ["average_precision"] = Json(two ? Ranking.AveragePrecision(positive, ofOne) : Ranking.Mean(truth, Ranking.AveragePrecisionPerClass(truth, rows), weighted: false)),
                ["log_loss"] = Json(two ? Ranking.LogLoss(positive, ofOne) : Ranking.LogLoss(truth, rows)),
                ["brier"] = Json(two ? Ranking.Brier(positive, ofOne) : Ranking.Brier(truth, rows)),
                ["expected_calibration_error"] = Json(calibration.ExpectedError),
                ["maximum_calibration_error"] = Json(calibration.MaximumError),
            };
            return (Lines(json), json);
        });
    }

    private static Command Correlations() => ScoreVerb.Metric("correlation", "Correlations and errors of numbers, one a line, with the numbers of SciPy.", [], (_, texts) =>
    {
        var (given, right) = Pairs(texts, "correlation");
        List<double> x = [.. right.Select(Number)], y = [.. given.Select(Number)];
        var (pearson, spearman, kendall) = (Correlation.Pearson(x, y), Correlation.Spearman(x, y), Correlation.KendallB(x, y));
        var json = new JsonObject
        {
            ["pearson"] = Json(pearson.Value),
            ["pearson_p"] = Json(pearson.PValue),
            ["spearman"] = Json(spearman.Value),
            ["spearman_p"] = Json(spearman.PValue),
            ["kendall"] = Json(kendall.Value),
            ["kendall_p"] = Json(kendall.PValue),
            ["mse"] = Json(Correlation.MeanSquaredError(x, y)),
            ["mae"] = Json(Correlation.MeanAbsoluteError(x, y)),
            ["r2"] = Json(Correlation.Determination(x, y)),
        };
        return (Lines(json), json);
    });

    private static Command Tags()
    {
        var schemes = Enum.GetNames<TagScheme>().ToDictionary(name => name.ToLowerInvariant(), Enum.Parse<TagScheme>);
        var scheme = ChoiceOption.Optional("--scheme", "Judge strictly by a scheme. Default: as conlleval does.", [.. schemes.Keys]);
        return ScoreVerb.Metric("tags", "Precision, recall and F of the entities in lines of tags, with the numbers of seqeval.", [scheme], (parsed, texts) =>
        {
            var (given, right) = Pairs(texts, "tags");
            List<string[]> truth = [.. right.Select(Words)], predicted = [.. given.Select(Words)];
            if (truth.Zip(predicted).Index().FirstOrDefault(p => p.Item.First.Length != p.Item.Second.Length) is { Item.First: not null } odd) throw new DataException($"line {odd.Index + 1} has {odd.Item.Second.Length} tags, and its reference {odd.Item.First.Length}.");
            IReadOnlyList<Entity> Entities(string[] tags) => parsed.GetValue(scheme) is { } name ? SequenceLabels.Entities(tags, schemes[name]) : SequenceLabels.Entities(tags);
            var report = SequenceLabels.Report([.. truth.Select(Entities)], [.. predicted.Select(Entities)]);
            var accuracy = SequenceLabels.Accuracy([.. truth], [.. predicted]);
            var json = new JsonObject { ["accuracy"] = accuracy };
            foreach (var (name, score) in report) json[name] = Json(score);
            return (string.Join('\n', [FormattableString.Invariant($"accuracy of tags = {accuracy:F4}"), .. Table(report)]), json);
        });
    }

    private static Command Varied()
    {
        var file = PathOption.Required("--hypotheses", "Lines of UTF-8 text; - for standard input.");
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("diversity", "How varied texts are: distinct n-grams, repetition, self-BLEU.") { file, json };
        command.SetAction(parsed =>
        {
            var lines = ScoreVerb.Lines(parsed.GetValue(file)!);
            if (lines.Count == 0) throw new DataException($"{parsed.GetValue(file)}: there is no line to score.");
            var diversity = new Diversity(lines);
            var result = new JsonObject();
            for (var n = 1; n <= 4; n++) result[$"distinct_{n}"] = Json(diversity.Distinct(n));
            result["repetition_4"] = Json(diversity.SequenceRepetition(4));
            result["repetition_rate"] = Json(diversity.RepetitionRate().Rate);
            if (lines.Count > 1) result["self_bleu_4"] = Json(diversity.SelfBleu(4));
            ScoreVerb.Print("diversity", Lines(result), result, parsed.GetValue(json));
        });
        return command;
    }

    private static Command SquadAnswers()
    {
        var predictions = PathOption.Required("--predictions", "JSON of the answers: an object with the answer of each question's id.");
        var data = PathOption.Required("--data", "The questions, in SQuAD's own JSON.");
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("squad", "Exact match and F1 of SQuAD, with the numbers of the published scripts: version 2.0 where questions without an answer are among the data, else 1.1.") { predictions, data, json };
        command.SetAction(parsed =>
        {
            var answers = Parse(parsed.GetValue(predictions)!) as JsonObject ?? throw new DataException($"{parsed.GetValue(predictions)}: answers are an object with the text of each question's id.");
            var questions = (Parse(parsed.GetValue(data)!)?["data"] as JsonArray ?? throw new DataException($"{parsed.GetValue(data)}: there is no 'data' in it."))
                .SelectMany(article => (JsonArray)article!["paragraphs"]!).SelectMany(paragraph => (JsonArray)paragraph!["qas"]!).ToList();
            var missing = questions.Count(q => answers[q!["id"]!.GetValue<string>()] is null);
            if (missing > 0) Console.Error.WriteLine($"{missing} of {questions.Count} questions have no answer in {parsed.GetValue(predictions)}; they count as wrong.");
            var second = questions.Any(q => q!["is_impossible"]?.GetValue<bool>() == true);
            List<SquadAnswer> scored = [.. questions.Where(q => second || answers[q!["id"]!.GetValue<string>()] is not null)
                .Select(q => new SquadAnswer(answers[q!["id"]!.GetValue<string>()]?.GetValue<string>() ?? "", [.. ((JsonArray)q["answers"]!).Select(a => a!["text"]!.GetValue<string>())]))];
            var share = second ? 1.0 : (double)scored.Count / questions.Count;
            var (exact, f1) = scored.Count == 0 ? (0, 0) : second ? (Squad.Summary2(scored).Exact, Squad.Summary2(scored).F1) : Squad.Summary1(scored);
            var result = new JsonObject { ["version"] = second ? "2.0" : "1.1", ["exact_match"] = Json(exact * share), ["f1"] = Json(f1 * share), ["total"] = questions.Count };
            ScoreVerb.Print("squad", Lines(result), result, parsed.GetValue(json));
        });
        return command;
    }

    private static (List<string> Given, List<string> Right) Pairs(Translations texts, string metric)
    {
        if (Enumerable.Range(0, texts.Count).Any(i => texts.References(i).Count > 1)) throw new OptionsException($"{metric} takes one reference a line; give one file to --references.");
        return ([.. texts.Hypotheses], [.. Enumerable.Range(0, texts.Count).Select(i => texts.References(i)[0])]);
    }

    private static double Number(string text, int line) => NumberText.TryParse<double>(text.Trim(), out var value) ? value : throw new DataException($"line {line + 1} has '{text}'; it must be a number, such as 0.5.");

    private static string[] Words(string line) => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static JsonNode? Parse(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new DataException($"{path}: cannot be read: {error.Message}", error);
        }
    }

    private static JsonObject Json(ClassScore score) => new() { ["precision"] = Json(score.Precision), ["recall"] = Json(score.Recall), ["f"] = Json(score.F), ["support"] = Json(score.Support) };

    internal static JsonValue? Json(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;

    private static string Lines(JsonObject json) =>
        string.Join('\n', json.Select(pair => $"{pair.Key,-26} {(pair.Value is JsonValue value && value.TryGetValue<double>(out var number) ? number.ToString("F4", CultureInfo.InvariantCulture) : pair.Value?.ToString() ?? "–")}"));

    private static IEnumerable<string> Table(IEnumerable<(string Name, ClassScore Score)> rows)
    {
        var all = rows.ToList();
        var width = all.Max(r => r.Name.Length);
        yield return $"{"".PadRight(width)} {"precision",10} {"recall",10} {"F",10} {"support",10}";
        foreach (var (name, score) in all) yield return FormattableString.Invariant($"{name.PadRight(width)} {score.Precision,10:F4} {score.Recall,10:F4} {score.F,10:F4} {score.Support,10:F0}");
    }
}
