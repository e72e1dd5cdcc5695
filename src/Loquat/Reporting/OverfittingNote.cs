using System.Globalization;
using Loquat.Evaluation;

namespace Loquat.Reporting;

/// <summary>The line that tells of overfitting.</summary>
public static class OverfittingNote
{
    /// <returns>Null where there is none.</returns>
    public static string? Of(EvaluationResult result) => result is { OverfittingSince: { } since, TrainingLoss: { } seen, Gap: { } gap, GapInterval: { } interval } ? Text(since, result.Loss, seen, gap, interval) : null;

    /// <returns>Null where there is none.</returns>
    public static string? Of(EvaluationPoint point) => point is { OverfittingSince: { } since, TrainingLoss: { } seen, GapInterval: { } interval } ? Text(since, point.Loss, seen, point.Loss - seen, interval) : null;

    private static string Text(long since, double loss, double seen, double gap, double interval) => string.Create(CultureInfo.InvariantCulture,
        $"overfitting since step {since:N0}: validation loss {loss:F4}, training text {seen:F4}, a gap of {gap:F4} ± {interval:F4}. The best checkpoint is kept; try more text, a higher dropout or weight decay, a smaller model, or early_stopping_patience.");
}
