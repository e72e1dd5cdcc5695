using System.CommandLine;
using System.CommandLine.Parsing;
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

/// <summary>`loquat evaluate RUN`: how well a model predicts a text, or answers the questions of tasks.</summary>
internal static class EvaluateVerb
{
    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Converters = { new FiniteNumberConverter() } };

    public static Command Create()
    {
        var run = new Argument<string[]>("run") { Description = "The folder of a run, or a Hugging Face model folder; with --tasks several, to compare.", Arity = ArgumentArity.OneOrMore }.Checked();
        var data = PathOption.Optional("--data", "UTF-8 text: a file, a folder, or - for standard input. Default: the run's validation text. With --tasks: the folder with their data.");
        var checkpoint = ChoiceOption.WithDefault("--checkpoint", "Of a run: best or last. Default: best.", "best", "best", "last");
        var context = NumberOption.Optional<int>("--context-length", "Tokens in a row. Default: as in training, else the model's longest.");
        var batch = NumberOption.WithDefault("--batch-size", "Rows at once; changes speed and memory, not the result. Default: 8.", 8);
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var tasks = new Option<string?>("--tasks") { Description = "Names of tasks (see loquat tasks) or task files, with commas between them.", HelpName = "names" };
        var limit = NumberOption.Optional<int>("--limit", "The most documents of each task, the first ones. Default: all.");
        var shots = NumberOption.Optional<int>("--num-fewshot", "Solved examples before each question. Default: as the task says.");
        var log = PathOption.Optional("--log-samples", "A folder for what each document was asked and gave; a run that was stopped goes on from it.");
        var training = PathOption.Optional("--decontaminate", "Training text (UTF-8, a file or folder) in which the questions are looked for; those in it are told apart.");
        var memorization = new Option<bool>("--memorization") { Description = "Measure how much of its training text a run's model continues word for word, beside held-out text." };
        var report = PathOption.Optional("--report", "A report of the tasks with pictures (.html), as tables (.md) or as numbers (.json).");
        var adapters = PathOption.Several("--adapter", "An adapter to put on the model: a folder of peft, or a run that trained one. May be given several times.");
        var verb = new Command("evaluate", "Score a text with a model: loss, perplexity and bits per byte, with a 95 % confidence interval; for the story corpus, the distance to its true entropy. With --tasks: ask one model or several the questions of tasks.") { run, data, checkpoint, context, batch, tasks, limit, shots, log, training, report, memorization, adapters, json };
        verb.WithExamples("""
            loquat evaluate runs/quickstart
            loquat evaluate runs/quickstart --data book.txt
            loquat evaluate runs/quickstart --checkpoint last --json
            loquat evaluate runs/quickstart --memorization
            loquat evaluate runs/small --tasks hellaswag,arc_easy --data data --limit 200
            loquat evaluate runs/small runs/large --tasks mine.yaml --log-samples samples --report report.html
            """);
        verb.SetAction((parsed, cancellation) =>
        {
            Check(parsed);
            var models = parsed.GetValue(run)!;
            if (parsed.GetValue(tasks) is { } names)
            {
                string[] chosen = names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                if (chosen.Length == 0) throw new OptionsException("--tasks names none. See loquat tasks.");
                TaskEvaluation.Run(models, chosen, new() { Data = parsed.GetValue(data), Limit = parsed.GetValue(limit), FewShot = parsed.GetValue(shots), Log = parsed.GetValue(log), Training = parsed.GetValue(training) is { } seen ? TextFiles.Find(seen).SelectMany(TextFiles.Read).Select(document => document.Text) : null }, parsed.GetValue(checkpoint)!, parsed.GetValue(report), parsed.GetValue(json), cancellation);
                return Task.FromResult(0);
            }
            if (parsed.GetValue(memorization))
            {
                MemorizationEvaluation.Run(models[0], parsed.GetValue(checkpoint)!, parsed.GetValue(json), cancellation);
                return Task.FromResult(0);
            }
            var result = Run(models[0], parsed.GetValue(data), parsed.GetValue(checkpoint)!, parsed.GetValue(context), parsed.GetValue(batch), parsed.GetValue(adapters) ?? [], cancellation);
            if (parsed.GetValue(json)) Console.Out.WriteLine(JsonSerializer.Serialize(result, _json));
            else foreach (var line in EvaluationReport.Lines(result)) Console.Out.WriteLine(line);
            return Task.FromResult(0);
        });
        return verb;

        void Check(ParseResult parsed)
        {
            bool Given(Symbol symbol) => parsed.GetResult(symbol) is OptionResult { Implicit: false };
            foreach (var option in (Option[])[context, batch])
                if (Given(option) && Given(tasks)) throw new OptionsException($"{option.Name} has no effect with --tasks: each document is computed by itself, as long as it is. Leave it out.");
            foreach (var other in (Option[])[tasks, memorization])
                if (Given(adapters) && Given(other)) throw new OptionsException($"--adapter is for scoring a text; with {other.Name} give the adapter's own folder in place of the model, or merge it first (loquat adapters merge).");
            foreach (var option in (Option[])[limit, shots, log, training, report])
                if (Given(option) && !Given(tasks)) throw new OptionsException($"{option.Name} has no effect without --tasks. Leave it out, or name tasks.");
            foreach (var option in (Option[])[tasks, data, context, batch])
                if (Given(option) && Given(memorization)) throw new OptionsException($"{option.Name} has no effect with --memorization, which looks at the text of the run. Leave it out.");
            if (!Given(tasks) && parsed.GetResult(run) is { Tokens.Count: > 1 }) throw new OptionsException("without --tasks one model is scored at a time; name one.");
        }
    }

    private static EvaluationResult Run(string path, string? data, string checkpoint, int? context, int batch, string[] adapters, CancellationToken cancellation)
    {
        if (batch < 1) throw new OptionsException($"--batch-size is {batch}; it must be 1 or more.");
        if (context < 2) throw new OptionsException($"--context-length is {context}; it must be 2 or more.");
        var folder = checkpoint == "last" && Directory.Exists(new RunFolder(path).Last) ? new RunFolder(path).Last : RunFolder.ModelOf(path);
        var screen = new Screen(TimeProvider.System);
        using var model = ModelFolder.Load(folder, Placement.Of(), cancellation);
        model.AddAdapters(adapters);
        var recipe = File.Exists(new RunFolder(path).Recipe) ? RecipeFile.Load(new RunFolder(path).Recipe) : null;
        var length = context ?? recipe?.ContextLength ?? (model.Config.ContextLength == int.MaxValue ? new Recipe().ContextLength : model.Config.ContextLength);
        // A causal model is scored on the text itself, whatever it learned from it, unless that were conversations; others by what they learned, or else the usual objective of their kind.
        var talks = data is null && recipe?.Objective is ConversationOptions;
        var objective = model.Config.Kind == ModelKind.Causal && !talks ? new CausalOptions() : recipe?.Objective ?? KnownObjectives.UsualOf(model.Config.Kind);
        if (length > model.Config.ContextLength) throw new OptionsException($"--context-length is {length}; the model's longest is {model.Config.ContextLength}.");
        if (data is not null && objective.ReadsPairs) throw new OptionsException($"--data is a text, and {path} was trained on pairs of texts. Leave --data out: the run's own pairs are scored; or write texts with translate and score them with score bleu.");
        if (data is null)
        {
            if (!Directory.Exists(new RunFolder(path).Data)) throw new OptionsException($"{path} is a model folder without a validation text of its own: name a text with --data.");
            using var dataset = TokenDataset.Open(new RunFolder(path).Data);
            dataset.Validation.Verify(cancellation: cancellation);
            return Score(model, objective, recipe?.Seed ?? new Recipe().Seed, dataset.Validation, dataset.Tokenizer, length, batch, screen, cancellation, new(dataset, path, NoReference, batch, null, cancellation));
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

    private static Model NoReference() =>
        throw new CheckpointException("what the model as it began makes of the answers is not in the run's folder for this length of rows (reference_log_probs.json). Leave --context-length out; where the file is gone, go on with the run: it is made anew.");

    private static EvaluationResult Score(Model model, ObjectiveOptions objective, ulong seed, TokenShard shard, Tokenizer tokenizer, int length, int batch, Screen screen, CancellationToken cancellation, ObjectiveStart? start = null)
    {
        var made = objective.For(new(tokenizer, model.Config, length, seed));
        if (start is not null) made.Begin(start);
        var result = made.Evaluator(shard, tokenizer)
            .Evaluate(model, batch, (done, all) => screen.Stages.Report(new("evaluating", done, all, "rows")), cancellation: cancellation);
        screen.Stages.End();
        return result;
    }
}
