using Loquat.Checkpoints;
using Loquat.Evaluation;
using Loquat.Generation;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Native;
using Loquat.Objectives;
using Loquat.Optimization;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Text.Collection;
using Loquat.Text.Datasets;
using Loquat.Text.Files;
using Loquat.Text.Tokenization;
using Loquat.Text.Tokenization.ChatTemplates;
using Loquat.Training;
using static TorchSharp.torch;

namespace Loquat.Runs;

/// <summary>What a finished run gave.</summary>
/// <param name="State">Where training ended.</param>
/// <param name="Evaluation">The best checkpoint on the whole validation text.</param>
/// <param name="MaxSteps">Steps that it was to make; the state has fewer where it stopped early.</param>
public sealed record TrainingOutcome(TrainingState State, EvaluationResult Evaluation, long MaxSteps);

/// <summary>
/// A recipe carried out in a run folder: text, tokenizer, model, training, evaluation, in this order. Where the folder holds a checkpoint, the run goes on from it, with
/// what the recipe changes from there on (<see cref="RecipeLock.GoOn"/>).
/// </summary>
public sealed class TrainingRun
{
    private const int SampleTokens = 64;

    private readonly Recipe _recipe;
    private readonly RunFolder _folder;
    private readonly TimeProvider _clock;
    private readonly bool _ownsFolder;

    /// <summary>Told what the text's reader should know, such as files left out because they are no text.</summary>
    public Action<string>? Note { get; init; }

    /// <summary>
    /// Time for training, the evaluation at its end left out: at each checkpoint the steps that are left are counted anew by the clock, and the recipe's `max_steps`, its
    /// decay and the steps between evaluations change with them, as its lock tells. For `warmup_stable_decay` and `constant`. Null: the recipe's steps.
    /// </summary>
    public TimeSpan? Time { get; init; }

    /// <summary>Each call takes the folder's lock while it works.</summary>
    /// <param name="recipe">From a file, or built in code.</param>
    /// <param name="folder">Where everything goes that the run makes.</param>
    /// <param name="clock">Default: the system's.</param>
    /// <exception cref="OptionsException">The recipe cannot be carried out; the message names all faults.</exception>
    public TrainingRun(Recipe recipe, RunFolder folder, TimeProvider? clock = null)
    {
        (_recipe, _folder, _clock) = (recipe.Validated().WithAbsolutePaths(), folder, clock ?? TimeProvider.System);
        if (recipe.Objective.IsTask) throw new OptionsException($"objective.type is {recipe.Objective.Type}, a task that is learned from labeled examples and not from running text. Use: loquat finetune RECIPE.");
    }

    /// <summary>Works under a lock that the caller holds, so that nobody comes between two calls.</summary>
    public TrainingRun(Recipe recipe, RunWriter writer, TimeProvider? clock = null) : this(recipe, writer.Folder, clock) => _ownsFolder = true;

