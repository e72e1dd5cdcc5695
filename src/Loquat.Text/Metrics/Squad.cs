using System.Text;

namespace Loquat.Text.Metrics;

/// <summary>One question of SQuAD, answered.</summary>
/// <param name="Prediction">The answer; empty: there is none.</param>
/// <param name="Answers">Those that count as right; none: the question has no answer.</param>
/// <param name="NoAnswerProbability">How sure the model is that there is none, 0 to 1.</param>
public sealed record SquadAnswer(string Prediction, IReadOnlyList<string> Answers, double NoAnswerProbability = 0);

/// <summary>SQuAD 2.0's summary, in percent; null where there are no such questions.</summary>
public sealed record SquadSummary(
    double Exact, double F1, int Total, double? HasAnswerExact, double? HasAnswerF1, int HasAnswerTotal, double? NoAnswerExact, double? NoAnswerF1, int NoAnswerTotal,
    double BestExact, double BestExactThreshold, double BestF1, double BestF1Threshold);

/// <summary>Exact match and F1 of SQuAD 1.1 (Rajpurkar et al. 2016) and 2.0 (2018), with the numbers of the published scripts.</summary>
public static class Squad
{
    private static readonly string[] _articles = ["a", "an", "the"];

    /// <summary>An answer without case, ASCII marks, articles and superfluous white space.</summary>
    public static string Normalize(string answer)
    {
        var text = string.Concat(MetricText.Lower(answer).Where(c => !(c < 128 && (char.IsPunctuation(c) || char.IsSymbol(c)))));
        return string.Join(' ', MetricText.Words(WithoutArticles(text)));
    }

    /// <summary>SQuAD 1.1: the best over the answers. Both empty: exact 1, F1 0, as there.</summary>
    public static (double Exact, double F1) Version1(string prediction, IReadOnlyList<string> answers) =>
        answers.Count == 0 ? (0, 0) : (answers.Max(a => Exact(prediction, a)), answers.Max(a => F1(prediction, a, emptyIsEqual: false)));

    /// <summary>SQuAD 2.0: the same; answers that are nothing but marks and articles count only where there are no others, and both empty are equal.</summary>
    public static (double Exact, double F1) Version2(string prediction, IReadOnlyList<string> answers)
    {
        List<string> right = [.. answers.Where(a => Normalize(a).Length > 0)];
        if (right.Count == 0) right.Add("");
        return (right.Max(a => Exact(prediction, a)), right.Max(a => F1(prediction, a, emptyIsEqual: true)));
    }

    /// <summary>The mean of SQuAD 1.1, in percent.</summary>
    public static (double Exact, double F1) Summary1(IReadOnlyList<SquadAnswer> questions)
    {
        var scores = questions.Select(q => Version1(q.Prediction, q.Answers)).ToList();
        return (100.0 * scores.Sum(s => s.Exact) / scores.Count, 100.0 * scores.Sum(s => s.F1) / scores.Count);
    }

    /// <summary>The summary of SQuAD 2.0: a question is taken as without an answer where its probability is above the threshold.</summary>
    public static SquadSummary Summary2(IReadOnlyList<SquadAnswer> questions, double threshold = 1)
    {
        var scores = questions.Select(q => (Question: q, Score: Version2(q.Prediction, q.Answers), HasAnswer: q.Answers.Count > 0)).ToList();
        var cut = scores.ConvertAll(s => (s.HasAnswer, Score: s.Question.NoAnswerProbability <= threshold ? s.Score : s.HasAnswer ? (0.0, 0.0) : (1.0, 1.0)));
        var (has, none) = (cut.Where(s => s.HasAnswer).Select(s => s.Score).ToList(), cut.Where(s => !s.HasAnswer).Select(s => s.Score).ToList());
        var (all, bestExact, bestF1) = (cut.ConvertAll(s => s.Score), Best(scores.ConvertAll(s => (s.Question, s.Score.Exact, s.HasAnswer))), Best(scores.ConvertAll(s => (s.Question, s.Score.F1, s.HasAnswer))));
        return new(Mean(all, s => s.Item1)!.Value, Mean(all, s => s.Item2)!.Value, all.Count, Mean(has, s => s.Item1), Mean(has, s => s.Item2), has.Count,
            Mean(none, s => s.Item1), Mean(none, s => s.Item2), none.Count, bestExact.Score, bestExact.Threshold, bestF1.Score, bestF1.Threshold);
    }

    private static double? Mean(List<(double, double)> scores, Func<(double, double), double> value) => scores.Count == 0 ? null : 100.0 * scores.Sum(value) / scores.Count;

    // The threshold with the highest score, beginning with none answered; questions of one probability in the order given.
    private static (double Score, double Threshold) Best(List<(SquadAnswer Question, double Score, bool HasAnswer)> scores)
    {
        double sum = scores.Count(s => !s.HasAnswer);
        var (best, threshold) = (sum, 0.0);
        foreach (var (question, score, hasAnswer) in scores.OrderBy(s => s.Question.NoAnswerProbability))
        {
            sum += hasAnswer ? score : question.Prediction.Length > 0 ? -1 : 0;
            if (sum > best) (best, threshold) = (sum, question.NoAnswerProbability);
        }
        return (100.0 * best / scores.Count, threshold);
    }

    private static double Exact(string prediction, string answer) => Normalize(prediction) == Normalize(answer) ? 1 : 0;

    private static double F1(string prediction, string answer, bool emptyIsEqual)
    {
        var (given, right) = (MetricText.Words(Normalize(prediction)), MetricText.Words(Normalize(answer)));
        if (emptyIsEqual && (given.Count == 0 || right.Count == 0)) return given.Count == right.Count ? 1 : 0;
        var left = right.CountBy(w => w).ToDictionary(StringComparer.Ordinal);
        var shared = given.Count(word => left.GetValueOrDefault(word) > 0 && left[word]-- > 0);
        if (shared == 0) return 0;
        var (precision, recall) = ((double)shared / given.Count, (double)shared / right.Count);
        return 2 * precision * recall / (precision + recall);
    }

    // Articles between anything that is no letter, digit or underscore.
    private static string WithoutArticles(string text)
    {
        var kept = new StringBuilder(text.Length);
        var word = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsLetter(rune) || Rune.IsNumber(rune) || rune.Value == '_')
            {
                word.Append(rune);
                continue;
            }
            Flush();
            kept.Append(rune);
        }
        Flush();
        return kept.ToString();

        void Flush()
        {
            var whole = word.ToString();
            kept.Append(_articles.Contains(whole) ? " " : whole);
            word.Clear();
        }
    }
}
