using System.Text.Json.Nodes;
using Loquat.Checkpoints;
using Loquat.Cli.Display;
using Loquat.Evaluation;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Objectives;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Text.Datasets;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat evaluate RUN --memorization`: how much of its training text a model knows by heart.</summary>
internal static class MemorizationEvaluation
{
    public static void Run(string path, string checkpoint, bool json, CancellationToken cancellation)
    {
        var run = new RunFolder(path);
        if (!Directory.Exists(run.Data)) throw new OptionsException($"{path} is a model folder without the text that it was trained on; --memorization compares that with held-out text. Give the folder of a run.");
        if (File.Exists(run.Recipe) && RecipeFile.Load(run.Recipe).Objective is ConversationOptions talks)
            throw new OptionsException($"{path} was trained by {talks.Type}, on conversations; --memorization looks at running text. Leave it out: the run's own conversations are scored.");
        var screen = new Screen(TimeProvider.System);
        using var model = ModelFolder.Load<CausalModel>(checkpoint == "last" && Directory.Exists(run.Last) ? run.Last : RunFolder.ModelOf(path), Placement.Of(), cancellation);
        using var dataset = TokenDataset.Open(run.Data);
        var (training, heldOut) = (Rows(dataset.Training, "training text"), Rows(dataset.Validation, "held-out text"));
        screen.Stages.End();
        if (json)
        {
            Console.Out.WriteLine(new JsonObject { ["training"] = Json(training), ["held_out"] = Json(heldOut) }.ToJsonString());
            return;
        }
        Console.Out.WriteLine("continued word for word, by tokens of prompt:");
        Console.Out.WriteLine($"{"prompt",6}  {"training text",-32}  {"held-out text",-32}  nats per token: training, held-out");
        foreach (var row in training)
        {
            var other = heldOut.FirstOrDefault(h => h.PromptTokens == row.PromptTokens);
            Console.Out.WriteLine($"{row.PromptTokens,6}  {Share(row),-32}  {(other is null ? "–" : Share(other)),-32}  {row.Nats.Value:F4}, {(other is null ? "–" : $"{other.Nats.Value:F4}")}");
        }

        IReadOnlyList<MemorizationRow> Rows(TokenShard shard, string name) =>
            Memorization.Of(model, at => shard[at], shard.Count, dataset.EndOfText, new(), (done, all) => screen.Stages.Report(new(name, done, all, "sequences")), cancellation);
    }

    private static string Share(MemorizationRow row) => $"{row.Continued.Value:P1} ({row.Continued.Low:P1} to {row.Continued.High:P1}, {row.Continued.Count})";

    private static JsonArray Json(IReadOnlyList<MemorizationRow> rows) => [.. rows.Select(row => (JsonNode)new JsonObject
    {
        ["prompt_tokens"] = row.PromptTokens,
        ["continued"] = row.Continued.Value,
        ["low"] = row.Continued.Low,
        ["high"] = row.Continued.High,
        ["sequences"] = row.Continued.Count,
        ["nats_per_token"] = row.Nats.Value,
    })];
}
