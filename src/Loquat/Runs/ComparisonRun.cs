using Loquat.Evaluation;
using Loquat.Models;
using Loquat.Objectives;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Text.Datasets;
using Loquat.Training;

namespace Loquat.Runs;

/// <summary>What is compared, and how.</summary>
public sealed record ComparisonOptions
{
    /// <summary>Recipes of the same text and tokenizer, each with a name of its own.</summary>
    public required IReadOnlyList<Recipe> Recipes { get; init; }

    /// <summary>Where the runs and the result go.</summary>
    public required string Folder { get; init; }

    /// <summary>Runs of each recipe: its own seed, and those after it. Default: 1.</summary>
    public int Seeds { get; init; } = 1;

    /// <summary>Tokens that each recipe is trained on, up to its next whole step; its warm-up and decay keep their shares. Default: those of the recipe that asks for the fewest.</summary>
    public long? Tokens { get; init; }

    /// <summary>The order of the n-gram baseline; 0: none. Default: 5.</summary>
    public int NgramOrder { get; init; } = 5;

    /// <summary>Evaluations on the way. Default: 8.</summary>
    public int Points { get; init; } = 8;
}

/// <summary>Trains recipes on the same tokens, each with several seeds, and puts them side by side. Runs that stand in the folder already are gone on with.</summary>
public sealed class ComparisonRun
{
    private readonly ComparisonOptions _options;
    private readonly TimeProvider _clock;
    private readonly long _tokens;

    /// <param name="clock">Default: the system's.</param>
    /// <exception cref="OptionsException">The recipes cannot be compared; the message names what differs.</exception>
    public ComparisonRun(ComparisonOptions options, TimeProvider? clock = null)
    {
        (_options, _clock) = (options, clock ?? TimeProvider.System);
        var recipes = options.Recipes;
        if (recipes.Count == 0) throw new OptionsException("there is nothing to compare. Give one recipe or more.");
        if (options.Seeds < 1 || options.Points < 1 || options.NgramOrder < 0 || options.Tokens < 1)
            throw new OptionsException("a comparison needs 1 or more seeds, tokens and evaluations, and an n-gram of 0 or more.");
        if (recipes.GroupBy(r => r.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } same)
            throw new OptionsException($"two recipes are called '{same.Key}'. Give each a name of its own (name).");
        if (recipes.FirstOrDefault(r => r.Training.BatchWarmupSteps > 0) is { } growing)
            throw new OptionsException($"{growing.Name} has training.batch_warmup_steps; a comparison is of steps that all have as many tokens. Take it out.");
        foreach (var recipe in recipes.Skip(1))
        {
            var (first, other) = (recipes[0].WithAbsolutePaths(), recipe.WithAbsolutePaths());
            if (other.Data with { Sampling = first.Data.Sampling } != first.Data)
                throw new OptionsException($"{recipe.Name} reads another text than {first.Name}, or splits it otherwise (data). Give all the same, as with --set data.path=FILE.");
            if (other.Tokenizer != first.Tokenizer) throw new OptionsException($"{recipe.Name} has another tokenizer than {first.Name} (tokenizer). A loss for each token can be compared only where the tokens are the same.");
        }
        _tokens = options.Tokens ?? recipes.Min(r => r.Training.MaxSteps * TokensPerStep(r));
    }

    private static long TokensPerStep(Recipe recipe) => (long)recipe.Training.PerDeviceTrainBatchSize * recipe.ContextLength * recipe.Training.GradientAccumulationSteps;

    /// <param name="displays">Makes what is told of the progress of a run, from its name and recipe.</param>
    /// <exception cref="LoquatException">A run cannot be carried out.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; what was trained is kept and gone on with next time.</exception>
    public Comparison Run(Func<string, Recipe, IReadOnlyList<ITrainingReporter>>? displays = null, CancellationToken cancellation = default)
    {
        List<Contender> contenders = [];
        foreach (var recipe in _options.Recipes)
        {
            var runs = Enumerable.Range(0, _options.Seeds).Select(i => Train(recipe with { Seed = recipe.Seed + (ulong)i }, displays, cancellation)).ToList();
            contenders.Add(Join(recipe, runs));
        }
        if (_options.NgramOrder > 0 && Baseline(cancellation) is { } baseline) contenders.Insert(0, baseline);
        var trained = contenders.Where(c => c.Operations > 0).ToList();
        var (operations, seconds) = (trained.Min(c => c.Operations), trained.Min(c => c.Seconds));
        var comparison = new Comparison(_tokens, operations, seconds, [.. contenders.Select(c => c with
        {
            LossAtEqualOperations = c.Operations > 0 ? Comparison.At(c.Curve, p => p.Operations, operations) : null,
            LossAtEqualSeconds = c.Operations > 0 ? Comparison.At(c.Curve, p => p.Seconds, seconds) : null,
        })]);
        comparison.Write(_options.Folder);
        return comparison;
    }