    /// <summary>
    /// Reads the text, learns the tokenizer and writes the tokens; finds them where they were made before. A run that goes on needs its text only where its data are damaged
    /// or missing, or where the recipe names another place for it.
    /// </summary>
    /// <exception cref="DataException">There is no such text, too little of it, or it is not the text that the run was trained on.</exception>
    /// <exception cref="OptionsException">The recipe asks for more memory than the machine has, the text does not allow the vocabulary asked for, or another writer is at work in the folder.</exception>
    public TokenDataset PrepareData(Action<StageProgress>? progress = null, CancellationToken cancellation = default)
    {
        // A machine that cannot train says so before minutes of reading.
        Libtorch.Initialize();
        RecipeMemory.Check(_recipe);
        _recipe.CheckTeacher();
        using var writer = _ownsFolder ? null : RunWriter.Open(_folder, _clock);
        var begun = RunStart.Begun(_folder);
        if (begun is null && StartingModel.Faults(_recipe).ToList() is { Count: > 0 } faults) throw new OptionsException(string.Join("\n  ", faults));
        if (begun is { } run && SamePlaces(run.Lock.Recipe) && TokenDataset.OpenWhole(_folder.Data, out _, progress, cancellation) is { } whole && (run.Lock.DataKey ?? whole.Key) == whole.Key) return whole;
        if (_recipe.Data.Tokens is { } tokens) return Copied(tokens, begun?.Lock.DataKey, progress, cancellation);
        var choice = _recipe.ToChoice();
        var corpus = Corpus(begun is not null, cancellation);
        foreach (var line in corpus.Notes) Note?.Invoke(line);
        if (begun?.Lock.DataKey is { } trained && TokenDataset.KeyOf(corpus, choice) != trained)
            throw new DataException($"data.path: {corpus.Description}: this is not the text, or tokenizer.path not the tokenizer, that the run was trained on. Give back the old one, or start another run with --out.");
        var dataset = TokenDataset.Prepare(corpus, choice, _folder.Data, progress, cancellation);
        foreach (var line in dataset.Notes) Note?.Invoke(line);
        if (dataset.Validation.Count > 1) return dataset;
        dataset.Dispose();
        throw new DataException($"the text gives {dataset.Validation.Count} tokens to validate with; it needs 2 or more. Give more text, or raise data.validation_fraction ({_recipe.Data.ValidationFraction}).");
    }

    /// <summary>All of it: the text, then training.</summary>
    /// <inheritdoc cref="Train(TokenDataset, IReadOnlyList{ITrainingReporter}, CancellationToken)"/>
    public TrainingOutcome Train(CancellationToken cancellation = default)
    {
        using var writer = _ownsFolder ? null : RunWriter.Open(_folder, _clock);
        var run = writer is null ? this : new TrainingRun(_recipe, writer, _clock) { Note = Note, Time = Time };
        using var dataset = run.PrepareData(null, cancellation);
        return run.Train(dataset, [], cancellation);
    }

