using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Loquat.Optimization.Schedules;

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

/// <summary>transformers' cosine: a linear warm-up from 0, then half a wave to 0.</summary>
public sealed record CosineOptions : WarmupScheduleOptions
{
    [Description("Waves of the cosine: half a wave ends at 0.")]
    [Range(0.0, 1e6)]
    public double NumCycles { get; init; } = 0.5;

    public override string Type => "cosine";

    public override LearningRateSchedule Create(double learningRate, long totalSteps) => new CosineSchedule(learningRate, WarmupSteps, totalSteps) { Cycles = NumCycles };
}

/// <summary>The same to a floor.</summary>
public sealed record CosineWithMinLrOptions : WarmupScheduleOptions
{
    [Description("Waves of the cosine: half a wave ends at the floor.")]
    [Range(0.0, 1e6)]
    public double NumCycles { get; init; } = 0.5;

    [Description("The floor. Default: min_lr_rate of the highest rate.")]
    [Range(0.0, 100)]
    public double? MinLr { get; init; }

    [Description("The floor as a fraction of the highest rate.")]
    [Range(0.0, 1)]
    public double MinLrRate { get; init; } = 0.1;

    public override string Type => "cosine_with_min_lr";

    public override LearningRateSchedule Create(double learningRate, long totalSteps) =>
        new CosineSchedule(learningRate, WarmupSteps, totalSteps) { Cycles = NumCycles, MinRatio = MinLr / learningRate ?? MinLrRate };
}

/// <summary>The same with a warm-up that begins above 0 and reaches the highest rate on its last step.</summary>
public sealed record CosineWarmupWithMinLrOptions : WarmupScheduleOptions
{
    [Description("Waves of the cosine: half a wave ends at the floor.")]
    [Range(0.0, 1e6)]
    public double NumCycles { get; init; } = 0.5;

    [Description("The floor. Default: min_lr_rate of the highest rate.")]
    [Range(0.0, 100)]
    public double? MinLr { get; init; }

    [Description("The floor as a fraction of the highest rate.")]
    [Range(0.0, 1)]
    public double MinLrRate { get; init; } = 0.1;

    [Description("The rate of the first step as a fraction of the highest.")]
    [Range(0.0, 1)]
    public double WarmupLrRate { get; init; } = 0.1;

    public override string Type => "cosine_warmup_with_min_lr";

    public override LearningRateSchedule Create(double learningRate, long totalSteps) =>
        new CosineSchedule(learningRate, WarmupSteps, totalSteps) { Cycles = NumCycles, MinRatio = MinLr / learningRate ?? MinLrRate, WarmupStartRatio = WarmupLrRate };
}
