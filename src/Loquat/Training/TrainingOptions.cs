namespace Loquat.Training;

/// <summary>How a training run proceeds; what it trains on and with is given to <see cref="Pretraining"/> beside it.</summary>
public sealed record TrainingOptions
{
    /// <summary>Optimizer steps in all.</summary>
    public required long MaxSteps { get; init; }

    /// <summary>Sequences in a micro-batch.</summary>
    public required int PerDeviceTrainBatchSize { get; init; }

    /// <summary>Tokens in a sequence.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Micro-batches in an optimizer step. Default: 1.</summary>
    public int GradientAccumulationSteps { get; init; } = 1;

    /// <summary>Longest gradient, as one vector; longer ones are scaled down. Infinity: no clipping. Default: 1.</summary>
    public double MaxGradNorm { get; init; } = 1;

    /// <summary>Steps between evaluations; there is always one after the last step. Default: 250.</summary>
    public long EvalSteps { get; init; } = 250;

    /// <summary>Rows of the validation text scored by each evaluation, evenly spread; null: all.</summary>
    public int? EvalRows { get; init; }

    /// <summary>Steps between checkpoints; there is always one after the last step. Default: 250.</summary>
    public long SaveSteps { get; init; } = 250;

    /// <summary>Steps between lines of the log. Default: 10.</summary>
    public long LoggingSteps { get; init; } = 10;

    /// <summary>Stop after so many evaluations without a better loss; null: never.</summary>
    public int? EarlyStoppingPatience { get; init; }

    /// <summary>Seed of dropout.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Tokens in an optimizer step.</summary>
    public long TokensPerStep => (long)PerDeviceTrainBatchSize * ContextLength * GradientAccumulationSteps;
}
