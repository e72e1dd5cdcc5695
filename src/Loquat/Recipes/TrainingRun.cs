using Loquat.Checkpoints;
using Loquat.Evaluation;
using Loquat.Generation;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Native;
using Loquat.Reporting;
using Loquat.Text.Datasets;
using Loquat.Training;
using static TorchSharp.torch;

namespace Loquat.Recipes;

/// <summary>What a finished run gave.</summary>
/// <param name="State">Where training ended.</param>
/// <param name="Evaluation">The best checkpoint on the whole validation text.</param>
public sealed record TrainingOutcome(TrainingState State, EvaluationResult Evaluation);

/// <summary>A recipe carried out in a run folder: text, tokenizer, model, training, evaluation, in this order.</summary>
public sealed class TrainingRun(Recipe recipe, RunFolder folder, TimeProvider clock)
{
    private const int SampleTokens = 64;

    /// <summary>Reads the text, learns the tokenizer and writes the tokens; finds them where they were made before.</summary>
    /// <exception cref="DataException">There is no such text, or too little.</exception>
    /// <exception cref="OptionsException">The text does not allow the vocabulary asked for.</exception>
    public TokenDataset PrepareData(Action<StageProgress>? progress, CancellationToken cancellation)
    {
        var dataset = TokenDataset.Prepare(recipe.Data.ToCorpus(), recipe.Tokenizer.ToChoice(), folder.Data, progress, cancellation);
        if (dataset.Validation.Count > 1) return dataset;
        dataset.Dispose();
        throw new DataException($"the text gives {dataset.Validation.Count} tokens to validate with; it needs 2 or more. Give more text, or raise data.validation_fraction ({recipe.Data.ValidationFraction}).");
    }

    /// <summary>Trains to the recipe's last step, from the last checkpoint where there is one.</summary>
    /// <param name="displays">Told of progress, besides the run's own logs.</param>
    /// <exception cref="OperationCanceledException">Cancelled; a checkpoint was written.</exception>
    public TrainingOutcome Train(TokenDataset dataset, IReadOnlyList<ITrainingReporter> displays, CancellationToken cancellation)
    {
        var precision = recipe.Training.Precision.Resolve();
        RecipeLock.Write(folder.Recipe, recipe with { Training = recipe.Training with { Precision = precision == Precision.BFloat16 ? PrecisionKind.Bf16 : PrecisionKind.Fp32 } });

        var placement = PlacementOf(precision);
        using var model = recipe.Model.ToConfig(dataset.Tokenizer.VocabSize, dataset.EndOfText).Build(placement, recipe.Seed);
        using var optimizer = recipe.Training.Optimizer.ToOptimizer(model);
        using var metrics = new MetricsLog(folder.Metrics, recipe.Training.LoggingSteps);
        using var events = new TensorBoardLog(folder.Events, recipe.Training.LoggingSteps, clock);
        var evaluator = Evaluator(dataset.Validation, dataset.EndOfText, recipe.ContextLength);
        var training = new Pretraining(
            model, optimizer, recipe.Training.ToSchedule(), recipe.ToBatches(dataset.Training), evaluator,
            new CheckpointStore(folder.Checkpoints, dataset.TokenizerPath),
            [metrics, events, new SampleLog(folder.Samples), .. displays], recipe.ToOptions(), clock, Sample(model, dataset));
        var state = training.Run(cancellation);
        LossPlot.Write(folder.LossPlot, folder.Metrics);

        using var best = ModelFolder.Load(folder.Best, Placement.Cpu with { Device = placement.Device });
        return new TrainingOutcome(state, evaluator.Evaluate(best, recipe.Training.PerDeviceTrainBatchSize, cancellation: cancellation));
    }

    /// <summary>Where models live on this machine.</summary>
    public static Placement PlacementOf(Precision precision) =>
        new(Libtorch.HasCuda ? CUDA : CPU, precision == Precision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32);

    /// <summary>Scores a shard whole.</summary>
    public static PerplexityEvaluator Evaluator(TokenShard shard, int? endOfText, int contextLength)
    {
        var rows = new EvaluationRows(index => shard[index], shard.DocumentEnds.ToArray(), contextLength, endOfText);
        var header = shard.Header;
        return new PerplexityEvaluator(rows, header.TextBytes, double.IsNaN(header.TrueBits) ? null : header.TrueBits / header.TextBytes);
    }

    private Func<string>? Sample(CausalModel model, TokenDataset dataset)
    {
        if (recipe.Training.SamplePrompt is not { } prompt) return null;
        var generator = new TextGenerator(model, dataset.Tokenizer);
        var options = recipe.Generation.ToOptions() with { MaxNewTokens = SampleTokens, Seed = recipe.Seed };
        return () => prompt + generator.Generate(prompt, options);
    }
}
