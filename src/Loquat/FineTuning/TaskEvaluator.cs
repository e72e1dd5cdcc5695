using Loquat.Evaluation;
using Loquat.FineTuning.Examples;
using Loquat.Models;

namespace Loquat.FineTuning;

/// <summary>Scores a model on the validation examples of a task: its loss, and the measure that chooses the best checkpoint.</summary>
internal sealed class TaskEvaluator(FineTuningTask task, IReadOnlyList<Example> examples, IReadOnlyList<TaskRow> rows) : IEvaluator
{
    public EvaluationResult Evaluate(Model model, int batchSize, Action<int, int>? progress = null, int? maxRows = null, CancellationToken cancellation = default)
    {
        // Rows of one example stay together.
        var chosen = RowSums.Choose(examples.Count, maxRows, batchSize).Select(i => (int)i).Index().ToDictionary(entry => entry.Item, entry => entry.Index);
        var some = rows.Where(row => chosen.ContainsKey(row.Example)).Select(row => row with { Example = chosen[row.Example] }).ToList();
        var logits = EncoderPass.Logits((EncoderModel)model, some, batchSize, progress, cancellation);
        var sums = new RowSums(some.Count);
        for (var i = 0; i < some.Count; i++)
        {
            var losses = task.Losses(some[i], logits[i]).ToArray();
            if (losses.Length > 0) sums.Add(i, 1, losses, new long[losses.Length]);
        }
        var score = task.Score([.. chosen.Keys.Select(i => examples[i])], some, logits);
        return sums.ToResult() with { Score = new(task.Measure, score) };
    }
}
