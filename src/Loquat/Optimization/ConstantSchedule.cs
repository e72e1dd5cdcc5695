namespace Loquat.Optimization;

/// <summary>The same rate at every step, after a linear warm-up from 0 (transformers' <c>get_constant_schedule_with_warmup</c>).</summary>
/// <param name="LearningRate">The rate. Above 0.</param>
/// <param name="WarmupSteps">Steps of rising rate. Default: 0.</param>
public sealed record ConstantSchedule(double LearningRate, long WarmupSteps = 0) : LearningRateSchedule(LearningRate)
{
    public override double Factor(long step) => step < WarmupSteps ? (double)step / WarmupSteps : 1;
}
