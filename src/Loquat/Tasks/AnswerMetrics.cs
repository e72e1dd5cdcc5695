using Loquat.Evaluation;
using Loquat.Text.Metrics;

namespace Loquat.Tasks;

/// <summary>Metrics of texts that a model wrote, against the right answers.</summary>
internal static class AnswerMetrics
{
    private static readonly BleuOptions _bleu = new();
    private static readonly ChrfOptions _chrf = new();
    private static readonly TerOptions _ter = new();

    public static TaskMetric Of(string name, TaskDefinition task, AnswerExtraction extract, IReadOnlyList<TaskDocument> documents, IReadOnlyList<TaskScore> scores)
    {
        var full = extract.Name.Length == 0 ? name : $"{name}.{extract.Name}";
        var match = new ExactMatch { IgnoreCase = task.IgnoreCase, IgnorePunctuation = task.IgnorePunctuation, RegexesToIgnore = task.Ignore };
        List<(TaskDocument Document, string[] Answers)> answered = [.. documents.Zip(scores, (d, s) => (d, s.Outputs.Select(extract.Of).ToArray()))];
        double Exact(TaskDocument document, string answer) => document.Answers.Any(right => match.Matches(answer, right)) ? 1 : 0;
        TaskMetric Each(Func<string, IReadOnlyList<string>, double> score, bool lowerIsBetter = false) =>
            TaskMetrics.Mean(full, [.. answered.Select(a => a.Answers.Average(answer => score(answer, a.Document.Answers)))], lowerIsBetter);
        switch (name)
        {
            case "exact_match": return TaskMetrics.Mean(full, [.. answered.Select(a => a.Answers.Average(answer => Exact(a.Document, answer)))]);
            case "majority": return TaskMetrics.Mean(full, [.. answered.Select(a => Exact(a.Document, Samples.Majority(a.Answers, a.Answers.Length)))]);
            case "squad_exact": return Each((answer, right) => Squad.Version1(answer, right).Exact);
            case "squad_f1": return Each((answer, right) => Squad.Version1(answer, right).F1);
            case "squad2_exact": return Each((answer, right) => Squad.Version2(answer, right).Exact);
            case "squad2_f1": return Each((answer, right) => Squad.Version2(answer, right).F1);
            case "rouge1" or "rouge2" or "rougeL":
                var rouge = new Rouge();
                return Each((answer, right) => rouge.Sentence(answer, right).All.First(s => s.Name == name).Score.F);
            case "bleu": return Corpus(full, answered, texts => new Bleu(_bleu).Score(texts).Score);
            case "chrf": return Corpus(full, answered, texts => new Chrf(_chrf).Score(texts).Score);
            default: return Corpus(full, answered, texts => new Ter(_ter).Score(texts).Score, lowerIsBetter: true);
        }
    }

    private static TaskMetric Corpus(string name, List<(TaskDocument Document, string[] Answers)> answered, Func<Translations, double> score, bool lowerIsBetter = false)
    {
        var most = answered.Max(a => a.Document.Answers.Count);
        double Of(IReadOnlyList<int> some) => score(new Translations([.. some.Select(i => answered[i].Answers[0])],
            [.. Enumerable.Range(0, most).Select(j => (IReadOnlyList<string?>)[.. some.Select(i => answered[i].Document.Answers.ElementAtOrDefault(j))])]));
        return new(name, Estimate.Resampled(answered.Count, Of, seed: 1234), [], lowerIsBetter);
    }
}
