using System.CommandLine;
using Loquat.Checkpoints;
using Loquat.Cli.Display;
using Loquat.Cli.Input;
using Loquat.Cli.Parsing;
using Loquat.Models;
using Loquat.Generation;
using Loquat.Layers;
using Loquat.Native;
using Loquat.Planning;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;
using Loquat.Corpus.Collection;
using Loquat.Text.Collection;
using Loquat.Text.Datasets;
using Loquat.Text.Tokenization;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat quickstart`: from text, or from nothing, to a trained, evaluated model that writes, in the minutes given.</summary>
internal static class QuickstartVerb
{
    private const double DefaultMinutes = 2.4;
    private const long FewestBytes = 2000;
    private const long EnoughBytes = 64 << 20; // more does not change the recipe

    /// <summary>The share of the time left after reading that is kept for the text at the end, and for a last stretch that was slower than the one before.</summary>
    private const double ShareAfterTraining = 0.03;

    // Of the minutes, for training at the least: on a machine that is busy with other work the rest may take nearly all of them.
    private const double LeastShare = 0.3;

    /// <summary>A row is scored about this many times as fast as it is trained on.</summary>
    private const double ScoringSpeed = 3;

    public static Command Create()
    {
        var data = PathOption.Optional("--data", "What to learn from: text, books, pages, dumps, mail, tables or archives; a file, a folder, or - for standard input. Default: built-in stories.");
        var include = new Option<string[]>("--include") { Description = "Of a folder, only files that fit this pattern, such as *.epub or books/**. May be given several times." };
        var exclude = new Option<string[]>("--exclude") { Description = "Of a folder, no files that fit this pattern. May be given several times." };
        var minutes = NumberOption.WithDefault("--minutes", $"Time for all of it. 0.1 or more. Default: {DefaultMinutes}.", DefaultMinutes);
        var output = PathOption.Optional("--out", "The folder of the run. Default: runs/quickstart, or the next free runs/quickstart-N.");
        var verb = new Command("quickstart", "Train a language model here and now: read text, learn a tokenizer, train, evaluate, write. Sizes itself to the machine and the time.") { data, include, exclude, minutes, output };
        verb.WithExamples("""
            loquat quickstart
            loquat quickstart --data book.txt --minutes 10
            loquat quickstart --data library/ --include "*.epub" --include "*.pdf"
            cat *.txt | loquat quickstart --data - --out runs/mine
            """);
        verb.SetAction((parsed, cancellation) =>
        {
            Run(parsed.GetValue(data), new TextFileSelection(parsed.GetValue(include) ?? [], parsed.GetValue(exclude) ?? []), parsed.GetValue(minutes), parsed.GetValue(output), cancellation);
            return Task.FromResult(0);
        });
        return verb;
    }

    private static void Run(string? data, TextFileSelection selection, double minutes, string? output, CancellationToken cancellation)
    {
        if (!(minutes >= 0.1) || minutes > 1e6) throw new OptionsException($"--minutes is {minutes}; it must be 0.1 or more.");
        if (data is null && selection.Selects) throw new OptionsException("--include and --exclude choose files of a folder; name it with --data.");
        var clock = TimeProvider.System;
        var started = clock.GetTimestamp();
        var screen = new Screen(clock);
        using var writer = RunWriter.Open(Folder(output), clock);
        var folder = writer.Folder;
        if (data == "-") data = Spool(folder);

        var machine = MachineProbe.Cached();
        var bfloat16 = machine.Recommended == Precision.BFloat16;
        screen.Fact("machine", $"{machine.Cpu}, {machine.Threads} threads, {machine.Gflops(bfloat16):N0} GFLOP/s in {(bfloat16 ? "bf16" : "fp32")}, {machine.MemoryGBps:N0} GB/s");

        using var dataset = Prepare(data, selection, minutes, writer, screen, clock, cancellation, out var recipe);
        var least = LeastShare * 60 * minutes;
        double Left() => (60 * minutes - clock.GetElapsedTime(started).TotalSeconds) * (1 - ShareAfterTraining);
        if (Left() < least) screen.Fact("", $"reading and measuring took {clock.GetElapsedTime(started).TotalSeconds:N0} s, more than on a quiet machine; training ends about {least - Left():N0} s later than was asked");
        var (sized, size) = QuickstartRecipe.ForMachine(recipe, dataset, MachineFigures.Of(machine), bfloat16, Math.Max(least, Left()), cancellation);
        foreach (var reason in size.Reasons) screen.Fact("", reason);

        var scoring = dataset.Validation.Count * size.Step.Seconds / ((double)size.Batch * size.Context) / ScoringSpeed;
        var time = TimeSpan.FromSeconds(Math.Max(least, Left() - scoring));
        TrainingSession.Run(sized, writer, dataset, screen, clock, cancellation, time);
        Write(sized, folder, dataset, screen, cancellation);
        TrainingSession.End(folder, clock.GetElapsedTime(started), screen);
    }

    private static TokenDataset Prepare(string? data, TextFileSelection selection, double minutes, RunWriter writer, Screen screen, TimeProvider clock, CancellationToken cancellation, out Recipe recipe)
    {
        var sources = new SourceFiles();
        var bytes = data is null ? 0 : sources.Measure(sources.Find(data, selection), EnoughBytes);
        if (data is not null && bytes is > 0 and < FewestBytes)
            throw new DataException($"{data}: {bytes} bytes are too little to learn a language from. Give {FewestBytes:N0} or more; a megabyte teaches a small model.");
        recipe = QuickstartRecipe.ForText(data, bytes, minutes);
        if (selection.Selects) recipe = recipe with { Data = recipe.Data with { Include = new(selection.Include), Exclude = new(selection.Exclude) } };
        try
        {
            return Read(recipe);
        }
        catch (OptionsException) when (recipe.Tokenizer.Type == TokenizerKind.Bpe)
        {
            // A text without enough different words for the vocabulary: characters always do.
            screen.Fact("", "the text has too few different words for byte-pair encoding; taking characters");
            recipe = recipe with { Tokenizer = new() { Type = TokenizerKind.Character } };
            return Read(recipe);
        }

        TokenDataset Read(Recipe recipe)
        {
            var dataset = new TrainingRun(recipe, writer, clock) { Note = note => screen.Fact("", note) }.PrepareData(screen.Stages.Report, cancellation);
            var header = dataset.Training.Header;
            var truth = double.IsNaN(header.TrueBits) ? "" : $", {header.TrueBits / header.TextBytes:F4} bits of true entropy per byte";
            screen.Fact("text", $"{(data is null ? "built-in stories" : data)}: {header.TextBytes / 1e6:N2} MB to train on, {dataset.Validation.Header.TextBytes / 1e6:N2} MB to validate with{truth}");
            screen.Fact("tokenizer", $"{(recipe.Tokenizer.Type == TokenizerKind.Bpe ? "byte-level BPE" : "characters")}, {dataset.Tokenizer.VocabSize:N0} tokens, {(double)header.TextBytes / dataset.Training.Count:F2} bytes a token");
            return dataset;
        }
    }

    private static void Write(Recipe recipe, RunFolder folder, TokenDataset dataset, Screen screen, CancellationToken cancellation)
    {
        using var model = ModelFolder.Load<CausalModel>(folder.Best, Placement.Of(), cancellation);
        Console.Out.WriteLine();
        screen.Stages.End();
        using var output = new StreamWriter(StandardOutput.Open(), new System.Text.UTF8Encoding(false)) { AutoFlush = true };
        var options = recipe.Generation.ToOptions() with { MaxNewTokens = Math.Max(recipe.Generation.MaxNewTokens, recipe.ContextLength), Seed = recipe.Seed };
        foreach (var piece in new TextGenerator(model, dataset.Tokenizer).Stream("", options, cancellation)) output.Write(piece);
        output.WriteLine();
        cancellation.ThrowIfCancellationRequested();
    }

    private static RunFolder Folder(string? output)
    {
        if (output is not null)
        {
            return Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any()
                ? throw new OptionsException($"--out {output}: the folder is not empty. Name another, or go on with the run in it: loquat train {ShellText.Path(output)} --resume.")
                : TrainingSession.FolderAt(output);
        }
        var candidates = Enumerable.Range(1, int.MaxValue).Select(n => Path.Combine("runs", n == 1 ? "quickstart" : $"quickstart-{n}"));
        return new RunFolder(candidates.First(folder => !Directory.Exists(folder)));
    }

    private static string Spool(RunFolder folder)
    {
        Directory.CreateDirectory(folder.Root);
        var path = Path.Combine(folder.Root, "standard-input.txt");
        StandardInput.Copy(path);
        return path;
    }
}
