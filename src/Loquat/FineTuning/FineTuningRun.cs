using Loquat.Checkpoints;
using Loquat.FineTuning.Examples;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Native;
using Loquat.Objectives;
using Loquat.Optimization;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;
using Loquat.Text.Datasets;
using Loquat.Training;

namespace Loquat.FineTuning;

/// <summary>What a finished run gave.</summary>
/// <param name="State">Where training ended.</param>
/// <param name="Result">The best checkpoint on the test examples.</param>
public sealed record FineTuningOutcome(TrainingState State, TaskResult Result);

/// <summary>
/// A recipe whose objective is a task, carried out in a run folder: examples, tokenizer, model with a head, training, test. It is the loop of any training, with the same resuming: where the
/// folder holds a checkpoint, the run goes on from it.
/// </summary>
public sealed class FineTuningRun
{
    private readonly Recipe _recipe;
    private readonly RunFolder _folder;
    private readonly TimeProvider _clock;
    private readonly bool _ownsFolder;

    /// <summary>Each call takes the folder's lock while it works.</summary>
    /// <param name="recipe">Its objective is a <see cref="TaskOptions"/>.</param>
    /// <param name="folder">Where everything goes that the run makes.</param>
    /// <param name="clock">Default: the system's.</param>
    /// <exception cref="OptionsException">The recipe cannot be carried out; the message names all faults.</exception>
    public FineTuningRun(Recipe recipe, RunFolder folder, TimeProvider? clock = null)
    {
        (_recipe, _folder, _clock) = (recipe.Validated().WithAbsolutePaths(), folder, clock ?? TimeProvider.System);
        if (recipe.Objective is not TaskOptions)
            throw new OptionsException($"objective.type is {recipe.Objective.Type}, which is learned from running text: use loquat train. Tasks are {string.Join(", ", KnownTasks.All.Select(task => task.Type))}.");
    }

    /// <summary>Works under a lock that the caller holds.</summary>
    public FineTuningRun(Recipe recipe, RunWriter writer, TimeProvider? clock = null) : this(recipe, writer.Folder, clock) => _ownsFolder = true;

    private TaskOptions Options => (TaskOptions)_recipe.Objective;

    /// <summary>Reads the examples, finds or learns the tokenizer, and makes rows of both.</summary>
    /// <exception cref="DataException">A file is missing or damaged, its examples cannot be learned from, or they are not those that the run began with.</exception>
    public FineTuningData Prepare(Action<StageProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var writer = _ownsFolder ? null : RunWriter.Open(_folder, _clock);
        var begun = RunStart.Begun(_folder);
        progress?.Invoke(new("reading examples", 0, 0, "files"));
        var sets = Options.Read(_recipe.Data, _recipe.Seed, cancellation);
        if (begun is { Lock.DataKey: { } key } && key != sets.Key)
            throw new DataException($"{_recipe.Data.Path}: these are not the examples that the run in {_folder.Root} was trained on. Give back the old files, or start another run with --out.");
        try
        {
            return Prepare(sets, begun is not null, progress, cancellation);
        }
        catch when (begun is null)
        {
            TaskTokenizer.Delete(_folder); // a run that does not begin leaves nothing
            throw;
        }
    }

