using System.Text.Json.Nodes;
using Loquat.FineTuning.Examples;
using Loquat.Models;
using Loquat.Models.Heads;
using Loquat.Text.Metrics;

namespace Loquat.FineTuning;

/// <summary>Where an answer begins and ends.</summary>
internal sealed class QuestionAnsweringTask(QuestionAnsweringOptions options) : FineTuningTask
{
    private const int MostCandidates = 20, MostWorst = 10, Resamples = 2000;

    private bool MayHaveNone => options.NoAnswerThreshold is not null;

    public override string Measure => "F1";

    public override string Describe(IReadOnlyList<Example> train)
    {
        var without = train.Count(example => example.Answers!.Count == 0);
        return $"answers in {train.Select(example => example.Pair).Distinct().Count():N0} texts{(without > 0 ? $"; {without:N0} of {train.Count:N0} questions have none" : "")}";
    }

    public override IEnumerable<string> Warnings(ExampleSets sets)
    {
        var known = sets.Train.Select(example => example.Pair!).ToHashSet(StringComparer.Ordinal);
        foreach (var (part, name) in ((IReadOnlyList<Example>, string)[])[(sets.Validation, "validation"), (sets.Test, "test")])
            if (part.Count(example => known.Contains(example.Pair!)) is > 0 and var seen) yield return $"{seen:N0} {name} questions are on texts of the training questions: the figures may flatter the model.";
        if (!MayHaveNone && sets.Test.Any(example => example.Answers!.Count == 0)) yield return "some test questions have no answer, but no training question teaches that: the model answers all of them.";
    }

    public override EncoderConfig WithHead(EncoderConfig config) => config with { Head = HeadKind.QuestionAnswering, Labels = EncoderConfig.Numbered(2), ProblemType = null };

    public override IReadOnlyList<TaskRow> Encode(IReadOnlyList<Example> examples, RowEncoder encoder) => QuestionRows.Make(examples, encoder, options.DocStride);

    public override IReadOnlyList<double> Losses(TaskRow row, float[] logits) => [-Softmax.Logarithms(Column(logits, 0))[row.Labels[0]], -Softmax.Logarithms(Column(logits, 1))[row.Labels[1]]];

    public override double Score(IReadOnlyList<Example> examples, IReadOnlyList<TaskRow> rows, IReadOnlyList<float[]> logits) => Summary(examples, Answers(examples, rows, logits)).F1.Average();

    public override TaskResult Result(IReadOnlyList<Example> examples, IReadOnlyList<TaskRow> rows, IReadOnlyList<float[]> logits)
    {
        var answers = Answers(examples, rows, logits);
        var (exact, f1) = Summary(examples, answers);
        var right = exact.Count(score => score > 0.5);
        var (low, high) = Significance.Wilson(right, exact.Count);
        var (f1Low, f1High) = Significance.BootstrapMean(f1, new Random(1), resamples: Resamples);
        List<TaskFigure> figures = [new("exact match", (double)right / exact.Count, low, high), new("F1", f1.Average(), f1Low, f1High)];
        if (MayHaveNone)
        {
            var summary = Squad.Summary2([.. examples.Select((example, i) => new SquadAnswer(answers[i].Text, [.. example.Answers!.Select(answer => answer.Text)], answers[i].None))], options.NoAnswerThreshold!.Value);
            if (summary.HasAnswerF1 is { } has) figures.Add(new("F1 where there is one", has / 100));
            if (summary.NoAnswerF1 is { } none) figures.Add(new("right where there is none", none / 100));
            figures.Add(new("best threshold for F1", summary.BestF1Threshold));
        }
        var said = Predict(examples, rows, logits);
        return new()
        {
            Count = exact.Count,
            Figures = figures,
            Worst = [.. Enumerable.Range(0, exact.Count).Where(i => f1[i] == 0).OrderByDescending(i => said[i].Probability).Take(MostWorst)
                .Select(i => new WorstExample(examples[i].Place, examples[i].Text, examples[i].Answers is [var first, ..] ? first.Text : "no answer", said[i].Label.Length > 0 ? said[i].Label : "no answer", said[i].Probability))],
            Advice = examples.Count < 500 ? ["so few test questions leave a wide interval: test on more."] : [],
        };
    }