    /// <summary>Trains to the recipe's last step, from the last checkpoint where there is one.</summary>
    /// <param name="displays">Told of progress, besides the run's own logs.</param>
    /// <exception cref="OptionsException">The recipe asks for more memory than the machine has, or changes what the steps made depend on, or another writer is at work in the folder.</exception>
    /// <exception cref="TrainingDivergedException">A gradient is not finite.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; a checkpoint was written.</exception>
    public TrainingOutcome Train(TokenDataset dataset, IReadOnlyList<ITrainingReporter> displays, CancellationToken cancellation = default)
    {
        RecipeMemory.Check(_recipe, dataset.Tokenizer.VocabSize);
        _recipe.CheckTeacher(dataset.Tokenizer);
        if (Time is { } time) TimeBudget.Check(_recipe, time);
        using var writer = _ownsFolder ? null : RunWriter.Open(_folder, _clock);
        var config = ConfigFor(dataset);
        var firstStep = RunStart.Begun(_folder)?.Step;
        var recipe = RunStart.WriteLock(_folder, WithSteps(dataset), dataset.Key);
        var placement = Placement.Of(recipe.Training.Precision.Resolve());
        using var model = config.Build(placement, recipe.Adapter is null ? recipe.Seed : null);
        recipe.Prepare(model);
        var objective = recipe.Objective.For(new(dataset.Tokenizer, config, recipe.ContextLength, recipe.Seed));
        var adapter = recipe.AddAdapter(model);
        using var teacher = recipe.LoadTeacher(model, dataset.Tokenizer, placement, _folder.Root, begins: firstStep is null);
        objective.Teacher = teacher;
        foreach (var line in objective.Notes(dataset.Training, dataset.Validation)) Note?.Invoke(line);
        using var optimizer = Optimizer(recipe, model, begins: firstStep is null);
        using var mixout = recipe.ToMixout(model, _folder.Root, begins: firstStep is null);
        objective.Begin(new(dataset, _folder.Root, () => First(recipe, config, placement), recipe.Training.PerDeviceTrainBatchSize, Preparing, cancellation));
        using var metrics = new MetricsLog(_folder.Metrics, recipe.Training.LoggingSteps);
        using var events = new TensorBoardLog(_folder.Events, recipe.Training.LoggingSteps, _clock);
        var evaluator = objective.Evaluator(dataset.Validation, dataset.Tokenizer);
        var pictures = new RunPictures(_folder, _clock);
        var budget = Time is { } allowed ? new TimeBudget(allowed, firstStep ?? 0, _clock) : null;
        var training = new TrainingLoop(
            model, objective, optimizer, recipe.Training.ToSchedule(), recipe.ToBatches(dataset.Training, objective), evaluator,
            new CheckpointStore(_folder.Checkpoints, dataset.TokenizerPath) { Sampling = recipe.Generation.ToOptions(), Adapter = adapter, AdapterBase = recipe.AdapterBase() },
            [metrics, events, new SampleLog(_folder.Samples), pictures, .. displays], recipe.ToOptions(), _clock, Sample(recipe, model, dataset), budget is null ? null : Plan,
            recipe.Training.OverfittingWatch ? objective.Evaluator(dataset.Training, dataset.Tokenizer) : null, mixout);
        var state = pictures.Along(() => training.Run(cancellation), () => recipe);
        using var best = ModelFolder.Load(_folder.Best, Placement.Cpu with { Device = placement.Device }, cancellation);
        var evaluation = evaluator.Evaluate(best, recipe.Training.PerDeviceTrainBatchSize, Scoring, cancellation: cancellation);
        FinalEvaluation.Write(_folder.Evaluation, state.BestStep, evaluation);
        pictures.Draw(atEnd: true);
        return new TrainingOutcome(state, evaluation, recipe.Training.MaxSteps);

        TrainingPlan? Plan(long step)
        {
            var changed = budget!.Count(recipe, step);
            if (ReferenceEquals(changed, recipe)) return null;
            RecipeLock.Read(_folder.Recipe).GoOn(changed, step).Save(_folder.Recipe);
            recipe = changed;
            return new(recipe.ToOptions(), recipe.Training.ToSchedule());
        }

        void Preparing(StageProgress progress)
        {
            foreach (var display in displays) display.Working(progress);
        }

        void Scoring(int done, int rows)
        {
            foreach (var display in displays) display.Working(new("scoring the best checkpoint", done, rows, "rows"));
        }
    }

    /// <summary>Tests which learning rates the recipe can bear, on a model that is thrown away; writes `learning_rates.png` into the folder. The run itself is not begun.</summary>
    /// <param name="from">The first rate.</param>
    /// <param name="to">The last rate.</param>
    /// <param name="steps">10 or more.</param>
    /// <param name="progress">Told the steps made.</param>
    /// <exception cref="OptionsException">A value out of its range, or another writer is at work in the folder.</exception>
    public LearningRateTest FindLearningRate(TokenDataset dataset, double from = 1e-6, double to = 1, int steps = 100, Action<StageProgress>? progress = null, CancellationToken cancellation = default)
    {
        RecipeMemory.Check(_recipe, dataset.Tokenizer.VocabSize);
        using var writer = _ownsFolder ? null : RunWriter.Open(_folder, _clock);
        var config = ConfigFor(dataset);
        using var model = config.Build(Placement.Of(_recipe.Training.Precision.Resolve()), _recipe.Adapter is null ? _recipe.Seed : null);
        _recipe.Prepare(model);
        _recipe.AddAdapter(model);
        var objective = _recipe.Objective.For(new(dataset.Tokenizer, config, _recipe.ContextLength, _recipe.Seed));
        using var teacher = _recipe.LoadTeacher(model, dataset.Tokenizer, model.Placement, folder: null, begins: true);
        objective.Teacher = teacher;
        using var optimizer = Optimizer(_recipe, model, begins: true);
        var test = LearningRateFinder.Find(
            model, objective, optimizer, _recipe.ToBatches(dataset.Training, objective), _recipe.Training.PerDeviceTrainBatchSize, _recipe.Training.MaxGradNorm, _recipe.Seed, from, to, steps,
            (done, all) => progress?.Invoke(new("testing learning rates", done, all, "steps")), cancellation);
        LearningRatePlot.Write(_folder.LearningRatePlot, test.Points, test.Suggested, $"{_recipe.Name}: {_recipe.Training.Optimizer.Type}");
        return test;
    }

