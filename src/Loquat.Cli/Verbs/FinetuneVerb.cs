using System.CommandLine;
using Loquat.Checkpoints;
using Loquat.Cli.Display;
using Loquat.Cli.Parsing;
using Loquat.FineTuning;
using Loquat.Models;
using Loquat.Objectives;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;
using Loquat.Training;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat finetune`: a model learns a task from labeled examples, as a recipe says or as rules choose.</summary>
internal static class FinetuneVerb
{
    private static readonly Argument<string?> _recipe = new Argument<string?>("recipe") { Description = "A recipe whose objective is a task, or conversations or preferences, or with --resume the folder of a run. Without one: --task, --data and --model.", Arity = ArgumentArity.ZeroOrOne }.Checked();
    private static readonly Option<string?> _task = ChoiceOption.Optional("--task", "What is learned.", [.. KnownTasks.All.Select(task => task.Type)]);
    private static readonly Option<string?> _data = PathOption.Optional("--data", "Examples: .csv, .tsv, .jsonl, .json, .parquet. Sets data.path.");
    private static readonly Option<string?> _validation = PathOption.Optional("--validation", "Examples that choose the best checkpoint. Default: a tenth of --data. Sets data.validation_path.");
    private static readonly Option<string?> _test = PathOption.Optional("--test", "Examples that tell how good the result is. Default: a tenth of --data. Sets data.test_path.");
    private static readonly Option<string?> _model = PathOption.Optional("--model", "The model to begin with: a run, or a Hugging Face model folder. Sets model.from.");
    private static readonly Option<string[]> _text = new("--text") { Description = "The column of the text; several are joined. Default: found.", AllowMultipleArgumentsPerToken = true };
    private static readonly Option<string?> _pair = new("--text-pair") { Description = "The column of the second text of a pair. Default: found by its name." };
    private static readonly Option<string?> _label = new("--label") { Description = "The column of the label. Default: found." };
    private static readonly Option<string[]> _set = new("--set") { Description = "Override a value: key.path=value. May be given several times.", AllowMultipleArgumentsPerToken = true };
    private static readonly Option<bool> _resume = new("--resume") { Description = "Go on from the last checkpoint of the run." };
    private static readonly Option<string?> _output = PathOption.Optional("--out", "The folder of the run. Default: runs/NAME.");

    public static Command Create()
    {
        var verb = new Command("finetune", "Teach a model a task by labeled examples.") { _recipe, _task, _data, _validation, _test, _model, _text, _pair, _label, _set, _resume, _output };
        verb.WithExamples("""
            loquat finetune --task classification --data reviews.csv --model all-MiniLM-L6-v2
            loquat finetune --task classification --data train.tsv --test test.tsv --model all-MiniLM-L6-v2 --out runs/sentiment
            loquat finetune recipes/sentiment.yaml --model all-MiniLM-L6-v2
            loquat finetune recipes/chat-alpaca.yaml --model runs/quickstart
            loquat finetune runs/sentiment --resume
            """);
        verb.SetAction((parsed, cancellation) =>
        {
            Run(parsed, cancellation);
            return Task.FromResult(0);
        });
        return verb;
    }

    private static void Run(ParseResult parsed, CancellationToken cancellation)
    {
        var (clock, resume, output) = (TimeProvider.System, parsed.GetValue(_resume), parsed.GetValue(_output));
        var screen = new Screen(clock);
        var started = clock.GetTimestamp();
        Recipe recipe;
        RunFolder folder;
        if (parsed.GetValue(_recipe) is { } path)
        {
            (recipe, folder) = TrainVerb.Open(path, Overrides(parsed), resume, output);
            if (recipe.Objective is ConversationOptions)
            {
                TrainVerb.Run(path, Overrides(parsed), resume, output, cancellation);
                return;
            }
        }
        else
        {
            if (resume) throw new OptionsException("--resume needs the folder of a run: loquat finetune runs/NAME --resume.");
            (recipe, folder) = Planned(parsed, screen, cancellation);
        }
        using var writer = RunWriter.Open(folder, clock);
        if (resume && new CheckpointStore(folder.Checkpoints, null).ReadState() is { } state && recipe.Training.NumTrainEpochs is null)
            recipe = RecipeLock.Read(folder.Recipe).GoOn(recipe, state.Step).Recipe;
        var run = new FineTuningRun(recipe, writer, clock);
        var data = run.Prepare(screen.Stages.Report, cancellation);
        screen.Fact("run", folder.Root);
        foreach (var (name, text) in data.Facts) screen.Fact(name, text);
        screen.Fact("model", $"{data.Config.ModelType}, {data.Config.Layers} layers, {data.Config.Width} wide, {data.Config.ParameterCount():N0} parameters");
        if (data.Recipe.DescribeAdapter(data.Config) is { } adapter) screen.Fact("adapter", adapter);
        if (data.Recipe.DescribeTeacher() is { } teacher) screen.Fact("teacher", teacher);
        FineTuningOutcome outcome;
        try
        {
            outcome = screen.Train(new TrainingProgress(null, data.Recipe.Training.EvalSteps, data.Test.Count, clock), display => run.Train(data, [display], cancellation));
        }
        catch (OperationCanceledException)
        {
            screen.Output.WriteLine($"stopped; go on with: loquat finetune {ShellText.Path(folder.Root)} --resume");
            throw;
        }
        screen.Fact("trained", $"{outcome.State.Step:N0} steps in {outcome.State.Seconds:N1} s; the best checkpoint is of step {outcome.State.BestStep:N0}");
        foreach (var line in FineTuningReport.Lines(outcome.Result)) Console.Out.WriteLine(line);
        End(folder, outcome.Result, clock.GetElapsedTime(started), screen);
    }

    private static (Recipe, RunFolder) Planned(ParseResult parsed, Screen screen, CancellationToken cancellation)
    {
        string Needed(Option<string?> option) => parsed.GetValue(option) ?? throw new OptionsException($"{option.Name} is missing: without a recipe, finetune needs --task, --data and --model. {option.Description}");
        var (type, data, model) = (Needed(_task), Needed(_data), Needed(_model));
        var options = KnownTasks.All.First(task => task.Type == type);
        if (options is TextTaskOptions columns) options = columns with { Text = new TextList(parsed.GetValue(_text) ?? []), TextPair = parsed.GetValue(_pair), Label = parsed.GetValue(_label) };
        var name = $"{string.Concat(Path.GetFileNameWithoutExtension(data).Select(c => char.IsLetterOrDigit(c) || c is '-' or '_' ? c : '-')).Trim('-', '_')}-{type.Replace('_', '-')}";
        var plan = FineTuningPlan.Make(options, new DataRecipe { Path = data, ValidationPath = parsed.GetValue(_validation), TestPath = parsed.GetValue(_test) }, model, name, new Recipe().Seed, cancellation);
        foreach (var (key, choice) in plan.Choices) screen.Fact(key, choice);
        var recipe = RecipeFile.Parse(plan.Yaml, "the rules of finetune", parsed.GetValue(_set));
        return (recipe, TrainVerb.NewFolder(recipe, parsed.GetValue(_output)));
    }

    /// <summary>What the options say, as overrides of a recipe.</summary>
    private static string[] Overrides(ParseResult parsed)
    {
        List<string> settings = [];
        foreach (var (key, value) in ((string, string?)[])
        [
            ("objective.type", parsed.GetValue(_task)), ("data.path", parsed.GetValue(_data)), ("data.validation_path", parsed.GetValue(_validation)), ("data.test_path", parsed.GetValue(_test)),
            ("model.from", parsed.GetValue(_model)), ("objective.text", parsed.GetValue(_text) is { Length: > 0 } text ? string.Join(',', text) : null), ("objective.text_pair", parsed.GetValue(_pair)),
            ("objective.label", parsed.GetValue(_label)),
        ])
            if (value is not null) settings.Add($"{key}={value}");
        return [.. settings, .. parsed.GetValue(_set) ?? []];
    }

    private static void End(RunFolder folder, TaskResult result, TimeSpan elapsed, Screen screen)
    {
        var run = ShellText.Path(folder.Root);
        screen.Fact("model", $"{folder.Best} (a Hugging Face {(AdapterFolder.Is(folder.Best) ? "adapter" : "model")} folder), after {elapsed.TotalSeconds:N0} s in all");
        screen.Fact("results", $"{TaskFiles.Results(folder)}; each test example: {TaskFiles.Predictions(folder)}{(File.Exists(TaskFiles.Confusion(folder)) ? $"; picture: {TaskFiles.Confusion(folder)}" : "")}");
        foreach (var advice in result.Advice) screen.Fact("advice", advice);
        screen.Command("go on", $"echo \"Some text.\" | loquat predict {run}");
        screen.Command("", $"loquat finetune {run} --resume --set training.num_train_epochs=…");
    }
}
