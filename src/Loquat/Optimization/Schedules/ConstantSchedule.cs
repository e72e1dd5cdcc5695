namespace Loquat.Optimization.Schedules;

/// <summary>The same rate at every step, after a linear warm-up from 0 (transformers' <c>get_constant_schedule_with_warmup</c>).</summary>
/// <param name="LearningRate">The rate. Above 0.</param>
/// <param name="WarmupSteps">Steps of rising rate. Default: 0.</param>
public sealed record ConstantSchedule(double LearningRate, long WarmupSteps = 0) : LearningRateSchedule(LearningRate)
{
    public override double Factor(long step) => step < WarmupSteps ? (double)step / WarmupSteps : 1;
}

/// <summary>The same rate at every step.</summary>
public sealed record ConstantOptions : ScheduleOptions
{
    public override string Type => "constant";

    public override bool Falls => false;

    public override LearningRateSchedule Create(double learningRate, long totalSteps) => new ConstantSchedule(learningRate);
}

/// <summary>The same rate after a linear warm-up from 0.</summary>
public sealed record ConstantWithWarmupOptions : WarmupScheduleOptions
{
    public override string Type => "constant_with_warmup";

    public override bool Falls => false;

    public override LearningRateSchedule Create(double learningRate, long totalSteps) => new ConstantSchedule(learningRate, WarmupSteps);
}
