namespace Loquat.Optimization.Schedules;

/// <summary>A linear warm-up from 0, then a straight line to 0 at <paramref name="TotalSteps"/> (transformers' <c>get_linear_schedule_with_warmup</c>).</summary>
/// <param name="LearningRate">The rate at the end of the warm-up. Above 0.</param>
/// <param name="WarmupSteps">Steps of rising rate. 0 or more.</param>
/// <param name="TotalSteps">The step whose rate is 0; so are all after it.</param>
public sealed record LinearSchedule(double LearningRate, long WarmupSteps, long TotalSteps) : LearningRateSchedule(LearningRate)
{
    public override double Factor(long step) =>
        step < WarmupSteps
            ? (double)step / WarmupSteps
            : Math.Max(0, (TotalSteps - step) / (double)Math.Max(1, TotalSteps - WarmupSteps));
}

/// <summary>A linear warm-up from 0, then a straight line to 0.</summary>
public sealed record LinearOptions : WarmupScheduleOptions
{
    public override string Type => "linear";

    public override LearningRateSchedule Create(double learningRate, long totalSteps) => new LinearSchedule(learningRate, WarmupSteps, totalSteps);
}
