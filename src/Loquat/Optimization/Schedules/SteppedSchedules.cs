using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Loquat.Optimization.Schedules;

/// <summary>The rate times gamma at every step, as torch's ExponentialLR.</summary>
public sealed record ExponentialOptions : ScheduleOptions
{
    [Description("Multiplies the rate at every step.")]
    [Range(1e-6, 1)]
    public double Gamma { get; init; } = 0.999;

    public override string Type => "exponential";

    public override LearningRateSchedule Create(double learningRate, long totalSteps) => new Schedule(learningRate, Gamma);

    private sealed record Schedule(double LearningRate, double Gamma) : LearningRateSchedule(LearningRate)
    {
        public override double Factor(long step) => Math.Pow(Gamma, step);
    }
}

/// <summary>The rate times gamma every so many steps, as torch's StepLR.</summary>
public sealed record StepOptions : ScheduleOptions
{
    [Description("Steps at one rate.")]
    [Range(1, 1e12)]
    public long StepSize { get; init; } = 100;

    [Description("Multiplies the rate.")]
    [Range(1e-6, 1)]
    public double Gamma { get; init; } = 0.1;

    public override string Type => "step";

    public override LearningRateSchedule Create(double learningRate, long totalSteps) => new Schedule(learningRate, StepSize, Gamma);

    private sealed record Schedule(double LearningRate, long StepSize, double Gamma) : LearningRateSchedule(LearningRate)
    {
        public override double Factor(long step) => Math.Pow(Gamma, step / StepSize);
    }
}

/// <summary>The rate times gamma at given steps, as torch's MultiStepLR.</summary>
public sealed record MultiStepOptions : ScheduleOptions
{
    [Description("The steps, rising, with commas between them, such as 400,800.")]
    public string Milestones { get; init; } = "";

    [Description("Multiplies the rate.")]
    [Range(1e-6, 1)]
    public double Gamma { get; init; } = 0.1;

    public override string Type => "multi_step";

    /// <exception cref="OptionsException">The milestones are no numbers.</exception>
    public override LearningRateSchedule Create(double learningRate, long totalSteps) => new Schedule(learningRate, Steps(Milestones), Gamma);

    private static long[] Steps(string text) =>
        [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(part => long.TryParse(part, out var step) && step >= 0
            ? step
            : throw new OptionsException($"training.lr_scheduler.milestones holds '{part}'; allowed: whole numbers from 0, with commas between them, such as 400,800."))];

    private sealed record Schedule(double LearningRate, long[] Milestones, double Gamma) : LearningRateSchedule(LearningRate)
    {
        public override double Factor(long step) => Math.Pow(Gamma, Milestones.Count(milestone => milestone <= step));
    }
}

/// <summary>A straight line from one factor to another, then level, as torch's LinearLR.</summary>
public sealed record LinearLrOptions : ScheduleOptions
{
    [Description("The first rate as a fraction of the learning rate.")]
    [Range(1e-9, 1)]
    public double StartFactor { get; init; } = 1.0 / 3;

    [Description("The last rate as a fraction of the learning rate.")]
    [Range(0.0, 1)]
    public double EndFactor { get; init; } = 1;

    [Description("Steps of the line.")]
    [Range(1, 1e12)]
    public long TotalIters { get; init; } = 100;

    public override string Type => "linear_lr";

    public override bool Falls => EndFactor < StartFactor;

    public override LearningRateSchedule Create(double learningRate, long totalSteps) => new Schedule(learningRate, this);

    private sealed record Schedule(double LearningRate, LinearLrOptions Options) : LearningRateSchedule(LearningRate)
    {
        public override double Factor(long step) => Options.StartFactor + (Options.EndFactor - Options.StartFactor) * Math.Min(Options.TotalIters, step) / Options.TotalIters;
    }
}
