using System.CommandLine;
using Loquat.Cli.Display;
using Loquat.Cli.Parsing;
using Loquat.Native;
using Loquat.Optimization.Rules;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;
using Loquat.Training;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat train RECIPE`: carries out a recipe in a run folder.</summary>
internal static class TrainVerb
{
    public static Command Create()
    {
        var recipe = PathOption.Argument("recipe", "A recipe (.yaml or .json), or with --resume the folder of a run.");
        var set = new Option<string[]>("--set") { Description = "Override a value: key.path=value. May be given several times.", AllowMultipleArgumentsPerToken = true };
        var resume = new Option<bool>("--resume") { Description = "Go on from the last checkpoint of the run." };
        var output = PathOption.Optional("--out", "The folder of the run. Default: runs/NAME, NAME being the recipe's.");
        var from = PathOption.Optional("--from", "Begin with the weights and tokenizer of another run, or of a Hugging Face model folder: sets model.from.");
        var find = new Option<bool>("--find-lr") { Description = "Do not train: test which learning rates the recipe can bear, on a model that is thrown away, and draw loss over rate into the run's folder." };
        var verb = new Command("train", "Train a model as a recipe says.") { recipe, set, resume, output, from, find };
        verb.WithExamples("""
            loquat train recipes/shakespeare-char.yaml
            loquat train recipes/shakespeare-char.yaml --set training.max_steps=500 --set model.num_hidden_layers=2 --out runs/small
            loquat train runs/shakespeare-char --resume
            loquat train runs/shakespeare-char --resume --set training.max_steps=4000
            loquat train recipes/shakespeare-char.yaml --from runs/shakespeare-char --out runs/second
            loquat train recipes/shakespeare-char.yaml --find-lr
            """);
        verb.SetAction((parsed, cancellation) =>
        {
            string[] settings = parsed.GetValue(from) is { } folder ? [$"model.from={folder}", .. parsed.GetValue(set) ?? []] : parsed.GetValue(set) ?? [];
            if (!parsed.GetValue(find)) Run(parsed.GetValue(recipe)!, settings, parsed.GetValue(resume), parsed.GetValue(output), cancellation);
            else if (parsed.GetValue(resume)) throw new OptionsException("--find-lr tests a recipe before it is trained; it does not go with --resume.");
            else FindLearningRate(parsed.GetValue(recipe)!, settings, parsed.GetValue(output), cancellation);
            return Task.FromResult(0);
        });
        return verb;
    }

    internal static void Run(string path, string[] overrides, bool resume, string? output, CancellationToken cancellation)
    {
        var (recipe, folder) = Open(path, overrides, resume, output);
        var clock = TimeProvider.System;
        using var writer = RunWriter.Open(folder, clock);
        // Told before the text is read; the run itself holds to it too. Not before the folder is this process's: what another one writes changes meanwhile.
        if (resume && new CheckpointStore(folder.Checkpoints, null).ReadState() is { } made && recipe.Training.NumTrainEpochs is null) recipe = RecipeLock.Read(folder.Recipe).GoOn(recipe, made.Step).Recipe;
        var started = clock.GetTimestamp();
        var screen = new Screen(clock);
        if (new CheckpointStore(folder.Checkpoints, null).ReadState() is { } state && state.Step >= recipe.Training.MaxSteps)
            screen.Fact("", $"all {state.Step:N0} steps are made; for more: --resume --set training.max_steps={2 * state.Step}");
        using var dataset = new TrainingRun(recipe, writer, clock) { Note = note => screen.Fact("", note) }.PrepareData(screen.Stages.Report, cancellation);
        screen.Fact("run", folder.Root);
        if (dataset.Mended is { } fault) screen.Fact("data", $"made anew: {fault}");
        screen.Fact("text", $"{dataset.Training.Header.TextBytes / 1e6:N2} MB to train on, {dataset.Validation.Header.TextBytes / 1e6:N2} MB to validate with");
        screen.Fact("tokenizer", $"{dataset.Tokenizer.VocabSize:N0} tokens, {(double)dataset.Training.Header.TextBytes / dataset.Training.Count:F2} bytes a token");
        TrainingSession.Run(recipe, writer, dataset, screen, clock, cancellation);
        TrainingSession.End(folder, clock.GetElapsedTime(started), screen);
    }

    private static void FindLearningRate(string path, string[] overrides, string? output, CancellationToken cancellation)
    {
        var (recipe, folder) = Open(path, overrides, resume: false, output);
        var clock = TimeProvider.System;
        using var writer = RunWriter.Open(folder, clock);
        var screen = new Screen(clock);
        var run = new TrainingRun(recipe, writer, clock) { Note = note => screen.Fact("", note) };
        using var dataset = run.PrepareData(screen.Stages.Report, cancellation);
        var test = run.FindLearningRate(dataset, progress: screen.Stages.Report, cancellation: cancellation);
        screen.Fact("tested", FormattableString.Invariant($"{test.Points.Count} rates from {test.Points[0].LearningRate:G2} to {test.Points[^1].LearningRate:G2}; the loss was lowest at {test.Lowest:G2}"));
        if (File.Exists(folder.LearningRatePlot)) screen.Fact("picture", folder.LearningRatePlot);
        if (test.Suggested is not { } rate) throw new OptionsException("the loss fell at no rate: nothing is learned in so few steps. Check the text, or raise training.per_device_train_batch_size.");
        Console.Out.WriteLine(FormattableString.Invariant($"suggested learning rate: {rate:G2}"));
        // Both rates of Muon were tried at their ratio.
        var muon = recipe.Training.Optimizer is MuonOptions { LearningRate: > 0 } both ? FormattableString.Invariant($" --set training.optimizer.muon_learning_rate={rate * both.MuonLearningRate / both.LearningRate:G2}") : "";
        screen.Command("train", FormattableString.Invariant($"loquat train {ShellText.Path(path)} --set training.optimizer.learning_rate={rate:G2}{muon}"));
    }

    /// <summary>The recipe of a file, or of a run that goes on, and the run's folder.</summary>
    internal static (Recipe Recipe, RunFolder Folder) Open(string path, string[] overrides, bool resume, string? output)
    {
        if (Directory.Exists(path))
        {
            if (!resume) throw new OptionsException($"{path} is a folder. Give a recipe file, or --resume to go on with the run in that folder.");
            output ??= path;
            path = new RunFolder(path).Recipe;
            if (!File.Exists(path)) throw new OptionsException($"{output}: there is no run to resume: {Path.GetFileName(path)} is not there.");
            // A lock that was cut short is said to be, before what is left of it is read as a recipe.
            RecipeLock.Read(path);
        }
        var recipe = RecipeFile.Load(path, overrides);
        if (resume)
        {
            var folder = TrainingSession.FolderAt(output ?? Path.Combine("runs", recipe.Name));
            if (!File.Exists(folder.Recipe)) throw new OptionsException($"{folder.Root}: there is no run to resume. Start it without --resume, or name its folder with --out.");
            return (recipe, folder);
        }
        return (recipe, NewFolder(recipe, output));
    }

    /// <summary>The folder of a run that begins.</summary>
    /// <exception cref="OptionsException">It holds a run already.</exception>
    internal static RunFolder NewFolder(Recipe recipe, string? output)
    {
        var folder = TrainingSession.FolderAt(output ?? Path.Combine("runs", recipe.Name));
        return Directory.Exists(folder.Checkpoints)
            ? throw new OptionsException($"{folder.Root} holds a run already. Go on with it: --resume. Start another: --out FOLDER. Start over: delete the folder.")
            : folder;
    }
}
