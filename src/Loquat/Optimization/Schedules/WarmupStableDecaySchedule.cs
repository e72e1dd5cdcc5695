using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Loquat.Optimization.Schedules;

/// <summary>The curve by which a warm-up rises or a decay falls.</summary>
public enum RampShape
{
    /// <summary>A straight line.</summary>
    Linear,

    /// <summary>Half a cosine: slow at both ends.</summary>
    Cosine,

    /// <summary>1 - sqrt(progress): steep where the rate is high (Hägele et al. 2024).</summary>
    OneMinusSqrt,
}

/// <summary>
/// Warm-up, a plateau at the highest rate, a decay to the floor (Hu et al. 2024, MiniCPM; transformers' <c>get_wsd_schedule</c>).
/// The plateau has no planned end: the same run can be decayed after any number of steps.
/// </summary>
/// <param name="LearningRate">The rate of the plateau. Above 0.</param>
/// <param name="WarmupSteps">Steps of rising rate. 0 or more.</param>
/// <param name="StableSteps">Steps at the highest rate. 0 or more.</param>
/// <param name="DecaySteps">Steps of falling rate; after them the floor is kept. 0 or more.</param>
public sealed record WarmupStableDecaySchedule(double LearningRate, long WarmupSteps, long StableSteps, long DecaySteps) : LearningRateSchedule(LearningRate)
{
    /// <summary>Default: linear.</summary>
    public RampShape WarmupShape { get; init; } = RampShape.Linear;

    /// <summary>Default: linear.</summary>
    public RampShape DecayShape { get; init; } = RampShape.Linear;

    /// <summary>The rate of step 0 and of the end as a fraction of the highest. 0 to 1. Default: 0.</summary>
    public double MinRatio { get; init; }

    public override double Factor(long step)
    {
        if (step < WarmupSteps) return AboveFloor(Fall(WarmupShape, 1 - (double)step / WarmupSteps));
        var decayed = step - WarmupSteps - StableSteps;
        if (decayed < 0) return 1;
        return decayed < DecaySteps ? AboveFloor(Fall(DecayShape, (double)decayed / DecaySteps)) : MinRatio;
    }

    // A warm-up is the same fall, run backwards.
    private static double Fall(RampShape shape, double progress) => shape switch
    {
        RampShape.Linear => 1 - progress,
        RampShape.Cosine => 0.5 * (1 + Math.Cos(Math.PI * progress)),
        _ => 1 - Math.Sqrt(progress),
    };

    private double AboveFloor(double factor) => Math.Max(0, factor * (1 - MinRatio) + MinRatio);
}

/// <summary>Warm-up, a plateau, a decay at the end.</summary>
public sealed record WarmupStableDecayOptions : WarmupScheduleOptions
{
    [Description("Steps of falling rate. Default: a fifth of all steps.")]
    [Range(1, 1e12)]
    public long? DecaySteps { get; init; }

    [Description("Steps at the highest rate. Default: what warm-up and decay leave.")]
    [Range(0, 1e12)]
    public long? StableSteps { get; init; }

    [Description("How the rate rises.")]
    public RampShape WarmupType { get; init; } = RampShape.Linear;

    [Description("How the rate falls.")]
    public RampShape DecayType { get; init; } = RampShape.Linear;

    [Description("The floor, and the rate of the first step, as a fraction of the highest rate.")]
    [Range(0.0, 1)]
    public double MinLrRatio { get; init; } = 0.1;

    public override string Type => "warmup_stable_decay";

    public override long? Decay => DecaySteps;

    public override ScheduleOptions Scaled(Func<long, long> scaled) => this with
    {
        WarmupSteps = scaled(WarmupSteps),
        DecaySteps = DecaySteps is { } decay ? Math.Max(1, scaled(decay)) : null,
        StableSteps = StableSteps is { } stable ? scaled(stable) : null,
    };

    public override LearningRateSchedule Create(double learningRate, long totalSteps)
    {
        var decay = DecaySteps ?? Math.Max(1, totalSteps / 5);
        return new WarmupStableDecaySchedule(learningRate, WarmupSteps, StableSteps ?? Math.Max(0, totalSteps - WarmupSteps - decay), decay)
        {
            WarmupShape = WarmupType,
            DecayShape = DecayType,
            MinRatio = MinLrRatio,
        };
    }
}
