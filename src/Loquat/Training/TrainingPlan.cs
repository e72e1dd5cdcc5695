using Loquat.Optimization;

namespace Loquat.Training;

/// <summary>How a run goes on from a checkpoint.</summary>
/// <param name="Options">Steps in all, and how often what is done between them; what the steps made depend on stays as it is.</param>
/// <param name="Schedule">The rate of the steps to come.</param>
public sealed record TrainingPlan(TrainingOptions Options, LearningRateSchedule Schedule);