    /// <summary>What the model reads first and is to predict, as the recipe's objective makes it; nothing is trained.</summary>
    /// <param name="rows">Sequences, 1 or more.</param>
    public TokenBatch FirstBatch(TokenDataset dataset, int rows)
    {
        var objective = _recipe.Objective.For(new(dataset.Tokenizer, ConfigFor(dataset), _recipe.ContextLength, _recipe.Seed));
        foreach (var line in objective.Notes(dataset.Training, dataset.Validation)) Note?.Invoke(line);
        return _recipe.ToBatches(dataset.Training, objective).Next(rows);
    }

    /// <summary>The model that the run trains, as its `config.json` will have it: of the recipe, or of the folder whose weights it begins with.</summary>
    /// <exception cref="CheckpointException">That folder's model has fewer tokens than the tokenizer.</exception>
    public ModelConfig ConfigFor(TokenDataset dataset)
    {
        if (_recipe.Model.From is not { } from) return WithEnd(_recipe.Model.ToConfig(dataset.Tokenizer), dataset);
        var config = WithEnd(ModelFolder.ReadConfig(File.Exists(Path.Combine(_folder.Last, ModelFolder.ConfigFile)) ? _folder.Last : RunFolder.ModelOf(from)), dataset);
        if (dataset.Tokenizer.VocabSize > config.VocabSize && _recipe.Objective is ConversationOptions) config = config with { VocabSize = dataset.Tokenizer.VocabSize };
        if (dataset.Tokenizer.VocabSize > config.VocabSize)
            throw new CheckpointException($"model.from: the tokenizer has {dataset.Tokenizer.VocabSize} tokens, the model of {from} {config.VocabSize}: they do not belong together.");
        // What may differ does not touch what the weights are: the folder keeps its tokens.
        return ModelSection.WithFreeKeys(config, _recipe.Model.Config);
    }

    /// <summary>A model that learns conversations ends its texts with the token that ends an answer, too.</summary>
    private ModelConfig WithEnd(ModelConfig config, TokenDataset dataset) =>
        _recipe.Objective is ConversationOptions && TokenizerConfig.Load(Path.GetDirectoryName(dataset.TokenizerPath)!).EosToken is { } token && dataset.Tokenizer.TokenToId(token) is { } id && !config.EosTokenIds.Contains(id)
            ? config with { EosTokenIds = [.. config.EosTokenIds, id] }
            : config;

    /// <summary>The recipe with its epochs counted in steps, where it has some.</summary>
    private Recipe WithSteps(TokenDataset dataset)
    {
        var training = _recipe.Training;
        if (training.NumTrainEpochs is not { } epochs) return _recipe;
        var objective = _recipe.Objective.For(new(dataset.Tokenizer, ConfigFor(dataset), _recipe.ContextLength, _recipe.Seed));
        if (objective.Examples(dataset.Training) is not { } examples) throw new OptionsException($"training.num_train_epochs is {epochs}; {_recipe.Objective.Type} learns from running text. Give training.max_steps.");
        return (_recipe with { Training = training with { MaxSteps = EpochSteps.Of(examples, training.PerDeviceTrainBatchSize, training.GradientAccumulationSteps, epochs), NumTrainEpochs = null } }).Validated();
    }

