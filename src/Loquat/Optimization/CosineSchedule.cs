namespace Loquat.Optimization;

/// <summary>
/// A linear warm-up, then a cosine, as transformers has it: the cosine goes on after <paramref name="TotalSteps"/> and
/// rises again. <see cref="WarmCosineSchedule"/> is the one to train with.
/// </summary>
/// <param name="LearningRate">The rate at the end of the warm-up. Above 0.</param>
/// <param name="WarmupSteps">Steps of rising rate. 0 or more.</param>
/// <param name="TotalSteps">The step at which the last wave ends.</param>
public sealed record CosineSchedule(double LearningRate, long WarmupSteps, long TotalSteps) : LearningRateSchedule(LearningRate)
{
    /// <summary>The floor as a fraction of the highest rate. 0 to 1. Default: 0.</summary>
    public double MinRatio { get; init; }

    /// <summary>Waves of the cosine: half a wave ends at the floor. Default: 0.5.</summary>
    public double Cycles { get; init; } = 0.5;

    /// <summary>
    /// The rate of step 0 as a fraction of the highest. When set, the warm-up reaches the highest rate on its last step and the
    /// decay begins one step earlier (<c>get_cosine_with_min_lr_schedule_with_warmup_lr_rate</c>). Default: none, a warm-up from 0.
    /// </summary>
    public double? WarmupStartRatio { get; init; }

    public override double Factor(long step)
    {
        if (step < WarmupSteps)
        {
            return WarmupStartRatio is { } start
                ? start + (1 - start) * step / Math.Max(1, WarmupSteps - 1)
                : (double)step / WarmupSteps;
        }
        var into = step - WarmupSteps + (WarmupStartRatio is null ? 0 : 1);
        var progress = into / (double)Math.Max(1, TotalSteps - WarmupSteps);
        var wave = 0.5 * (1 + Math.Cos(2 * Math.PI * Cycles * progress));
        return Math.Max(0, wave * (1 - MinRatio) + MinRatio);
    }
}
