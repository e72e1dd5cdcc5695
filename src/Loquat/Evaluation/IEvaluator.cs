using Loquat.Models;

namespace Loquat.Evaluation;

/// <summary>Scores models on one text.</summary>
public interface IEvaluator
{
    /// <param name="batchSize">Rows at once; speed and memory only.</param>
    /// <param name="progress">Told the rows done and all rows, at the start and after each batch.</param>
    /// <param name="maxRows">Score only so many rows, evenly spread; null: all.</param>
    /// <exception cref="OptionsException">A number of rows is not positive, or the model is not of a kind that it scores.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two batches.</exception>
    EvaluationResult Evaluate(Model model, int batchSize, Action<int, int>? progress = null, int? maxRows = null, CancellationToken cancellation = default);
}
