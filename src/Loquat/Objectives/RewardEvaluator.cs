using Loquat.Evaluation;
using Loquat.Models;

namespace Loquat.Objectives;

/// <summary>The share of questions that a model answers right with its likeliest tokens; as a loss, of those that it does not.</summary>
/// <param name="reward">Of a model's answer to a prompt.</param>
internal sealed class RewardEvaluator(GrpoQuestions questions, Func<CausalModel, long[], string, double> reward) : IEvaluator
{
    public EvaluationResult Evaluate(Model model, int batchSize, Action<int, int>? progress = null, int? maxRows = null, CancellationToken cancellation = default)
    {
        var chosen = RowSums.Choose(questions.Count, maxRows, batchSize);
        var sums = new RowSums(chosen.Length);
        var right = 0.0;
        progress?.Invoke(0, chosen.Length);
        for (var i = 0; i < chosen.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var (prompt, expected) = questions[(int)chosen[i]];
            var one = reward((CausalModel)model, prompt, expected);
            right += one;
            sums.Add(i, 1, [1 - one], [0]);
            if ((i + 1) % batchSize == 0 || i + 1 == chosen.Length) progress?.Invoke(i + 1, chosen.Length);
        }
        return sums.ToResult() with { Score = new("reward", right / chosen.Length) };
    }
}
