using Loquat.Optimization;

namespace Loquat.Training;

/// <summary>How a training run proceeds; what it trains on and with is given to <see cref="TrainingLoop"/> beside it.</summary>
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

    /// <summary>Steps over which the batch grows evenly from <see cref="BatchWarmupStart"/> sequences to all (Brown et al. 2020, section B). Default: 0, each step has all.</summary>
    public long BatchWarmupSteps { get; init; }

    /// <summary>Sequences of the first step, where <see cref="BatchWarmupSteps"/> is above 0. Default: 1.</summary>
    public int BatchWarmupStart { get; init; } = 1;

    /// <summary>Longest gradient, as one vector; longer ones are scaled down. Infinity: no clipping. Default: 1.</summary>
    public double MaxGradNorm { get; init; } = 1;

    /// <summary>What the length of a gradient is, for <see cref="MaxGradNorm"/>. Default: L2.</summary>
    public NormKind GradNormType { get; init; } = NormKind.L2;

    /// <summary>Largest absolute value of a gradient's numbers; larger ones are cut. Before the norm. Default: any.</summary>
    public double? MaxGradValue { get; init; }

    /// <summary>Longest gradient of a row as a share of its weights; longer ones are scaled down. Before the norm. Default: any.</summary>
    public double? AdaptiveGradClip { get; init; }

    /// <summary>Noise of variance this / (1 + step)^0.55 is added to gradients. Default: none.</summary>
    public double? GradientNoise { get; init; }

    /// <summary>Whether the gradient noise scale is measured, where a step has several micro-batches.</summary>
    public bool GradientNoiseScale { get; init; }

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

    /// <summary>The least gain, in nats, that <see cref="EarlyStoppingPatience"/> counts as a better loss. Default: any.</summary>
    public double EarlyStoppingThreshold { get; init; }

    /// <summary>Seed of dropout.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The same options.</summary>
    /// <exception cref="OptionsException">Values out of their range; the message names all of them.</exception>
    public TrainingOptions Validated()
    {
        var faults = new List<string>();
        void Check(bool valid, string name, object value, string allowed)
        {
            if (!valid) faults.Add($"{name} is {value}; allowed: {allowed}.");
        }
        Check(MaxSteps >= 1, "max_steps", MaxSteps, "1 or more");
        Check(PerDeviceTrainBatchSize >= 1, "per_device_train_batch_size", PerDeviceTrainBatchSize, "1 or more");
        Check(ContextLength >= 1, "context_length", ContextLength, "1 or more");
        Check(GradientAccumulationSteps >= 1, "gradient_accumulation_steps", GradientAccumulationSteps, "1 or more");
        Check(BatchWarmupSteps >= 0, "batch_warmup_steps", BatchWarmupSteps, "0 or more");
        Check(BatchWarmupSteps == 0 || (BatchWarmupStart >= 1 && BatchWarmupStart <= Sequences), "batch_warmup_start", BatchWarmupStart, $"1 to the {Sequences} sequences of a step");
        Check(MaxGradNorm > 0, "max_grad_norm", MaxGradNorm, "above 0");
        Check(MaxGradValue is null or > 0, "max_grad_value", MaxGradValue ?? 0, "above 0, or none");
        Check(AdaptiveGradClip is null or > 0, "adaptive_grad_clip", AdaptiveGradClip ?? 0, "above 0, or none");
        Check(GradientNoise is null or > 0, "gradient_noise", GradientNoise ?? 0, "above 0, or none");
        Check(EarlyStoppingThreshold >= 0, "early_stopping_threshold", EarlyStoppingThreshold, "0 or more");
        Check(EvalSteps >= 1, "eval_steps", EvalSteps, "1 or more");
        Check(EvalRows is null or >= 1, "eval_rows", EvalRows ?? 0, "1 or more, or none for all");
        Check(SaveSteps >= 1, "save_steps", SaveSteps, "1 or more");
        Check(LoggingSteps >= 1, "logging_steps", LoggingSteps, "1 or more");
        Check(EarlyStoppingPatience is null or >= 1, "early_stopping_patience", EarlyStoppingPatience ?? 0, "1 or more, or none");
        return faults.Count == 0 ? this : throw new OptionsException(string.Join(' ', faults));
    }

    /// <summary>Tokens in an optimizer step, once the batch has grown.</summary>
    public long TokensPerStep => Sequences * ContextLength;

    private long Sequences => (long)PerDeviceTrainBatchSize * GradientAccumulationSteps;

    /// <summary>Sequences in each micro-batch of a step: all alike or, while the batch grows, different by one at most.</summary>
    /// <param name="step">Counted from 0.</param>
    public int[] RowsOf(long step)
    {
        var rows = SequencesOf(step);
        var micros = (rows + PerDeviceTrainBatchSize - 1) / PerDeviceTrainBatchSize;
        return [.. Enumerable.Range(0, (int)micros).Select(micro => (int)((micro + 1) * rows / micros - micro * rows / micros))];
    }

    /// <summary>Tokens of the first steps together, the growing batch counted.</summary>
    public long TokensOf(long steps)
    {
        var growing = Math.Min(steps, BatchWarmupSteps);
        var sequences = (steps - growing) * Sequences;
        for (long step = 0; step < growing; step++) sequences += SequencesOf(step);
        return sequences * ContextLength;
    }

    private long SequencesOf(long step) => step >= BatchWarmupSteps ? Sequences : BatchWarmupStart + (long)((Int128)(Sequences - BatchWarmupStart) * step / BatchWarmupSteps);
}