    // The weights that a run begins with go to the model and, unrounded, to the optimizer's masters.
    private static Optimizer Optimizer(Recipe recipe, Model model, bool begins)
    {
        if (!begins || recipe.Adapter is not null || recipe.Model.From is not { } from) return recipe.Training.ToOptimizer(model);
        var loaded = ModelFolder.Load(RunFolder.ModelOf(from), Placement.Cpu);
        using var first = VocabularyGrowth.Grown(loaded, model.Config, recipe.Seed);
        foreach (var parameter in model.Parameters) parameter.Load(first[parameter.Name].Value);
        return recipe.Training.ToOptimizer(model, first);
    }

    /// <summary>The model as it was before the first step.</summary>
    private static Model First(Recipe recipe, ModelConfig config, Placement placement)
    {
        var model = config.Build(placement, recipe.Seed);
        using var optimizer = Optimizer(recipe, model, begins: true);
        return model;
    }

    /// <summary>Tokens that were made before: the run keeps a copy, and stays what it is when they change.</summary>
    private TokenDataset Copied(string tokens, string? trained, Action<StageProgress>? progress, CancellationToken cancellation)
    {
        if (!Directory.Exists(tokens)) throw new DataException($"data.tokens: {tokens}: there is no such folder. Name one that `loquat preprocess` wrote with tokens in its recipe.");
        using (var given = TokenDataset.OpenWhole(tokens, out var fault, progress, cancellation) ?? throw new DataException($"data.tokens: {tokens}: {fault}"))
        {
            if (trained is not null && given.Key != trained) throw new DataException($"data.tokens: {tokens}: these are not the tokens that the run was trained on. Give back the old ones, or start another run with --out.");
            if (given.Validation.Count < 2 || given.Training.Count < 2) throw new DataException($"data.tokens: {tokens}: {given.Training.Count} tokens to train on and {given.Validation.Count} to validate with are too few; each needs 2 or more.");
        }
        AtomicFolder.Write(_folder.Data, folder =>
        {
            foreach (var file in Directory.EnumerateFiles(tokens)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        });
        return TokenDataset.Open(_folder.Data);
    }

    private bool SamePlaces(Recipe locked)
    {
        locked = locked.WithAbsolutePaths();
        return locked.Data.Path == _recipe.Data.Path && locked.Data.TargetPath == _recipe.Data.TargetPath && locked.Data.ValidationPath == _recipe.Data.ValidationPath && locked.Data.ValidationTargetPath == _recipe.Data.ValidationTargetPath &&
            locked.Data.Include.Equals(_recipe.Data.Include) && locked.Data.Exclude.Equals(_recipe.Data.Exclude) && locked.Tokenizer.Path == _recipe.Tokenizer.Path && locked.Data.Tokens == _recipe.Data.Tokens;
    }

    private ITextCorpus Corpus(bool mending, CancellationToken cancellation)
    {
        try
        {
            return _recipe.ToCorpus(TokenDataset.MemoryOf(_folder.Data), cancellation);
        }
        catch (DataException error) when (mending && TokenDataset.OpenWhole(_folder.Data, out var fault, cancellation: cancellation) is null)
        {
            throw new DataException($"{fault} It can be made anew from the text only, and that is not there: {error.Message}", error);
        }
    }

    /// <summary>Scores a shard whole with a causal model, in rows that begin as prompts do.</summary>
    public static PerplexityEvaluator Evaluator(TokenShard shard, Tokenizer tokenizer, int contextLength) => CausalObjective.OfText(shard, tokenizer, contextLength);

    private static Func<string>? Sample(Recipe recipe, Model model, TokenDataset dataset)
    {
        if (recipe.Training.SamplePrompt is not { } prompt || model is not CausalModel causal) return null;
        var generator = new TextGenerator(causal, dataset.Tokenizer);
        var options = recipe.Generation.ToOptions() with { MaxNewTokens = SampleTokens, Seed = recipe.Seed };
        return () => prompt + generator.Generate(prompt, options);
    }
}
