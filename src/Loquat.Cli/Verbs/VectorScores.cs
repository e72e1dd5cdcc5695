using System.CommandLine;
using System.Text.Json.Nodes;
using Loquat.Cli.Parsing;
using Loquat.Text.Metrics;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat score METRIC` of word vectors: associations, analogies, similarity.</summary>
internal static class VectorScores
{
    public static IEnumerable<Command> Create() => [Associations(), Analogies(), Similarity()];

    private static Command Associations()
    {
        Option<string>[] sets = [.. ((string[])["--x", "--y", "--a", "--b"]).Select(name => PathOption.Required(name, name is "--x" or "--y" ? "Words of a group, one a line." : "Words of an attribute, one a line."))];
        return Metric("weat", "The word embedding association test: whether the words of x are nearer to a, and those of y nearer to b (Caliskan et al. 2017).", sets, (parsed, path) =>
        {
            var words = sets.Select(set => ScoreVerb.Lines(parsed.GetValue(set)!).Select(w => w.Trim()).Where(w => w.Length > 0).ToList()).ToList();
            var known = WordVectors.Read(ScoreVerb.Lines(path), words.SelectMany(w => w).ToHashSet(), path);
            var missing = words.SelectMany(w => w).Where(w => !known.TryGet(w, out _)).Distinct().ToList();
            if (missing.Count > 0) Console.Error.WriteLine($"without a vector, and left out: {string.Join(", ", missing)}");
            List<double[]>[] found = [.. words.Select(w => w.Select(one => known.TryGet(one, out var vector) ? vector : null).OfType<double[]>().ToList())];
            var score = Weat.Score(found[0], found[1], found[2], found[3], new Random(1));
            var result = new JsonObject
            {
                ["effect_size"] = PredictionScores.Json(score.EffectSize),
                ["p_value"] = PredictionScores.Json(score.PValue),
                ["statistic"] = PredictionScores.Json(score.Statistic),
                ["splits"] = score.Splits,
                ["words"] = new JsonArray([.. found.Select(f => (JsonNode)f.Count)]),
                ["missing"] = new JsonArray([.. missing.Select(m => (JsonNode)m)]),
            };
            var caveat = "An effect in vectors need not be one in what a model does with them, and the choice of words decides much (Blodgett et al. 2020; Ethayarajh et al. 2019).";
            return ($"{FormattableString.Invariant($"effect size = {score.EffectSize:F4}, p = {score.PValue:F4} ({score.Splits:N0} splits)")}\n{caveat}", result);
        });
    }

    private static Command Analogies()
    {
        var questions = PathOption.Required("--questions", "Four words a line, ': name' before each kind, as questions-words.txt.");
        return Metric("analogy", "Analogies of words: a is to b as c is to what, by 3CosAdd and 3CosMul (Mikolov et al. 2013; Levy and Goldberg 2014).", [questions], (parsed, path) =>
        {
            var sections = WordAnalogies.Score(WordVectors.Read(ScoreVerb.Lines(path), name: path), ScoreVerb.Lines(parsed.GetValue(questions)!), parsed.GetValue(questions)!);
            var (total, known, added, multiplied) = (sections.Sum(s => s.Total), sections.Sum(s => s.Answers.Count), sections.Sum(s => s.CorrectAdded), sections.Sum(s => s.CorrectMultiplied));
            if (known == 0) throw new DataException($"none of the {total} questions has vectors for all of its words; words of questions are in lower case.");
            JsonObject Figures(int all, int asked, int byAdding, int byMultiplying) => new()
            {
                ["total"] = all,
                ["in_vocabulary"] = asked,
                ["correct_add"] = byAdding,
                ["correct_mul"] = byMultiplying,
                ["accuracy_add"] = asked == 0 ? null : (double)byAdding / asked,
                ["accuracy_mul"] = asked == 0 ? null : (double)byMultiplying / asked,
            };
            var json = Figures(total, known, added, multiplied);
            var kinds = new JsonObject();
            foreach (var section in sections) kinds[section.Name] = Figures(section.Total, section.Answers.Count, section.CorrectAdded, section.CorrectMultiplied);
            json["sections"] = kinds;
            var lines = sections.Where(s => s.Answers.Count > 0).Select(s => FormattableString.Invariant($"  {s.Name,-32} {(double)s.CorrectAdded / s.Answers.Count,7:F4} {(double)s.CorrectMultiplied / s.Answers.Count,7:F4}   {s.Answers.Count:N0} of {s.Total:N0}"));
            return (string.Join('\n', [FormattableString.Invariant($"3CosAdd = {(double)added / known:F4}, 3CosMul = {(double)multiplied / known:F4}, {known:N0} of {total:N0} questions have vectors"), .. lines]), json);
        });
    }

    private static Command Similarity()
    {
        var pairs = PathOption.Required("--pairs", "Two words and how alike people find them a line, as SimLex-999.");
        return Metric("similarity", "How cosines of word vectors go with what people say: Spearman's and Pearson's correlation (Hill et al. 2015).", [pairs], (parsed, path) =>
        {
            var result = WordSimilarity.Score(WordVectors.Read(ScoreVerb.Lines(path), name: path), ScoreVerb.Lines(parsed.GetValue(pairs)!), parsed.GetValue(pairs)!);
            if (result.Pairs.Count < 2) throw new DataException($"{result.Pairs.Count} of {result.Total} pairs have vectors; a correlation needs two or more.");
            return (FormattableString.Invariant($"Spearman = {result.Spearman.Value:F4}, Pearson = {result.Pearson.Value:F4}, {result.Pairs.Count:N0} of {result.Total:N0} pairs have vectors"),
                new() { ["spearman"] = PredictionScores.Json(result.Spearman.Value), ["pearson"] = PredictionScores.Json(result.Pearson.Value), ["total"] = result.Total, ["in_vocabulary"] = result.Pairs.Count });
        });
    }

    private static Command Metric(string name, string about, IReadOnlyList<Option<string>> options, Func<ParseResult, string, (string Table, JsonObject Json)> score)
    {
        var vectors = PathOption.Required("--vectors", "Vectors as text: a word and its numbers a line.");
        var asJson = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command(name, about) { vectors, asJson };
        foreach (var option in options) command.Add(option);
        command.SetAction(parsed =>
        {
            var (table, json) = score(parsed, parsed.GetValue(vectors)!);
            ScoreVerb.Print(name, table, json, parsed.GetValue(asJson));
        });
        return command;
    }
}
