using Loquat.Evaluation;

namespace Loquat.Reporting;

/// <summary>What one optimizer step did.</summary>
/// <param name="Step">Steps made, this one included.</param>
/// <param name="Loss">Mean loss of the step's tokens, in nats.</param>
/// <param name="SmoothedLoss">Moving average of it over the last tenth of the steps, at most about 50.</param>
/// <param name="LearningRate">The rate used.</param>
/// <param name="GradientNorm">Before clipping.</param>
/// <param name="Tokens">Tokens in the step.</param>
/// <param name="Seconds">Wall time.</param>
public sealed record StepReport(long Step, double Loss, double SmoothedLoss, double LearningRate, double GradientNorm, long Tokens, double Seconds)
{
    /// <summary>Tokens trained on since the start of the run, this step's included.</summary>
    public long TokensSeen { get; init; } = Step * Tokens;

    /// <summary>The batch, in tokens, at which noise and signal of the gradient are alike (McCandlish et al. 2018); null where it is not measured.</summary>
    public double? GradientNoiseScale { get; init; }
}

/// <summary>Hears what a training run does: a log, a plot, a terminal. Called on the training thread; must be quick. What is not implemented is not heard.</summary>
public interface ITrainingReporter
{
    /// <param name="step">Steps already made: above 0 in a resumed run.</param>
    /// <param name="maxSteps">Steps in all.</param>
    /// <param name="evaluated">Whether the evaluation after <paramref name="step"/> was made before; if it is due, it comes again.</param>
    void Started(long step, long maxSteps, bool evaluated)
    {
    }

    /// <summary>The run goes on from <paramref name="step"/> with another number of steps in all, and of steps between evaluations.</summary>
    void Planned(long step, long maxSteps, long evalSteps)
    {
    }

    void Step(StepReport report)
    {
    }

    /// <summary>Long work between steps goes on: rows of an evaluation.</summary>
    void Working(Text.Datasets.StageProgress stage)
    {
    }

    /// <param name="better">Whether it is the lowest loss so far.</param>
    void Evaluated(long step, EvaluationResult result, bool better)
    {
    }

    /// <summary>A text that the model wrote.</summary>
    void Sampled(long step, string text)
    {
    }

    /// <summary>A checkpoint of this step is whole on disk.</summary>
    void Saved(long step)
    {
    }

    void Finished()
    {
    }
}