    public override IReadOnlyList<Prediction> Predict(IReadOnlyList<Example> examples, IReadOnlyList<TaskRow> rows, IReadOnlyList<float[]> logits) => [.. Answers(examples, rows, logits).Select((answer, i) =>
    {
        var none = MayHaveNone && answer.None > options.NoAnswerThreshold;
        var details = new JsonObject { ["start"] = none ? null : answer.Start, ["end"] = none ? null : answer.Start + answer.Text.Length };
        if (examples[i].Id is { } id) details["id"] = id;
        if (MayHaveNone) details["no_answer_probability"] = answer.None;
        return new Prediction(examples[i].Text, none ? "" : answer.Text, none ? answer.None : answer.Probability) { Details = details };
    })];

    private (List<double> Exact, List<double> F1) Summary(IReadOnlyList<Example> examples, IReadOnlyList<Answer> answers)
    {
        var scores = examples.Select((example, i) =>
        {
            string[] right = [.. example.Answers!.Select(answer => answer.Text)];
            var text = MayHaveNone && answers[i].None > options.NoAnswerThreshold ? "" : answers[i].Text;
            return MayHaveNone ? Squad.Version2(text, right) : Squad.Version1(text, right);
        }).ToList();
        return (scores.ConvertAll(score => score.Exact), scores.ConvertAll(score => score.F1));
    }

    /// <summary>The best span over all rows of each example, and how it compares with no answer.</summary>
    private List<Answer> Answers(IReadOnlyList<Example> examples, IReadOnlyList<TaskRow> rows, IReadOnlyList<float[]> logits)
    {
        var spans = new List<(double Score, int Start, int End)>[examples.Count];
        var nothing = new double[examples.Count];
        Array.Fill(nothing, double.PositiveInfinity);
        for (var i = 0; i < rows.Count; i++)
        {
            var (row, example) = (rows[i], rows[i].Example);
            (spans[example] ??= []).AddRange(Spans(row, logits[i]));
            nothing[example] = Math.Min(nothing[example], logits[i][0] + logits[i][1]);
        }
        return [.. examples.Select((example, i) =>
        {
            if (spans[i] is not { Count: > 0 } found) return new Answer("", 0, 0, 1);
            found.Sort((a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Start != b.Start ? a.Start.CompareTo(b.Start) : a.End.CompareTo(b.End));
            var best = found[0];
            // Two parts that overlap may hold the same span.
            var all = found.DistinctBy(span => (span.Start, span.End)).Take(MostCandidates).Sum(span => Math.Exp(span.Score - best.Score));
            return new Answer(example.Pair![best.Start..best.End], best.Start, 1 / all, 1 / (1 + Math.Exp(best.Score - nothing[i])));
        })];
    }

    private IEnumerable<(double Score, int Start, int End)> Spans(TaskRow row, float[] logits)
    {
        var places = row.Places!;
        int[] of = [.. Enumerable.Range(0, places.Length).Where(t => places[t].Start >= 0)];
        var ends = of.OrderByDescending(t => logits[2 * t + 1]).ThenBy(t => t).Take(MostCandidates).ToList();
        foreach (var first in of.OrderByDescending(t => logits[2 * t]).ThenBy(t => t).Take(MostCandidates))
            foreach (var last in ends)
                if (last >= first && last - first < options.MaxAnswerLength) yield return ((double)logits[2 * first] + logits[2 * last + 1], places[first].Start, places[last].End);
    }

    private static float[] Column(float[] logits, int column) => [.. Enumerable.Range(0, logits.Length / 2).Select(t => logits[2 * t + column])];

    /// <param name="Text">The likeliest answer.</param>
    /// <param name="Start">Where it begins.</param>
    /// <param name="Probability">Among the likeliest answers.</param>
    /// <param name="None">Probability that there is none, against this answer.</param>
    private sealed record Answer(string Text, int Start, double Probability, double None);
}
