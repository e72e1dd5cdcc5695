using System.CommandLine;
using Loquat.Checkpoints;
using Loquat.Cli.Display;
using Loquat.Models;
using Loquat.Native;
using Loquat.Optimization.Rules;
using Loquat.Planning;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;
using Loquat.Text.Datasets;
using Loquat.Training;

namespace Loquat.Cli.Verbs;

/// <summary>What `train` and `quickstart` share: a training run on the screen, and its result.</summary>
internal static class TrainingSession
{
    /// <summary>Whether a command line trains: what was learned must be kept when it is stopped.</summary>
    public static bool Keeps(ParseResult parsed) => parsed.CommandResult.Command.Name is "train" or "finetune" or "quickstart" or "compare" or "sweep" && parsed.CommandResult.Command.Parents.All(parent => parent is RootCommand);

    /// <summary>The folder that a run is to be made in.</summary>
    /// <exception cref="OptionsException">A file or a device is there.</exception>
    public static RunFolder FolderAt(string path) => path != "-" && (Directory.Exists(path) || !File.Exists(path))
        ? new RunFolder(path)
        : throw new OptionsException($"--out {path}: a run needs a folder, and this is {(path == "-" ? "standard output" : "a file")}. Name a folder, new or empty.");

    /// <summary>Trains, and prints what came of it to standard output.</summary>
    /// <param name="time">See <see cref="TrainingRun.Time"/>.</param>
    public static void Run(Recipe recipe, RunWriter writer, TokenDataset dataset, Screen screen, TimeProvider clock, CancellationToken cancellation, TimeSpan? time = null)
    {
        var run = new TrainingRun(recipe, writer, clock) { Time = time, Note = note => screen.Fact("", note) };
        var config = run.ConfigFor(dataset);
        var precision = recipe.Training.Precision.Resolve();
        screen.Fact("model", $"{config.ModelType}, {config.Layers} layers, {config.Width} wide, {config.ParameterCount():N0} parameters, {(precision == Precision.BFloat16 ? "bf16" : "fp32")}");
        if (recipe.DescribeAdapter(config) is { } adapter) screen.Fact("adapter", adapter);
        if (recipe.DescribeTeacher() is { } teacher) screen.Fact("teacher", teacher);
        TrainingOutcome outcome;
        var progress = Progress(recipe, config, precision, dataset, clock);
        try
        {
            outcome = screen.Train(progress, display => run.Train(dataset, [display], cancellation));
        }
        catch (OperationCanceledException)
        {
            screen.Output.WriteLine($"stopped; go on with: loquat train {ShellText.Path(writer.Folder.Root)} --resume");
            throw;
        }
        finally
        {
            if (progress.Contradicts) MachineProbe.Forget();
        }
        if (outcome.State.Step < outcome.MaxSteps) screen.Fact("stopped", $"early, after {outcome.State.Step:N0} steps: {outcome.State.EvaluationsWithoutImprovement} evaluations without a better loss. Go on all the same: --resume --set training.early_stopping_patience={2 * recipe.Training.EarlyStoppingPatience}");
        screen.Fact("trained", $"{outcome.State.Step:N0} steps in {outcome.State.Seconds:N1} s; the best checkpoint is of step {outcome.State.BestStep:N0}");
        foreach (var line in EvaluationReport.Lines(outcome.Evaluation)) Console.Out.WriteLine(line);
    }

    /// <summary>Where the model is and what to do with it.</summary>
    /// <param name="elapsed">Time that all of it took.</param>
    public static void End(RunFolder folder, TimeSpan elapsed, Screen screen)
    {
        var run = ShellText.Path(folder.Root);
        screen.Fact("model", $"{folder.Best} (the best checkpoint), after {elapsed.TotalSeconds:N0} s in all");
        screen.Fact("report", folder.Report);
        var writes = ModelFolder.ReadConfig(folder.Best).Kind != ModelKind.Encoder;
        if (writes) screen.Command("go on", $"loquat generate {run} \"Once upon a time\"");
        screen.Command(writes ? "" : "go on", $"loquat evaluate {run}");
        screen.Command("", $"loquat plan {ShellText.Path(folder.Recipe)}");
    }

    private static TrainingProgress Progress(Recipe recipe, ModelConfig config, Precision precision, TokenDataset dataset, TimeProvider clock) => new(
        LimitTokensPerSecond(recipe, config, precision), recipe.Training.EvalSteps, (dataset.Validation.Count + recipe.ContextLength - 1) / recipe.ContextLength, clock);

    /// <summary>The rate that this machine's products and memory would allow.</summary>
    private static double LimitTokensPerSecond(Recipe recipe, ModelConfig config, Precision precision)
    {
        var machine = MachineFigures.Of(MachineProbe.Recent());
        var batch = recipe.Training.PerDeviceTrainBatchSize * recipe.Training.GradientAccumulationSteps;
        var bfloat16 = precision == Precision.BFloat16;
        if (ModelShape.Find(config) is not { } shape) return (double)batch * recipe.ContextLength / Forecast.Limit(config, (long)batch * recipe.ContextLength, recipe.ContextLength, machine, bfloat16);
        var muon = recipe.Training.Optimizer as MuonOptions;
        var step = Forecast.Step(shape, batch, recipe.ContextLength, machine, bfloat16, recipe.Training.GradientAccumulationSteps, muon, ForecastCoefficients.Limit);
        return (double)batch * recipe.ContextLength / step.Seconds;
    }
}
