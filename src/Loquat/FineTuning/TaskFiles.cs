using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Loquat.FineTuning.Examples;
using Loquat.Reporting;
using Loquat.Text.Files;

namespace Loquat.FineTuning;

/// <summary>What a run on examples leaves beside its checkpoints: `results.json`, `predictions.jsonl` of the test, `plots/confusion.png`.</summary>
public static class TaskFiles
{
    // Labels and texts are read by people: emoji and letters stand as they are.
    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions _line = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Results(RunFolder folder) => Path.Combine(folder.Root, "results.json");

    public static string Predictions(RunFolder folder) => Path.Combine(folder.Root, "predictions.jsonl");

    public static string Confusion(RunFolder folder) => Path.Combine(folder.Root, "plots", "confusion.png");

    internal static void Write(RunFolder folder, string task, TaskResult result, IReadOnlyList<Example> examples, IReadOnlyList<Prediction> predictions)
    {
        AtomicFolder.WriteFile(Results(folder), file => JsonSerializer.Serialize(file, new { task, result.Count, figures = result.Figures, result.Classes, result.Confusion, result.Worst, result.Advice }, _json));
        AtomicFolder.WriteFile(Predictions(folder), file =>
        {
            using var writer = new StreamWriter(file, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
            for (var i = 0; i < predictions.Count; i++)
            {
                var (example, said) = (examples[i], predictions[i]);
                writer.WriteLine(JsonSerializer.Serialize(new { example.Id, example.Place, example.Text, Pair = example.Answers is null ? example.Pair : null, expected = Expected(example), said.Label, said.Probability, said.Details }, _line));
            }
        });
        if (result.Confusion is { } counts) ConfusionPlot.Write(Confusion(folder), counts);
    }

    private static object? Expected(Example example) => (object?)example.Tags ?? (object?)example.Labels ?? (object?)example.Answers?.Select(answer => answer.Text) ?? example.Label;
}
