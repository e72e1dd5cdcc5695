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
/// <param name="recipe">From a file, or built in code.</param>
/// <param name="folder">Where everything goes that the run makes.</param>
/// <param name="clock">Default: the system's.</param>
/// <exception cref="OptionsException">The recipe cannot be carried out; the message names all faults.</exception>
public sealed class TrainingRun(Recipe recipe, RunFolder folder, TimeProvider? clock = null)
{
    private const int SampleTokens = 64;

    private readonly Recipe _recipe = recipe.Validated();
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <summary>Reads the text, learns the tokenizer and writes the tokens; finds them where they were made before.</summary>
    /// <exception cref="DataException">There is no such text, or too little.</exception>
    /// <exception cref="OptionsException">The text does not allow the vocabulary asked for.</exception>
    public TokenDataset PrepareData(Action<StageProgress>? progress = null, CancellationToken cancellation = default)
    {
        // A machine that cannot train says so before minutes of reading.
        Libtorch.Initialize();
        var dataset = TokenDataset.Prepare(_recipe.Data.ToCorpus(), _recipe.Tokenizer.ToChoice(), folder.Data, progress, cancellation);
        if (dataset.Validation.Count > 1) return dataset;
        dataset.Dispose();
        throw new DataException($"the text gives {dataset.Validation.Count} tokens to validate with; it needs 2 or more. Give more text, or raise data.validation_fraction ({_recipe.Data.ValidationFraction}).");
    }

    /// <summary>All of it: the text, then training.</summary>
    /// <inheritdoc cref="Train(TokenDataset, IReadOnlyList{ITrainingReporter}, CancellationToken)"/>
    public TrainingOutcome Train(CancellationToken cancellation = default)
    {
        using var dataset = PrepareData(null, cancellation);
        return Train(dataset, [], cancellation);
    }

    /// <summary>Trains to the recipe's last step, from the last checkpoint where there is one.</summary>
    /// <param name="displays">Told of progress, besides the run's own logs.</param>
    /// <exception cref="OperationCanceledException">Cancelled; a checkpoint was written.</exception>
    public TrainingOutcome Train(TokenDataset dataset, IReadOnlyList<ITrainingReporter> displays, CancellationToken cancellation = default)
    {
        var precision = _recipe.Training.Precision.Resolve();
        RecipeLock.Write(folder.Recipe, _recipe with { Training = _recipe.Training with { Precision = precision == Precision.BFloat16 ? PrecisionKind.Bf16 : PrecisionKind.Fp32 } });

        var placement = Placement.Of(precision);
        using var model = _recipe.Model.ToConfig(dataset.Tokenizer.VocabSize, dataset.EndOfText).Build(placement, _recipe.Seed);
        using var optimizer = _recipe.Training.Optimizer.ToOptimizer(model);
        using var metrics = new MetricsLog(folder.Metrics, _recipe.Training.LoggingSteps);
        using var events = new TensorBoardLog(folder.Events, _recipe.Training.LoggingSteps, _clock);
        var evaluator = Evaluator(dataset.Validation, dataset.EndOfText, _recipe.ContextLength);
        var training = new Pretraining(
            model, optimizer, _recipe.Training.ToSchedule(), _recipe.ToBatches(dataset.Training), evaluator,
            new CheckpointStore(folder.Checkpoints, dataset.TokenizerPath),
            [metrics, events, new SampleLog(folder.Samples), .. displays], _recipe.ToOptions(), _clock, Sample(model, dataset));
        var state = training.Run(cancellation);
        LossPlot.Write(folder.LossPlot, folder.Metrics);

        using var best = ModelFolder.Load(folder.Best, Placement.Cpu with { Device = placement.Device });
        return new TrainingOutcome(state, evaluator.Evaluate(best, _recipe.Training.PerDeviceTrainBatchSize, cancellation: cancellation));
    }

    /// <summary>Scores a shard whole.</summary>
    public static PerplexityEvaluator Evaluator(TokenShard shard, int? endOfText, int contextLength)
    {
        var rows = new EvaluationRows(index => shard[index], shard.DocumentEnds.ToArray(), contextLength, endOfText);
        var header = shard.Header;
        return new PerplexityEvaluator(rows, header.TextBytes, double.IsNaN(header.TrueBits) ? null : header.TrueBits / header.TextBytes);
    }

    private Func<string>? Sample(CausalModel model, TokenDataset dataset)
    {
        if (_recipe.Training.SamplePrompt is not { } prompt) return null;
        var generator = new TextGenerator(model, dataset.Tokenizer);
        var options = _recipe.Generation.ToOptions() with { MaxNewTokens = SampleTokens, Seed = _recipe.Seed };
        return () => prompt + generator.Generate(prompt, options);
    }
}
