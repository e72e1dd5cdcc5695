using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loquat.Cli.Display;
using Loquat.Cli.Input;
using Loquat.Cli.Parsing;
using Loquat.Text.Metrics;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat score METRIC`: text against references, a line a segment.</summary>
internal static class ScoreVerb
{
    private static readonly Option<string> _hypotheses = PathOption.Required("--hypotheses", "Lines of UTF-8 text to score; - for standard input.");
    private static readonly Option<string[]> _references = new Option<string[]>("--references") { Description = "Files with a reference for each line; several give each line several.", Required = true, AllowMultipleArgumentsPerToken = true }.Checked();
    private static readonly Option<bool> _json = new("--json") { Description = "Print one JSON object." };

    public static Command Create()
    {
        var verb = new Command("score", "Score text against references: translations, summaries, transcripts, answers; and predictions: classes, probabilities, numbers, tags.") { Bleu(), Chrf(), Ter(), Rouge(), Meteor(), ErrorRate("wer"), ErrorRate("cer"), ExactMatch() };
        foreach (var command in PredictionScores.Create().Concat(VectorScores.Create()).Append(SystemScores.Create())) verb.Add(command);
        verb.WithExamples("""
            loquat score bleu --hypotheses output.txt --references reference.txt
            loquat score chrf --hypotheses output.txt --references a.txt b.txt --word-order 2
            loquat score rouge --hypotheses summaries.txt --references targets.txt --use-stemmer --json
            loquat score classification --hypotheses predicted.txt --references labels.txt
            loquat score significance bleu --baseline old.txt --hypotheses new.txt --references reference.txt
            """);
        return verb;
    }

    private static Command Bleu()
    {
        var tokenize = new Option<string>("--tokenize") { Description = "How text is cut: 13a, intl, zh, char or none. Default: 13a.", DefaultValueFactory = _ => "13a" };
        var lowercase = new Option<bool>("--lowercase") { Description = "Compare in lower case." };
        var smooth = ChoiceOption.WithDefault("--smooth-method", "What becomes of orders without a match. Default: exp.", "exp", "exp", "floor", "add-k", "none");
        var value = NumberOption.Optional<double>("--smooth-value", "For floor (default: 0.1) and add-k (default: 1).");
        var order = NumberOption.WithDefault("--max-ngram-order", "The longest n-gram. Default: 4.", 4);
        var effective = new Option<bool>("--effective-order") { Description = "Leave out orders that a text is too short for." };
        return Metric("bleu", "BLEU with the numbers and the signature of sacreBLEU.", [tokenize, lowercase, smooth, value, order, effective], (parsed, texts) =>
        {
            var method = parsed.GetValue(smooth)!;
            if (parsed.GetValue(value) is not null && method is "exp" or "none") throw new OptionsException($"--smooth-value has no effect with --smooth-method {method}; leave it out, or use floor or add-k.");
            var score = new Bleu(new()
            {
                Tokenization = BleuTokenizer.Parse(parsed.GetValue(tokenize)!),
                Lowercase = parsed.GetValue(lowercase),
                Smoothing = method switch { "floor" => BleuSmoothing.Floor, "add-k" => BleuSmoothing.AddK, "none" => BleuSmoothing.None, _ => BleuSmoothing.Exp },
                SmoothValue = parsed.GetValue(value),
                MaxNgramOrder = parsed.GetValue(order),
                EffectiveOrder = parsed.GetValue(effective),
            }).Score(texts);
            return (score.ToString(), new JsonObject
            {
                ["score"] = score.Score,
                ["signature"] = score.Signature,
                ["counts"] = Array(score.Counts),
                ["totals"] = Array(score.Totals),
                ["precisions"] = Array(score.Precisions),
                ["brevity_penalty"] = score.BrevityPenalty,
                ["hypothesis_length"] = score.HypothesisLength,
                ["reference_length"] = score.ReferenceLength,
            });
        });
    }

    private static Command Chrf()
    {
        var characters = NumberOption.WithDefault("--char-order", "The longest n-gram of characters. Default: 6.", 6);
        var words = NumberOption.WithDefault("--word-order", "The longest n-gram of words; 2 is chrF++. Default: 0.", 0);
        var beta = NumberOption.WithDefault("--beta", "How many times recall weighs as much as precision. Default: 2.", 2);
        var lowercase = new Option<bool>("--lowercase") { Description = "Compare in lower case." };
        var space = new Option<bool>("--whitespace") { Description = "Count white space as characters." };
        var eps = new Option<bool>("--eps-smoothing") { Description = "Smooth as chrF++.py does." };
        return Metric("chrf", "chrF and chrF++ with the numbers and the signature of sacreBLEU.", [characters, words, beta, lowercase, space, eps], (parsed, texts) =>
        {
            var score = new Chrf(new()
            {
                CharOrder = parsed.GetValue(characters),
                WordOrder = parsed.GetValue(words),
                Beta = parsed.GetValue(beta),
                Lowercase = parsed.GetValue(lowercase),
                WhiteSpace = parsed.GetValue(space),
                EpsSmoothing = parsed.GetValue(eps),
            }).Score(texts);
            return (score.ToString(), new JsonObject { ["score"] = score.Score, ["name"] = score.Name, ["signature"] = score.Signature });
        });
    }

    private static Command Ter()
    {
        var normalized = new Option<bool>("--normalized") { Description = "Set marks apart." };
        var punctuation = new Option<bool>("--no-punct") { Description = "Take marks out." };
        var asian = new Option<bool>("--asian-support") { Description = "Know Chinese and Japanese characters and marks in both." };
        var sensitive = new Option<bool>("--case-sensitive") { Description = "Tell capitals from small letters." };
        return Metric("ter", "Translation edit rate with the numbers and the signature of sacreBLEU.", [normalized, punctuation, asian, sensitive], (parsed, texts) =>
        {
            if (parsed.GetValue(asian) && !parsed.GetValue(normalized) && !parsed.GetValue(punctuation)) throw new OptionsException("--asian-support has no effect without --normalized or --no-punct.");
            var score = new Ter(new() { Normalized = parsed.GetValue(normalized), NoPunct = parsed.GetValue(punctuation), AsianSupport = parsed.GetValue(asian), CaseSensitive = parsed.GetValue(sensitive) }).Score(texts);
            return (score.ToString(), new JsonObject { ["score"] = score.Score, ["signature"] = score.Signature, ["edits"] = score.Edits, ["reference_length"] = score.ReferenceLength });
        });
    }

    private static Command Rouge()
    {
        var stemmer = new Option<bool>("--use-stemmer") { Description = "Compare the stems of words." };
        var order = NumberOption.WithDefault("--max-order", "The longest n-gram. Default: 2.", 2);
        return Metric("rouge", "ROUGE-1, ROUGE-2, ROUGE-L and ROUGE-Lsum with the numbers of rouge_score, means over the lines.", [stemmer, order], (parsed, texts) =>
        {
            var mean = Loquat.Text.Metrics.Rouge.Mean(new Rouge(new() { UseStemmer = parsed.GetValue(stemmer), MaxOrder = parsed.GetValue(order) }).Score(texts));
            var rows = mean.All.Select(s => FormattableString.Invariant($"{s.Name,-10} {s.Score.Precision,10:F4} {s.Score.Recall,10:F4} {s.Score.F,10:F4}"));
            var json = new JsonObject();
            foreach (var (name, score) in mean.All) json[name] = new JsonObject { ["precision"] = score.Precision, ["recall"] = score.Recall, ["f"] = score.F };
            return (string.Join('\n', rows.Prepend($"{"",-10} {"precision",10} {"recall",10} {"F",10}")), json);
        });
    }

    private static Command Meteor() => Metric("meteor", "METEOR by equal words and stems, without synonyms; words are cut at white space; the mean over the lines.", [], (_, texts) =>
    {
        var meteor = new Meteor();
        var score = Enumerable.Range(0, texts.Count).Average(i => meteor.Sentence(BleuTokenizer.Tokenize(texts.Hypotheses[i], BleuTokenization.None), [.. texts.References(i).Select(r => BleuTokenizer.Tokenize(r, BleuTokenization.None))]));
        return (FormattableString.Invariant($"METEOR = {score:F4}"), new JsonObject { ["score"] = score });
    });

    private static Command ErrorRate(string name) => Metric(name, name == "wer" ? "Word error rate of transcripts, with its parts." : "Character error rate of transcripts, with its parts.", [], (_, texts) =>
    {
        var counts = default(ErrorCounts);
        for (var i = 0; i < texts.Count; i++)
        {
            if (texts.References(i).Count > 1) throw new OptionsException($"{name} takes one reference a line; give one file to --references.");
            counts += name == "wer" ? ErrorRates.Words(texts.References(i)[0], texts.Hypotheses[i]) : ErrorRates.Characters(texts.References(i)[0], texts.Hypotheses[i]);
        }
        var json = new JsonObject
        {
            ["score"] = counts.ErrorRate,
            ["hits"] = counts.Hits,
            ["substitutions"] = counts.Substitutions,
            ["deletions"] = counts.Deletions,
            ["insertions"] = counts.Insertions,
            ["mer"] = counts.MatchErrorRate,
            ["wil"] = counts.InformationLost,
            ["wip"] = counts.InformationPreserved,
        };
        return (FormattableString.Invariant($"{name.ToUpperInvariant()} = {counts.ErrorRate:P2} (hits {counts.Hits}, substitutions {counts.Substitutions}, deletions {counts.Deletions}, insertions {counts.Insertions})"), json);
    });

    private static Command ExactMatch()
    {
        var ignoreCase = new Option<bool>("--ignore-case") { Description = "Compare in lower case." };
        var punctuation = new Option<bool>("--ignore-punctuation") { Description = "Leave ASCII marks out." };
        var numbers = new Option<bool>("--ignore-numbers") { Description = "Leave the digits out." };
        return Metric("exact-match", "The share of lines that are equal to one of their references.", [ignoreCase, punctuation, numbers], (parsed, texts) =>
        {
            var match = new ExactMatch { IgnoreCase = parsed.GetValue(ignoreCase), IgnorePunctuation = parsed.GetValue(punctuation), IgnoreNumbers = parsed.GetValue(numbers) };
            var matches = Enumerable.Range(0, texts.Count).Count(i => texts.References(i).Any(r => match.Matches(texts.Hypotheses[i], r)));
            var score = (double)matches / texts.Count;
            return (FormattableString.Invariant($"exact match = {score:P2} ({matches} of {texts.Count})"), new JsonObject { ["score"] = score, ["matches"] = matches, ["count"] = texts.Count });
        });
    }

    internal static Command Metric(string name, string description, Option[] options, Func<ParseResult, Translations, (string Table, JsonObject Json)> score)
    {
        var command = new Command(name, description) { _hypotheses, _references, _json };
        foreach (var option in options) command.Add(option);
        command.SetAction(parsed =>
        {
            var texts = new Translations(Lines(parsed.GetValue(_hypotheses)!), [.. parsed.GetValue(_references)!.Select(Lines)]);
            if (texts.Count == 0) throw new DataException($"{parsed.GetValue(_hypotheses)}: there is no line to score.");
            var (table, json) = score(parsed, texts);
            Print(name, table, json, parsed.GetValue(_json));
        });
        return command;
    }

    internal static void Print(string name, string table, JsonObject json, bool asJson)
    {
        json.Insert(0, "metric", name);
        Console.Out.WriteLine(asJson ? json.ToJsonString(new JsonSerializerOptions { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals }) : table);
    }

    // Lines end at line feeds alone: other ends of lines belong to the text.
    internal static List<string> Lines(string path)
    {
        try
        {
            using var reader = StandardInput.Reader(path);
            var text = reader.ReadToEnd();
            return text.Length == 0 ? [] : [.. (text.EndsWith('\n') ? text[..^1] : text).Split('\n').Select(line => line.TrimEnd('\r'))];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: cannot be read: {error.Message}", error);
        }
    }

    private static JsonArray Array(IEnumerable<double> values) => [.. values.Select(v => JsonValue.Create(v))];
}
