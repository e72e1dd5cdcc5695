using Loquat.Text.Datasets;

namespace Loquat.Training;

/// <summary>Where a run stands, besides its weights and optimizer: all that a resumed run needs to go on as if never stopped.</summary>
public sealed record TrainingState
{
    /// <summary>Optimizer steps made.</summary>
    public long Step { get; init; }

    /// <summary>Next place in the training data.</summary>
    public required BatchCursor Cursor { get; init; }

    /// <summary>The step of the last evaluation; -1 before the first. An evaluation that was interrupted is made up for on resuming.</summary>
    public long EvaluatedStep { get; init; } = -1;

    /// <summary>Moving average of the training loss over the last tenth of the steps, at most about 50, in nats; null before the first step.</summary>
    public double? SmoothedLoss { get; init; }

    /// <summary>Lowest validation loss so far, and the step of it.</summary>
    public double BestLoss { get; init; } = double.MaxValue;

    public long BestStep { get; init; }

    /// <summary>The score of that evaluation, where what is learned has one (<see cref="Evaluation.EvaluationResult.Score"/>).</summary>
    public double? BestScore { get; init; }

    /// <summary>The rows of validation text that <see cref="BestLoss"/> was measured on, as <see cref="TrainingOptions.EvalRows"/>.</summary>
    public int? EvalRows { get; init; }

    /// <summary>Evaluations since the lowest loss.</summary>
    public int EvaluationsWithoutImprovement { get; init; }

    /// <summary>Evaluations since the lowest loss, whatever the gain that early stopping asks for.</summary>
    public int EvaluationsSinceBest { get; init; }

    /// <summary>Loss on the training text at the lowest validation loss; null where it is not measured.</summary>
    public double? TrainingLossAtBest { get; init; }

    /// <summary>What a schedule that looks at losses remembers; null: it does not.</summary>
    public IReadOnlyList<double>? ScheduleMemory { get; init; }

    /// <summary>Moving averages of the gradient noise scale's parts; null where it is not measured.</summary>
    public double? GradientSignal { get; init; }

    public double? GradientNoise { get; init; }

    /// <summary>Wall time of training so far, in seconds, over all parts of the run.</summary>
    public double Seconds { get; init; }
}