    private FineTuningData Prepare(ExampleSets sets, bool begun, Action<StageProgress>? progress, CancellationToken cancellation)
    {
        var options = Options.For(sets);
        var task = options.Begin(sets.Train);
        var tokenizer = TaskTokenizer.Prepare(_recipe, _folder, sets.Train, begun, cancellation);
        var config = task.WithHead(ConfigFor(tokenizer));
        if (tokenizer.VocabSize > config.VocabSize)
            throw new CheckpointException($"the tokenizer has {tokenizer.VocabSize} tokens, the model {config.VocabSize}: they do not belong together.");
        _recipe.CheckRowTeacher(config, tokenizer);
        if (_recipe.Distillation is not null && !task.CreateObjective().LossOptions.IsPlain) throw new OptionsException("objective.class_weight weighs the classes of examples, in whose place distillation puts the teacher's predictions. Take it out.");
        var encoder = new RowEncoder(tokenizer, config, Math.Min(_recipe.ContextLength, config.ContextLength));
        progress?.Invoke(new("encoding examples", 0, sets.Train.Count, "examples"));
        var train = task.Encode(sets.Train, encoder);
        var validation = task.Encode(sets.Validation, encoder);
        var test = ReferenceEquals(sets.Test, sets.Validation) ? validation : task.Encode(sets.Test, encoder);
        var facts = new List<(string, string)>(sets.Facts) { ("task", $"{Options.Type}, {task.Describe(sets.Train)}") };
        if (encoder.Cut > 0) facts.Add(("", $"{encoder.Cut:N0} texts are longer than the {encoder.MaxLength} tokens that a row has: their ends are cut off"));
        facts.AddRange(task.Warnings(sets).Select(warning => ("note", warning)));
        return new()
        {
            Recipe = WithSteps(train.Count) with { Objective = options },
            Sets = sets,
            Tokenizer = tokenizer,
            TokenizerPath = TaskTokenizer.PathIn(_folder),
            Task = task,
            Config = config,
            Train = train,
            Validation = validation,
            Test = test,
            Facts = facts,
        };
    }

    /// <summary>All of it: the examples, training, the test.</summary>
    /// <inheritdoc cref="Train(FineTuningData, IReadOnlyList{ITrainingReporter}, CancellationToken)"/>
    public FineTuningOutcome Train(CancellationToken cancellation = default)
    {
        using var writer = _ownsFolder ? null : RunWriter.Open(_folder, _clock);
        var run = writer is null ? this : new FineTuningRun(_recipe, writer, _clock);
        return run.Train(run.Prepare(null, cancellation), [], cancellation);
    }

    /// <summary>Trains to the last step, from the last checkpoint where there is one, and tests the best checkpoint.</summary>
    /// <param name="displays">Told of progress, besides the run's own logs.</param>
    /// <exception cref="OptionsException">The recipe changes what the steps made depend on, or another writer is at work in the folder.</exception>
    /// <exception cref="TrainingDivergedException">A gradient is not finite.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; a checkpoint was written.</exception>
    public FineTuningOutcome Train(FineTuningData data, IReadOnlyList<ITrainingReporter> displays, CancellationToken cancellation = default)
    {
        using var writer = _ownsFolder ? null : RunWriter.Open(_folder, _clock);
        var begins = RunStart.Begun(_folder) is null;
        var recipe = RunStart.WriteLock(_folder, data.Recipe, data.Sets.Key);
        var placement = Placement.Of(recipe.Training.Precision.Resolve());
        var (model, masters) = Model(recipe, data, placement, begins || recipe.Adapter is not null, cancellation);
        var adapter = recipe.AddAdapterAndHead(model);
        using var optimizer = recipe.Training.ToOptimizer(model, masters);
        masters?.Dispose();
        recipe.Prepare(model);
        using var mixout = recipe.ToMixout(model, _folder.Root, begins);
        using var trained = model;
        using var teacher = recipe.LoadRowTeacher(model.Config, data.Tokenizer, placement, _folder.Root, begins);
        using var metrics = new MetricsLog(_folder.Metrics, recipe.Training.LoggingSteps);
        using var events = new TensorBoardLog(_folder.Events, recipe.Training.LoggingSteps, _clock);
        var pictures = new RunPictures(_folder, _clock);
        var evaluator = new TaskEvaluator(data.Task, data.Sets.Validation, data.Validation);
        var pad = data.Config.PadTokenId ?? 0;
        var batches = new ExampleBatches(data.Train, recipe.Training.PerDeviceTrainBatchSize, recipe.Seed, rows => TaskRows.Batch(rows, pad, data.Task.LabelsTokens), Change(recipe, data));
        var objective = teacher is null ? data.Task.CreateObjective() : new TaughtObjective(teacher);
        objective.LossOptions = objective.LossOptions with { RDropAlpha = recipe.Objective.RDropAlpha };
        var training = new TrainingLoop(
            model, objective, optimizer, recipe.Training.ToSchedule(), batches, evaluator, new CheckpointStore(_folder.Checkpoints, data.TokenizerPath) { Adapter = adapter, AdapterBase = recipe.AdapterBase() },
            [metrics, events, pictures, .. displays], recipe.ToOptions(), _clock, mixout: mixout);
        var state = pictures.Along(() => training.Run(cancellation), () => recipe);
        using var best = ModelFolder.Load<EncoderModel>(_folder.Best, Placement.Cpu with { Device = placement.Device }, cancellation);
        FinalEvaluation.Write(_folder.Evaluation, state.BestStep, evaluator.Evaluate(best, recipe.Training.PerDeviceTrainBatchSize, cancellation: cancellation));
        var logits = EncoderPass.Logits(best, data.Test, recipe.Training.PerDeviceTrainBatchSize, Testing, cancellation);
        var result = data.Task.Result(data.Sets.Test, data.Test, logits);
        TaskFiles.Write(_folder, Options.Type, result, data.Sets.Test, data.Task.Predict(data.Sets.Test, data.Test, logits));
        pictures.Draw(atEnd: true);
        return new FineTuningOutcome(state, result);

        void Testing(int done, int rows)
        {
            foreach (var display in displays) display.Working(new("testing the best checkpoint", done, rows, "rows"));
        }
    }

