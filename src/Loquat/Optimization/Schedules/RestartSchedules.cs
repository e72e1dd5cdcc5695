using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Loquat.Optimization.Schedules;

/// <summary>A linear warm-up from 0, then cosines to 0, each beginning anew at the highest rate (Loshchilov and Hutter 2017), as transformers has it.</summary>
public sealed record CosineWithRestartsOptions : WarmupScheduleOptions
{
    [Description("Cosines of the run.")]
    [Range(1, 1e6)]
    public int NumCycles { get; init; } = 1;

    public override string Type => "cosine_with_restarts";

    public override LearningRateSchedule Create(double learningRate, long totalSteps) => new Schedule(learningRate, this, totalSteps);

    private sealed record Schedule(double LearningRate, CosineWithRestartsOptions Options, long TotalSteps) : LearningRateSchedule(LearningRate)
    {
        public override double Factor(long step)
        {
            if (step < Options.WarmupSteps) return (double)step / Options.WarmupSteps;
            var progress = (step - Options.WarmupSteps) / (double)Math.Max(1, TotalSteps - Options.WarmupSteps);
            return progress >= 1 ? 0 : 0.5 * (1 + Math.Cos(Math.PI * (Options.NumCycles * progress % 1)));
        }
    }
}

/// <summary>Cosines to a floor, each longer than the last and beginning anew at the highest rate (Loshchilov and Hutter 2017, SGDR), as torch's CosineAnnealingWarmRestarts.</summary>
public sealed record CosineAnnealingWarmRestartsOptions : ScheduleOptions
{
    [Description("Steps of the first cosine.")]
    [Range(1, 1e12)]
    public long T0 { get; init; } = 100;

    [Description("Each cosine is so many times as long as the last.")]
    [Range(1, 1000)]
    public int TMult { get; init; } = 1;

    [Description("The floor.")]
    [Range(0.0, 100)]
    public double EtaMin { get; init; }

    public override string Type => "cosine_annealing_warm_restarts";

    public override LearningRateSchedule Create(double learningRate, long totalSteps) => new Schedule(learningRate, this);

    private sealed record Schedule(double LearningRate, CosineAnnealingWarmRestartsOptions Options) : LearningRateSchedule(LearningRate)
    {
        public override double Factor(long step)
        {
            var length = Options.T0;
            if (Options.TMult == 1) step %= length;
            for (; step >= length; length *= Options.TMult) step -= length;
            var floor = Options.EtaMin / LearningRate;
            return floor + (1 - floor) * 0.5 * (1 + Math.Cos(Math.PI * step / length));
        }
    }
}

/// <summary>A cosine to a floor and back, without end, as torch's CosineAnnealingLR.</summary>
public sealed record CosineAnnealingOptions : ScheduleOptions
{
    [Description("Steps to the floor. Default: those of the run.")]
    [Range(1, 1e12)]
    public long? TMax { get; init; }

    [Description("The floor.")]
    [Range(0.0, 100)]
    public double EtaMin { get; init; }

    public override string Type => "cosine_annealing";

    public override LearningRateSchedule Create(double learningRate, long totalSteps) => new CosineSchedule(learningRate, 0, TMax ?? totalSteps) { MinRatio = EtaMin / learningRate };
}
