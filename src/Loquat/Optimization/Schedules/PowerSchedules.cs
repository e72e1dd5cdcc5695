using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Loquat.Optimization.Schedules;

/// <summary>A linear warm-up from 0, then a power of what is left to a last rate, as transformers' polynomial.</summary>
public sealed record PolynomialOptions : WarmupScheduleOptions
{
    [Description("The rate at the end.")]
    [Range(0.0, 100)]
    public double LrEnd { get; init; } = 1e-7;

    [Description("The power; 1 is a straight line.")]
    [Range(0.0, 100)]
    public double Power { get; init; } = 1;

    public override string Type => "polynomial";

    public override LearningRateSchedule Create(double learningRate, long totalSteps) => new Schedule(learningRate, this, totalSteps);

    private sealed record Schedule(double LearningRate, PolynomialOptions Options, long TotalSteps) : LearningRateSchedule(LearningRate)
    {
        public override double Factor(long step)
        {
            if (step < Options.WarmupSteps) return (double)step / Options.WarmupSteps;
            var end = Options.LrEnd / LearningRate;
            if (step > TotalSteps) return end;
            var left = 1 - (step - Options.WarmupSteps) / (double)Math.Max(1, TotalSteps - Options.WarmupSteps);
            return (1 - end) * Math.Pow(left, Options.Power) + end;
        }
    }
}

/// <summary>A power of what is left to 0, as torch's PolynomialLR.</summary>
public sealed record PolynomialLrOptions : ScheduleOptions
{
    [Description("Steps to 0. Default: those of the run.")]
    [Range(1, 1e12)]
    public long? TotalIters { get; init; }

    [Description("The power; 1 is a straight line.")]
    [Range(0.0, 100)]
    public double Power { get; init; } = 1;

    public override string Type => "polynomial_lr";

    public override LearningRateSchedule Create(double learningRate, long totalSteps) => new Schedule(learningRate, TotalIters ?? totalSteps, Power);

    private sealed record Schedule(double LearningRate, long Steps, double Power) : LearningRateSchedule(LearningRate)
    {
        public override double Factor(long step) => Math.Pow(1 - Math.Min(Steps, step) / (double)Steps, Power);
    }
}

/// <summary>A linear warm-up from 0, then 1 / root of the step, as transformers' inverse_sqrt.</summary>
public sealed record InverseSqrtOptions : WarmupScheduleOptions
{
    [Description("Larger: a slower fall. Default: the warm-up's steps, or 10,000 where there is none.")]
    [Range(1, 1e12)]
    public long? Timescale { get; init; }

    public override string Type => "inverse_sqrt";

    public override LearningRateSchedule Create(double learningRate, long totalSteps) => new Schedule(learningRate, WarmupSteps, Timescale ?? (WarmupSteps > 0 ? WarmupSteps : 10_000));

    private sealed record Schedule(double LearningRate, long WarmupSteps, long Timescale) : LearningRateSchedule(LearningRate)
    {
        public override double Factor(long step) =>
            step < WarmupSteps ? (double)step / WarmupSteps : 1 / Math.Sqrt((step + Timescale - WarmupSteps) / (double)Timescale);
    }
}

/// <summary>The Transformer's schedule (Vaswani et al. 2017, section 5.3): width to the power of -1/2 times a linear warm-up, then 1 / root of the step. The learning rate is a factor.</summary>
public sealed record NoamOptions : WarmupScheduleOptions
{
    [Description("The model's width.")]
    [Range(1, 1_000_000)]
    public int DModel { get; init; } = 512;

    public override string Type => "noam";

    public override LearningRateSchedule Create(double learningRate, long totalSteps) => new Schedule(learningRate, DModel, Math.Max(1, WarmupSteps));

    private sealed record Schedule(double LearningRate, int Width, long WarmupSteps) : LearningRateSchedule(LearningRate)
    {
        public override double Factor(long step) => Math.Pow(Width, -0.5) * Math.Min(Math.Pow(step + 1, -0.5), (step + 1) * Math.Pow(WarmupSteps, -1.5));
    }
}
