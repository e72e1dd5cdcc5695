using System.CommandLine;
using System.Globalization;
using Loquat.Cli.Display;
using Loquat.Cli.Parsing;
using Loquat.Corpus.Preprocessing;
using Loquat.Corpus.Preprocessing.Statistics;
using Loquat.Corpus.Preprocessing.Steps;
using Loquat.Corpus.Shards;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat preprocess`: documents through the steps of a recipe.</summary>
internal static class PreprocessVerb
{
    public static Command Create()
    {
        var inputs = new Argument<string[]>("input") { Description = "A recipe (.yaml), then files of documents (.jsonl, .jsonl.zst, .parquet) or text (.txt, .md), or folders of them: what `loquat collect` wrote.", Arity = ArgumentArity.ZeroOrMore }.Checked();
        var steps = new Option<string?>("--steps") { Description = "Steps in their order, divided by commas, instead of a recipe: repair,language:keep=eng,near_dedup:threshold=0.8. --list-steps names all." };
        var output = PathOption.Optional("--out", "The folder to write: shards, a ledger of every document, a report.");
        var format = new Option<string>("--format") { Description = "jsonl.zst, jsonl or parquet. Default: jsonl.zst.", DefaultValueFactory = _ => "jsonl.zst" };
        var workers = NumberOption.WithDefault("--workers", "Threads; the result does not depend on it. Default: one a core.", Environment.ProcessorCount);
        var list = new Option<bool>("--list-steps") { Description = "Name every step and what it does." };
        var verb = new Command("preprocess", "Clean, filter and deduplicate documents, with a report of what each step did.") { inputs, steps, output, format, workers, list };
        verb.WithExamples("""
            loquat preprocess --list-steps
            loquat preprocess --steps repair,gopher_quality,near_dedup corpus/ --out clean/
            loquat preprocess recipe.yaml corpus/ --out clean/ --format parquet
            """);
        verb.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(list))
            {
                foreach (var (name, description) in StepCatalog.All) Console.WriteLine($"{name,-20} {description}");
                return Task.FromResult(0);
            }
            if (Build(parsed.GetValue(inputs)!) is { } build)
            {
                if (parsed.GetValue(steps) is not null) throw new OptionsException("preprocess takes a recipe or --steps, not both.");
                return Task.FromResult(Run(build, Options(["."], "repair", parsed.GetValue(output), parsed.GetValue(format)!, parsed.GetValue(workers)), cancellation));
            }
            var options = Options(parsed.GetValue(inputs)!, parsed.GetValue(steps), parsed.GetValue(output), parsed.GetValue(format)!, parsed.GetValue(workers));
            return Task.FromResult(Run(options, cancellation));
        });
        return verb;
    }

    /// <summary>A recipe that collects sources or makes tokens; null where there is none.</summary>
    private static PreprocessingRecipe? Build(string[] inputs)
    {
        if (inputs.Length == 0 || Path.GetExtension(inputs[0]) is not (".yaml" or ".yml")) return null;
        var recipe = PreprocessingRecipe.Load(inputs[0]);
        return recipe.Sources.Count == 0 && recipe.Tokens is null ? null : recipe with { Inputs = [.. recipe.Inputs, .. inputs[1..]] };
    }

    private static int Run(PreprocessingRecipe recipe, PipelineOptions options, CancellationToken cancellation)
    {
        if (options.Launcher.Rank != 0)
        {
            Console.WriteLine("process 0 does this work: a recipe with sources or tokens is not shared among processes");
            return 0;
        }
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var outcome = CorpusBuild.Run(recipe, options.Output, options with { Launcher = Launcher.None }, stage => Console.WriteLine($"{stage} …"), cancellation);
        if (outcome.Collection is { } collection) Console.WriteLine($"{Number(collection.Documents)} documents of {Number(collection.Bytes)} bytes collected; {Number(collection.Rejected)} rejected, listed in {Path.Combine(options.Output, CorpusBuild.Collected, "rejected.jsonl")}");
        Tell(outcome.Report, Path.Combine(options.Output, CorpusBuild.Documents), watch);
        if (outcome.TrainingTokens > 0) Console.WriteLine($"{Number(outcome.TrainingTokens)} tokens to train on and {Number(outcome.ValidationTokens)} to validate with in {Path.Combine(options.Output, CorpusBuild.Tokens)}: data.tokens of a training recipe");
        return 0;
    }

    private static PipelineOptions Options(string[] inputs, string? steps, string? output, string format, int workers)
    {
        if (output is null) throw new OptionsException("preprocess needs --out FOLDER, where the documents will be.");
        var recipe = inputs.Length > 0 && Path.GetExtension(inputs[0]) is ".yaml" or ".yml" ? PreprocessingRecipe.Load(inputs[0]) : null;
        if (recipe is not null && steps is not null) throw new OptionsException("preprocess takes a recipe or --steps, not both.");
        if (recipe is null && steps is null) throw new OptionsException("preprocess needs a recipe or --steps; `loquat preprocess --list-steps` names them.");
        var files = recipe is null ? inputs : [.. recipe.Inputs, .. inputs[1..]];
        return new()
        {
            Inputs = files,
            Steps = recipe?.Steps ?? [.. steps!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(StepSettings.Parse)],
            Output = output,
            Format = ShardFormats.Of("x." + format) is { } known && known.Extension() == "." + format ? known : throw new OptionsException($"--format is '{format}'; it must be jsonl.zst, jsonl or parquet."),
            Workers = workers,
            Launcher = Launcher.Find(),
        };
    }

    private static int Run(PipelineOptions options, CancellationToken cancellation)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var (report, done) = new Pipeline(options).Run(null, cancellation);
        if (options.Launcher.Rank != 0)
        {
            Console.WriteLine($"process {options.Launcher.Rank} of {options.Launcher.Ranks} has done its share; process 0 writes {options.Output}");
            return 0;
        }
        if (done) Console.WriteLine($"{options.Output} is up to date: the same steps over the same inputs");
        Tell(report, options.Output, done ? null : watch);
        return 0;
    }

    private static void Tell(PreprocessingReport report, string folder, System.Diagnostics.Stopwatch? watch)
    {
        foreach (var step in report.Steps)
            Console.WriteLine($"{step.Step}: {Number(step.DocumentsIn)} in, {Number(step.DocumentsOut)} out, {Number(step.Changed)} changed"
                + (step.Dropped.Count == 0 ? "" : $"; dropped {string.Join(", ", step.Dropped.OrderByDescending(d => d.Value).ThenBy(d => d.Key, StringComparer.Ordinal).Take(6).Select(d => $"{d.Key} {Number(d.Value)}"))}"));
        var corpus = report.Corpus;
        Console.WriteLine($"{Number(corpus.Documents)} documents, {Number(corpus.Words)} words, {Number(corpus.Bytes)} bytes in {folder}" + (watch is null ? "" : $" after {watch.Elapsed.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture)} s"));
        Console.WriteLine($"report: {Path.Combine(folder, PreprocessingFolder.CardFile)}");
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
