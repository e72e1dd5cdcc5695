using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loquat.Cli.Display;
using Loquat.Cli.Input;
using Loquat.Cli.Parsing;
using Loquat.FineTuning;
using Loquat.FineTuning.Examples;
using Loquat.Models;
using Loquat.Recipes;
using Loquat.Text.Files;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat predict MODEL`: what a model that was trained for a task says of texts.</summary>
internal static class PredictVerb
{
    private const int LongestShown = 100;

    // Labels and texts stand as they are.
    private static readonly JsonSerializerOptions _json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var model = PathOption.Argument("model", "The folder of a finetune run, or a Hugging Face model folder with a head.");
        var data = PathOption.Optional("--data", "Texts: a table (.csv, .tsv, .jsonl, .json, .parquet), or plain text, a text a line. Default: lines of standard input.");
        var text = new Option<string[]>("--text") { Description = "The column of the text; several are joined. Default: found.", AllowMultipleArgumentsPerToken = true };
        var pair = new Option<string?>("--text-pair") { Description = "The column of the second text of a pair. Default: found by its name." };
        var batch = NumberOption.WithDefault("--batch-size", "Texts at once. Default: 32.", 32);
        var json = new Option<bool>("--json") { Description = "Print a JSON object for each text: text, label, probability, probabilities." };
        var output = PathOption.Optional("--out", "Write the JSON objects to a file.");
        var verb = new Command("predict", "Let a model that was trained for a task tell of texts what it learned.") { model, data, text, pair, batch, json, output };
        verb.WithExamples("""
            loquat predict runs/sentiment --data reviews.csv
            echo "What a film!" | loquat predict runs/sentiment --json
            """);
        verb.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(batch) < 1) throw new OptionsException($"--batch-size is {parsed.GetValue(batch)}; it must be 1 or more.");
            var screen = new Screen(TimeProvider.System);
            using var classifier = TextClassifier.Load(parsed.GetValue(model)!, cancellation: cancellation);
            // Where columns are named, a reward model reads a table as any model of two texts does.
            var task = classifier.Options is RewardOptions && (parsed.GetValue(pair) is not null || parsed.GetValue(text) is { Length: > 0 }) ? new RegressionOptions() : classifier.Options;
            var options = task is TextTaskOptions columns ? columns with { Text = new TextList(parsed.GetValue(text) ?? []), TextPair = parsed.GetValue(pair), Label = null } : task;
            var examples = Examples(parsed.GetValue(data), options, classifier.Options is RewardOptions, cancellation);
            var predictions = classifier.Predict(examples, parsed.GetValue(batch), (done, all) => screen.Stages.Report(new("predicting", done, all, "texts")), cancellation);
            screen.Stages.End();
            if (classifier.Cut > 0) screen.Fact("note", $"{classifier.Cut:N0} texts are longer than the model reads: their ends are cut off");
            if (parsed.GetValue(output) is { } file) AtomicFolder.WriteFile(file, stream => Write(stream, predictions));
            if (parsed.GetValue(json)) Write(StandardOutput.Open(), predictions);
            else if (parsed.GetValue(output) is null) Show(predictions);
            return Task.FromResult(0);
        });
        return verb;
    }

    private static IReadOnlyList<Example> Examples(string? path, TaskOptions task, bool answers, CancellationToken cancellation)
    {
        if (path is not null and not "-")
        {
            if (!File.Exists(path)) throw new DataException($"{path}: there is no such file. Give a table or plain text, or - for standard input.");
            return task.ReadUnlabeled(path, cancellation);
        }
        using var reader = StandardInput.Reader("-");
        List<Example> examples = [];
        while (reader.ReadLine() is { } line)
        {
            var place = $"standard input, line {examples.Count + 1}";
            if (answers && line.Split('\t') is [var said, var answer]) examples.Add(new() { Text = said, Pair = answer, Place = place });
            else if (task is not QuestionAnsweringOptions) examples.Add(new() { Text = line, Place = place });
            else if (line.Split('\t') is [var question, var context]) examples.Add(new() { Text = question, Pair = context, Place = place });
            else throw new DataException($"{place}: a question is followed by a tab and the text that it is about.");
        }
        return examples.Count > 0 ? examples : throw new DataException("standard input: there is no text.");
    }

    private static void Write(Stream stream, IReadOnlyList<Prediction> predictions)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        foreach (var said in predictions)
        {
            var line = new JsonObject { ["text"] = said.Text, ["label"] = said.Label, ["probability"] = said.Probability };
            if (said.Probabilities.Count > 0) line["probabilities"] = new JsonObject(said.Probabilities.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
            foreach (var (key, value) in said.Details ?? []) line[key] = value?.DeepClone();
            writer.WriteLine(line.ToJsonString(_json));
        }
    }

    private static void Show(IReadOnlyList<Prediction> predictions)
    {
        var width = predictions.Max(said => ScreenLine.Columns(said.Label));
        foreach (var said in predictions)
        {
            var sure = said.Probability is { } probability ? probability.ToString("0.000", CultureInfo.InvariantCulture) + "  " : "";
            Console.Out.WriteLine($"{sure}{said.Label}{new string(' ', width - ScreenLine.Columns(said.Label))}  {ScreenLine.Fit(said.Text.ReplaceLineEndings(" "), LongestShown)}");
        }
    }
}