    // The backbone of the folder that the run begins with, or of the recipe; the head is put on by the task.
    private EncoderConfig ConfigFor(Text.Tokenization.Tokenizer tokenizer)
    {
        if (RunStart.Begun(_folder) is not null) return (EncoderConfig)ModelFolder.ReadConfig(_folder.Last);
        if (_recipe.Model.From is { } from) return (EncoderConfig)ModelSection.WithFreeKeys(ModelFolder.ReadConfig(RunFolder.ModelOf(from)), _recipe.Model.Config);
        return (EncoderConfig)_recipe.Model.ToConfig(tokenizer);
    }

    /// <summary>The model, and float32 weights that a bfloat16 model was rounded from.</summary>
    private static (EncoderModel Model, EncoderModel? Masters) Model(Recipe recipe, FineTuningData data, Placement placement, bool begins, CancellationToken cancellation)
    {
        if (!begins || recipe.Model.From is not { } from) return (data.Config.Build<EncoderModel>(placement, recipe.Seed), null);
        var first = ModelFolder.LoadWithHead(RunFolder.ModelOf(from), Placement.Cpu, own => data.Task.WithHead((EncoderConfig)ModelSection.WithFreeKeys(own, data.Config)), recipe.Seed, cancellation);
        if (placement == Placement.Cpu) return (first, null);
        var model = first.Config.Build<EncoderModel>(placement, seed: null);
        foreach (var parameter in model.Parameters) parameter.Load(first[parameter.Name].Value);
        return (model, first);
    }

    private Recipe WithSteps(int rows)
    {
        var training = _recipe.Training;
        if (training.NumTrainEpochs is not { } epochs) return _recipe;
        var steps = EpochSteps.Of(rows, training.PerDeviceTrainBatchSize, training.GradientAccumulationSteps, epochs);
        return (_recipe with { Training = training with { MaxSteps = steps, NumTrainEpochs = null } }).Validated();
    }

    /// <summary>How rows are changed at random; null: they are not.</summary>
    private static Func<TaskRow, long, TaskRow>? Change(Recipe recipe, FineTuningData data)
    {
        var tokenizer = data.Tokenizer;
        if (recipe.Objective.Augmentation(TokenRoles.Of(tokenizer), tokenizer.SpecialTokens.Select(tokenizer.TokenToId).OfType<int>()) is not { } augmentation) return null;
        return (row, place) =>
        {
            var (places, hidden) = augmentation.Draw([.. row.Ids.Select(id => (long)id)], recipe.Seed, place);
            return row with { Ids = [.. places.Select((at, i) => hidden[i] ? augmentation.Mask!.Value : row.Ids[at])], TypeIds = row.TypeIds is { } types ? [.. places.Select(at => types[at])] : null };
        };
    }
}
