using System.CommandLine;
using System.Text.Json;
using Loquat.Checkpoints;
using Loquat.Cli.Display;
using Loquat.Cli.Input;
using Loquat.Cli.Parsing;
using Loquat.Evaluation;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Objectives;
using Loquat.Native;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;
using Loquat.Corpus.Collection;
using Loquat.Text.Collection;
using Loquat.Text.Datasets;
using Loquat.Text.Tokenization;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat evaluate RUN`: how well a model predicts a text.</summary>
internal static class EvaluateVerb
{
    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Converters = { new FiniteNumberConverter() } };

    public static Command Create()
    {
        var run = PathOption.Argument("run", "The folder of a run, or a Hugging Face model folder.");
        var data = PathOption.Optional("--data", "UTF-8 text: a file, a folder, or - for standard input. Default: the run's validation text.");
        var checkpoint = ChoiceOption.WithDefault("--checkpoint", "Of a run: best or last. Default: best.", "best", "best", "last");
        var context = NumberOption.Optional<int>("--context-length", "Tokens in a row. Default: as in training, else the model's longest.");
        var batch = NumberOption.WithDefault("--batch-size", "Rows at once; changes speed and memory, not the result. Default: 8.", 8);
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var verb = new Command("evaluate", "Score a text with a model: loss, perplexity and bits per byte, with a 95 % confidence interval; for the story corpus, the distance to its true entropy.") { run, data, checkpoint, context, batch, json };
        verb.WithExamples("""
            loquat evaluate runs/quickstart
            loquat evaluate runs/quickstart --data book.txt
            loquat evaluate runs/quickstart --checkpoint last --json
            """);
        verb.SetAction((parsed, cancellation) =>
        {
            var result = Run(parsed.GetValue(run)!, parsed.GetValue(data), parsed.GetValue(checkpoint)!, parsed.GetValue(context), parsed.GetValue(batch), cancellation);
            if (parsed.GetValue(json)) Console.Out.WriteLine(JsonSerializer.Serialize(result, _json));
            else foreach (var line in EvaluationReport.Lines(result)) Console.Out.WriteLine(line);
            return Task.FromResult(0);
        });
        return verb;
    }

    private static EvaluationResult Run(string path, string? data, string checkpoint, int? context, int batch, CancellationToken cancellation)
    {
        if (batch < 1) throw new OptionsException($"--batch-size is {batch}; it must be 1 or more.");
        if (context < 2) throw new OptionsException($"--context-length is {context}; it must be 2 or more.");
        var folder = checkpoint == "last" && Directory.Exists(new RunFolder(path).Last) ? new RunFolder(path).Last : RunFolder.ModelOf(path);
        var screen = new Screen(TimeProvider.System);
        using var model = ModelFolder.Load(folder, Placement.Of(), cancellation);
        var recipe = File.Exists(new RunFolder(path).Recipe) ? RecipeFile.Load(new RunFolder(path).Recipe) : null;
        var length = context ?? recipe?.ContextLength ?? (model.Config.ContextLength == int.MaxValue ? new Recipe().ContextLength : model.Config.ContextLength);
        // A causal model is scored on the text itself, whatever it learned from it; others by what they learned, or else the usual objective of their kind.
        var objective = model.Config.Kind == ModelKind.Causal ? new CausalOptions() : recipe?.Objective ?? KnownObjectives.UsualOf(model.Config.Kind);
        if (length > model.Config.ContextLength) throw new OptionsException($"--context-length is {length}; the model's longest is {model.Config.ContextLength}.");
        if (data is null)
        {
            if (!Directory.Exists(new RunFolder(path).Data)) throw new OptionsException($"{path} is a model folder without a validation text of its own: name a text with --data.");
            using var dataset = TokenDataset.Open(new RunFolder(path).Data);
            return Score(model, objective, recipe?.Seed ?? new Recipe().Seed, dataset.Validation, dataset.Tokenizer, length, batch, screen, cancellation);
        }
        var tokenizer = Tokenizer.Load(folder);
        if (tokenizer.VocabSize > model.Config.VocabSize)
            throw new CheckpointException($"{folder}: the tokenizer has {tokenizer.VocabSize} tokens, the model {model.Config.VocabSize}: they do not belong together.");
        using var input = StandardInput.Spool(data);
        using var temporary = new TemporaryFile();
        var skipped = new List<(string, string)>();
        var sources = new SourceFiles();
        void Skip(string file, string reason) => skipped.Add((file, reason));
        TokenDataset.Encode(sources.Find(input.Path, null, Skip).SelectMany(file => sources.Read(file, Skip)), tokenizer, 0, temporary.Path, null, cancellation);
        foreach (var line in TextFiles.Notes(skipped)) screen.Fact("", line);
        using var shard = TokenShard.Open(temporary.Path);
        if (shard.Count < 2) throw new DataException($"{data}: there is no text to score.");
        return Score(model, objective, recipe?.Seed ?? new Recipe().Seed, shard, tokenizer, length, batch, screen, cancellation);
    }

    private static EvaluationResult Score(Model model, ObjectiveOptions objective, ulong seed, TokenShard shard, Tokenizer tokenizer, int length, int batch, Screen screen, CancellationToken cancellation)
    {
        var result = objective.For(new(tokenizer, model.Config, length, seed)).Evaluator(shard, tokenizer)
            .Evaluate(model, batch, (done, all) => screen.Stages.Report(new("evaluating", done, all, "rows")), cancellation: cancellation);
        screen.Stages.End();
        return result;
    }
}
