using System.CommandLine;
using System.Text.Json;
using Loquat.Cli.Display;
using Loquat.Cli.Parsing;
using Loquat.Objectives;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;
using Loquat.Text.Tokenization;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat data show RECIPE`: what the model would read and predict, before anything is trained.</summary>
internal static class DataVerb
{
    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static Command Create()
    {
        var verb = new Command("data", "Look at training data as the model will see them.") { Show() };
        verb.WithExamples("""
            loquat data show recipes/stories.yaml
            loquat data show recipes/stories.yaml --rows 1 --tokens 40 --set objective.type=prefix
            """);
        return verb;
    }

    private static Command Show()
    {
        var recipe = PathOption.Argument("recipe", "A recipe (.yaml or .json), or the folder of a run.");
        var set = new Option<string[]>("--set") { Description = "Override a value: key.path=value. May be given several times.", AllowMultipleArgumentsPerToken = true };
        var rows = NumberOption.WithDefault("--rows", "Sequences to show. Default: 2.", 2);
        var tokens = NumberOption.WithDefault("--tokens", "Tokens of each to show at most. Default: 64.", 64);
        var json = new Option<bool>("--json") { Description = "Print one JSON object a sequence, whole: ids, masks and labels." };
        var verb = new Command("show", "Print the first sequences of the first batch: what the model reads and, under each token, what it is to predict.") { recipe, set, rows, tokens, json };
        verb.SetAction((parsed, cancellation) =>
        {
            Run(parsed.GetValue(recipe)!, parsed.GetValue(set) ?? [], parsed.GetValue(rows), parsed.GetValue(tokens), parsed.GetValue(json), cancellation);
            return Task.FromResult(0);
        });
        return verb;
    }

    private static void Run(string path, string[] overrides, int rows, int tokens, bool json, CancellationToken cancellation)
    {
        if (rows < 1) throw new OptionsException($"--rows is {rows}; it must be 1 or more.");
        if (tokens < 1) throw new OptionsException($"--tokens is {tokens}; it must be 1 or more.");
        if (Directory.Exists(path)) path = new RunFolder(path).Recipe;
        var recipe = RecipeFile.Load(path, overrides);
        // The text is prepared where nothing stays behind.
        var folder = Directory.CreateTempSubdirectory("loquat-data-");
        try
        {
            var screen = new Screen(TimeProvider.System);
            var run = new TrainingRun(recipe, new RunFolder(folder.FullName)) { Note = note => screen.Fact("", note) };
            using var dataset = run.PrepareData(screen.Stages.Report, cancellation);
            screen.Stages.End();
            Print(run.FirstBatch(dataset, rows), dataset.Tokenizer, tokens, json);
        }
        finally
        {
            // A writer that wrote nothing took the folder away itself.
            if (Directory.Exists(folder.FullName)) folder.Delete(recursive: true);
        }
    }

    private static void Print(TokenBatch batch, Tokenizer tokenizer, int tokens, bool json)
    {
        if (!json)
        {
            foreach (var line in BatchPreview.Lines(batch, tokenizer, Console.IsOutputRedirected ? 120 : Math.Max(40, Console.WindowWidth - 1), tokens)) Console.Out.WriteLine(line);
            return;
        }
        for (var row = 0; row < batch.Rows; row++)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(
                new
                {
                    InputIds = Row(batch.InputIds),
                    AttentionMask = Row(batch.AttentionMask),
                    TokenTypeIds = Row(batch.TokenTypeIds),
                    Documents = Row(batch.Documents),
                    Prefix = batch.Prefix?[row],
                    DecoderInputIds = Row(batch.DecoderInputIds),
                    Labels = Row(batch.Labels),
                    RowLabel = batch.RowLabels?[row],
                },
                _json));

            long[]? Row(long[]? values) => values?[(row * values.Length / batch.Rows)..((row + 1) * values.Length / batch.Rows)];
        }
    }
}
