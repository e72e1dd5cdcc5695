using System.Text;
using System.Text.RegularExpressions;
using Loquat.Evaluation;
using Loquat.Text.Metrics;

namespace Loquat.Tasks;

/// <summary>A number of a task.</summary>
/// <param name="Name">The metric; with a name of an extraction behind a point where a task has several.</param>
/// <param name="Estimate">With its interval.</param>
/// <param name="Values">What each document gave; none where the metric is of all together.</param>
/// <param name="LowerIsBetter">As of perplexity.</param>
public sealed record TaskMetric(string Name, Estimate Estimate, IReadOnlyList<double> Values, bool LowerIsBetter = false);

/// <summary>The metrics of tasks by their names.</summary>
public static partial class TaskMetrics
{
    private static readonly Dictionary<TaskKind, string[]> _known = new()
    {
        [TaskKind.MultipleChoice] = ["acc", "acc_norm", "acc_bytes", "acc_tokens", "stereotype", "first", "margin", "icat", "bias_score"],
        [TaskKind.Continuation] = ["acc", "perplexity"],
        [TaskKind.Generation] = ["exact_match", "majority", "squad_exact", "squad_f1", "squad2_exact", "squad2_f1", "bleu", "chrf", "ter", "rouge1", "rouge2", "rougeL"],
        [TaskKind.Perplexity] = ["word_perplexity", "byte_perplexity", "bits_per_byte", "perplexity"],
    };

    private static readonly Dictionary<TaskKind, string[]> _usual = new()
    {
        [TaskKind.MultipleChoice] = ["acc", "acc_norm"],
        [TaskKind.Continuation] = ["acc", "perplexity"],
        [TaskKind.Generation] = ["exact_match"],
        [TaskKind.Perplexity] = ["word_perplexity", "byte_perplexity", "bits_per_byte"],
    };

    /// <summary>The names that tasks of a kind may use.</summary>
    public static IReadOnlyList<string> Known(TaskKind kind) => _known[kind];

    internal static IReadOnlyList<string> Usual(TaskKind kind) => _usual[kind];

    internal static string Name(TaskKind kind) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());

    /// <summary>All metrics of a task on some of its documents.</summary>
    public static IReadOnlyList<TaskMetric> Of(TaskDefinition task, IReadOnlyList<TaskDocument> documents, IReadOnlyList<TaskScore> scores) =>
        [.. task.Metrics.SelectMany(name => task.Kind switch
        {
            TaskKind.MultipleChoice => [ChoiceMetrics.Of(name, documents, scores)],
            TaskKind.Continuation => [Continuation(name, scores)],
            TaskKind.Generation => task.Extract.Select(extract => AnswerMetrics.Of(name, task, extract, documents, scores)),
            _ => (IEnumerable<TaskMetric>)[Perplexity(name, documents, scores)],
        })];

    private static TaskMetric Continuation(string name, IReadOnlyList<TaskScore> scores)
    {
        if (name == "acc") return Mean(name, [.. scores.Select(s => s.Greedy[0] ? 1.0 : 0)]);
        double[] values = [.. scores.Select(s => s.LogProbabilities[0])];
        var mean = Estimate.Mean(values);
        return new(name, mean.Through(x => Math.Exp(-x), Math.Exp(-mean.Value)), values, LowerIsBetter: true);
    }

    private static TaskMetric Perplexity(string name, IReadOnlyList<TaskDocument> documents, IReadOnlyList<TaskScore> scores)
    {
        double[] sums = [.. scores.Select(s => -s.LogProbabilities.Sum())];
        var texts = documents.Select(d => d.Requests[0].Continuation).ToList();
        double[] weights = name switch
        {
            "word_perplexity" => [.. texts.Select(t => (double)WordsOf(t))],
            "perplexity" => [.. scores.Select(s => (double)s.Tokens.Sum())],
            _ => [.. texts.Select(t => (double)Encoding.UTF8.GetByteCount(t))],
        };
        var nats = Estimate.Ratio(sums, weights);
        double[] values = [.. sums.Zip(weights, (s, w) => s / w)];
        return new(name, name == "bits_per_byte" ? nats.Through(x => x / Math.Log(2), 1 / Math.Log(2)) : nats.Through(Math.Exp, Math.Exp(nats.Value)), values, LowerIsBetter: true);
    }

    /// <summary>Words as word perplexity counts them: the parts between white space, empty ones at the ends included.</summary>
    public static int WordsOf(string text) => Spaces().Count(text) + 1;

    internal static TaskMetric Mean(string name, IReadOnlyList<double> values, bool lowerIsBetter = false) => new(name, Estimate.Mean(values), values, lowerIsBetter);

    // Python's white space.
    [GeneratedRegex(@"[\s\u001c-\u001f\u0085]+")]
    private static partial Regex Spaces();
}
