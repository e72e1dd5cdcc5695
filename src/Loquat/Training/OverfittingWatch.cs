using Loquat.Evaluation;
using Loquat.Models;

namespace Loquat.Training;

/// <summary>Scores some rows of the training text as the validation text is scored, so that both losses are on one scale.</summary>
/// <param name="training">Scores the training text.</param>
/// <param name="batchSize">Rows at once.</param>
internal sealed class OverfittingWatch(IEvaluator training, int batchSize)
{
    private const int Rows = 32;
    private const int Evaluations = 2;

    /// <summary>
    /// Adds to an evaluation the loss on the training text, and where overfitting began: at the best evaluation, when at least two since were worse, the training text has been learned
    /// better all the same, and the gap between the two is wider than its interval.
    /// </summary>
    /// <param name="better">Whether it is the best evaluation so far.</param>
    public (EvaluationResult Result, TrainingState State) Look(Model model, EvaluationResult result, bool better, TrainingState state, CancellationToken cancellation)
    {
        var seen = training.Evaluate(model, batchSize, maxRows: Rows, cancellation: cancellation);
        var interval = Math.Sqrt(result.LossInterval * result.LossInterval + seen.LossInterval * seen.LossInterval);
        var since = better ? 0 : state.EvaluationsSinceBest + 1;
        result = result with { TrainingLoss = seen.Loss, GapInterval = interval };
        state = state with { EvaluationsSinceBest = since, TrainingLossAtBest = better ? seen.Loss : state.TrainingLossAtBest };
        return since >= Evaluations && seen.Loss < state.TrainingLossAtBest && result.Gap > interval ? (result with { OverfittingSince = state.BestStep }, state) : (result, state);
    }
}