    /// <summary>The recipe as it is trained here.</summary>
    internal Recipe Adapted(Recipe recipe)
    {
        var steps = Math.Max(1, (_tokens + TokensPerStep(recipe) - 1) / TokensPerStep(recipe));
        var (training, share) = (recipe.Training, (double)steps / recipe.Training.MaxSteps);
        long Scaled(long given) => Math.Min(steps, (long)Math.Round(given * share));
        return recipe with
        {
            Training = training with
            {
                MaxSteps = steps,
                EvalSteps = Math.Max(1, steps / _options.Points),
                SaveSteps = steps,
                LoggingSteps = Math.Max(1, Math.Min(training.LoggingSteps, steps / 10)),
                EarlyStoppingPatience = null,
                EarlyStoppingThreshold = 0,
                SwaStart = training.SwaStart is { } start ? Math.Min(steps - 1, Scaled(start)) : null,
                LrScheduler = training.LrScheduler.Scaled(Scaled),
            },
        };
    }

    private string FolderOf(Recipe recipe) => Path.Combine(_options.Folder, $"{recipe.Name}-{recipe.Seed}");

    private sealed record Trained(ulong Seed, ModelConfig Config, EvaluationResult Evaluation, IReadOnlyList<(long Tokens, double Loss)> Curve, double Seconds, long Tokens);

    private Trained Train(Recipe recipe, Func<string, Recipe, IReadOnlyList<ITrainingReporter>>? displays, CancellationToken cancellation)
    {
        var adapted = Adapted(recipe);
        var folder = new RunFolder(FolderOf(recipe));
        using var writer = RunWriter.Open(folder, _clock);
        var run = new TrainingRun(adapted, writer, _clock);
        using var dataset = run.PrepareData(null, cancellation);
        var outcome = run.Train(dataset, displays?.Invoke($"{recipe.Name}, seed {recipe.Seed}", adapted) ?? [], cancellation);
        var metrics = RunMetrics.Read(folder.Metrics);
        var speeds = metrics.Steps.Select(s => s.TokensPerSecond).Where(double.IsFinite).Order().ToList();
        var tokens = adapted.Training.MaxSteps * TokensPerStep(adapted);
        var seconds = speeds.Count > 0 ? tokens / speeds[speeds.Count / 2] : outcome.State.Seconds;
        return new(recipe.Seed, run.ConfigFor(dataset), outcome.Evaluation, [.. metrics.Evaluations.Where(e => e.Step > 0).Select(e => (e.Step * TokensPerStep(adapted), e.Loss))], seconds, tokens);
    }

    private static Contender Join(Recipe recipe, List<Trained> runs)
    {
        var (first, seconds) = (runs[0], runs.Average(r => r.Seconds));
        // A multiplication and an addition forward, twice as many back.
        var perToken = 6.0 * first.Config.ProductsPerToken(recipe.ContextLength);
        var (loss, interval) = Comparison.Mean([.. runs.Select(r => r.Evaluation.Loss)]);
        var bits = runs.Select(r => r.Evaluation.BitsPerByte).ToList();
        (double Mean, double? Interval)? bytes = bits.TrueForAll(double.IsFinite) ? Comparison.Mean(bits) : null;
        return new()
        {
            Name = recipe.Name,
            ModelType = first.Config.ModelType,
            Score = recipe.Objective.Type,
            Seeds = [.. runs.Select(r => r.Seed)],
            Parameters = first.Config.ParameterCount(),
            Tokens = first.Tokens,
            Seconds = seconds,
            Operations = perToken * first.Tokens,
            Loss = loss,
            LossInterval = interval,
            BitsPerByte = bytes?.Mean,
            BitsPerByteInterval = bytes?.Interval,
            Curve = [.. first.Curve.Select((point, i) =>
            {
                var (mean, half) = Comparison.Mean([.. runs.Where(r => r.Curve.Count > i).Select(r => r.Curve[i].Loss)]);
                return new ComparisonPoint(point.Tokens, seconds * point.Tokens / first.Tokens, perToken * point.Tokens, mean, half);
            })],
        };
    }

    /// <summary>Counts of the first tokens of the training text, as many as the others see; null where no recipe is scored by the text's likelihood.</summary>
    private Contender? Baseline(CancellationToken cancellation)
    {
        if (_options.Recipes.FirstOrDefault(r => r.Objective is CausalOptions) is not { } recipe) return null;
        using var writer = RunWriter.Open(new RunFolder(FolderOf(recipe)), _clock);
        using var dataset = new TrainingRun(Adapted(recipe), writer, _clock).PrepareData(null, cancellation);
        var evaluator = TrainingRun.Evaluator(dataset.Validation, dataset.Tokenizer, recipe.ContextLength);
        List<ComparisonPoint> curve = [];
        NgramModel? model = null;
        EvaluationResult? last = null;
        var seconds = 0.0;
        foreach (var share in (double[])[0.125, 0.25, 0.5, 1])
        {
            var count = Math.Max(1, (long)(Math.Min(_tokens, dataset.Training.Count) * share));
            var begun = _clock.GetTimestamp();
            model = NgramModel.Train(i => dataset.Training[i], count, _options.NgramOrder, dataset.Tokenizer.VocabSize);
            seconds = _clock.GetElapsedTime(begun).TotalSeconds;
            last = evaluator.Evaluate(model, cancellation);
            curve.Add(new(count, seconds, 0, last.Loss, null));
        }
        return new()
        {
            Name = $"{_options.NgramOrder}-gram",
            ModelType = "n-gram",
            Score = "causal",
            Seeds = [],
            Parameters = model!.Parameters,
            Tokens = curve[^1].Tokens,
            Seconds = seconds,
            Operations = 0,
            Loss = last!.Loss,
            BitsPerByte = last.BitsPerByte,
            Curve = curve,
        };
    }
}
