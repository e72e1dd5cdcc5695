using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Loquat.Optimization.Schedules;

/// <summary>
/// nanoGPT's cosine: step i of the warm-up has (i + 1) / (warm-up + 1) of the rate, so that the first step moves too;
/// then half a cosine to <paramref name="MinLearningRate"/>, which it keeps.
/// </summary>
/// <param name="LearningRate">The highest rate. Above 0.</param>
/// <param name="MinLearningRate">The rate from <paramref name="DecaySteps"/> on. 0 or more.</param>
/// <param name="WarmupSteps">Steps of rising rate. 0 or more.</param>
/// <param name="DecaySteps">The step, from the start of the run, at which the lowest rate is reached.</param>
public sealed record WarmCosineSchedule(double LearningRate, double MinLearningRate, long WarmupSteps, long DecaySteps) : LearningRateSchedule(LearningRate)
{
    public override double Factor(long step)
    {
        var floor = MinLearningRate / LearningRate;
        if (step < WarmupSteps) return (step + 1) / (double)(WarmupSteps + 1);
        if (step >= DecaySteps) return floor;
        var progress = (step - WarmupSteps) / (double)(DecaySteps - WarmupSteps);
        return floor + 0.5 * (1 + Math.Cos(Math.PI * progress)) * (1 - floor);
    }
}

/// <summary>nanoGPT's cosine: the first step moves too; half a cosine to the floor, which is kept.</summary>
public sealed record NanogptCosineOptions : WarmupScheduleOptions
{
    [Description("The floor as a fraction of the highest rate.")]
    [Range(0.0, 1)]
    public double MinLrRatio { get; init; } = 0.1;

    public override string Type => "nanogpt_cosine";

    public override LearningRateSchedule Create(double learningRate, long totalSteps) => new WarmCosineSchedule(learningRate, MinLrRatio * learningRate, WarmupSteps, totalSteps);
}
