using System.Globalization;
using Loquat.FineTuning.Examples;
using Loquat.Models;
using Loquat.Models.Heads;
using Loquat.Objectives;
using Loquat.Text.Metrics;

namespace Loquat.FineTuning;

/// <summary>One class of several.</summary>
/// <param name="labels">In the model's order.</param>
/// <param name="weights">What an example of each weighs in training; null: all alike.</param>
internal sealed class ClassificationTask(IReadOnlyList<string> labels, float[]? weights) : FineTuningTask
{
    private const int MostNamed = 12, MostWorst = 10, FewExamples = 20;
    private const double Unbalanced = 10, Poor = 0.5;

    private readonly Dictionary<string, int> _ids = labels.Index().ToDictionary(entry => entry.Item, entry => entry.Index, StringComparer.Ordinal);

    // Who weighs classes asks for more than the frequent ones.
    public override string Measure => weights is null ? "accuracy" : "macro F1";

    public override Objective CreateObjective() => new ExampleObjective { LossOptions = new() { ClassWeights = weights } };

    public override string Describe(IReadOnlyList<Example> train)
    {
        var counts = train.CountBy(example => example.Label!).ToDictionary(StringComparer.Ordinal);
        var named = labels.Take(MostNamed).Select(label => $"{label} ({counts.GetValueOrDefault(label):N0})");
        var weighed = weights is null ? "" : $"; an example weighs {string.Join(", ", labels.Zip(weights).Take(MostNamed).Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.First} {pair.Second:0.###}")))}{(labels.Count > MostNamed ? ", …" : "")}";
        return $"{labels.Count} classes: {string.Join(", ", named)}{(labels.Count > MostNamed ? $" and {labels.Count - MostNamed} more" : "")}{weighed}";
    }

    public override IEnumerable<string> Warnings(ExampleSets sets)
    {
        var counts = sets.Train.CountBy(example => example.Label!).ToDictionary(StringComparer.Ordinal);
        var (few, many) = (counts.MinBy(c => c.Value), counts.MaxBy(c => c.Value));
        if (many.Value >= Unbalanced * few.Value)
            yield return $"the classes are unbalanced: {many.Value:N0} of '{many.Key}', {few.Value:N0} of '{few.Key}'. Always saying '{many.Key}' is right for {(double)many.Value / sets.Train.Count:P1}; look at macro F1 beside accuracy{(weights is null ? ", and try --set objective.class_weight=balanced" : "")}.";
        foreach (var pair in labels.GroupBy(label => label.Trim(), StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1))
            yield return $"these labels differ only in the case of letters: {string.Join(", ", pair.Select(label => $"'{label}'"))}. They are taken for classes of their own.";
        foreach (var (part, name) in ((IReadOnlyList<Example>, string)[])[(sets.Validation, "validation"), (sets.Test, "test")])
            if (labels.Where(label => part.All(example => example.Label != label)).ToList() is { Count: > 0 } missing)
                yield return $"no {name} example is of {string.Join(", ", missing.Take(MostNamed).Select(label => $"'{label}'"))}: how good the model is at {(missing.Count == 1 ? "it" : "them")} is not measured.";
        foreach (var warning in TextWarnings.Of(sets)) yield return warning;
    }

    public override EncoderConfig WithHead(EncoderConfig config) => config with { Head = HeadKind.SequenceClassification, Labels = labels, ProblemType = ProblemType.SingleLabelClassification };

    public override IReadOnlyList<TaskRow> Encode(IReadOnlyList<Example> examples, RowEncoder encoder) =>
        [.. encoder.Rows(examples).Select((row, i) => row with { Labels = [examples[i].Label is { } label ? IdOf(label, examples[i].Place) : -100] })];

    public override IReadOnlyList<double> Losses(TaskRow row, float[] logits) => row.Labels[0] < 0 ? [] : [-Softmax.Logarithms(logits)[row.Labels[0]]];

    public override double Score(IReadOnlyList<Example> examples, IReadOnlyList<TaskRow> rows, IReadOnlyList<float[]> logits) =>
        weights is null ? rows.Index().Average(entry => Softmax.Largest(logits[entry.Index]) == entry.Item.Labels[0] ? 1.0 : 0)
        : MacroF1(Classes([.. rows.Select(row => (int)row.Labels[0])], [.. logits.Select(row => Softmax.Largest(row))]));

    public override TaskResult Result(IReadOnlyList<Example> examples, IReadOnlyList<TaskRow> rows, IReadOnlyList<float[]> logits)
    {
        int[] truth = [.. rows.Select(row => (int)row.Labels[0])];
        int[] said = [.. logits.Select(row => Softmax.Largest(row))];
        var scores = Classes(truth, said);
        var right = truth.Zip(said).Count(pair => pair.First == pair.Second);
        var (low, high) = Significance.Wilson(right, truth.Length);
        var most = truth.CountBy(label => label).Max(count => count.Value);
        var counts = scores.Confusion();
        var classes = scores.PerClass().Select((score, i) => new ClassFigure(labels[i], score.Precision, score.Recall, score.F, (int)score.Support)).ToList();
        var worst = rows.Index().Where(entry => said[entry.Index] != truth[entry.Index])
            .Select(entry => (entry.Index, Probability: Softmax.Probabilities(logits[entry.Index])[said[entry.Index]])).OrderByDescending(wrong => wrong.Probability).Take(MostWorst)
            .Select(wrong => new WorstExample(examples[wrong.Index].Place, TextWarnings.Joined(examples[wrong.Index]), labels[truth[wrong.Index]], labels[said[wrong.Index]], wrong.Probability)).ToList();
        return new()
        {
            Count = truth.Length,
            Figures =
            [
                new("accuracy", (double)right / truth.Length, low, high),
                new("macro F1", MacroF1(scores)),
                new("loss", rows.Index().Average(entry => Losses(entry.Item, logits[entry.Index])[0])),
                new("most frequent class", (double)most / truth.Length),
            ],
            Classes = classes,
            Confusion = new(labels, [.. Enumerable.Range(0, labels.Count).Select(i => (IReadOnlyList<long>)[.. Enumerable.Range(0, labels.Count).Select(j => counts[i, j])])]),
            Worst = worst,
            Advice = [.. Advice(classes, counts, low, (double)most / truth.Length)],
        };
    }

    public override IReadOnlyList<Prediction> Predict(IReadOnlyList<Example> examples, IReadOnlyList<TaskRow> rows, IReadOnlyList<float[]> logits) => [.. rows.Select((row, i) =>
    {
        var probabilities = Softmax.Probabilities(logits[i]);
        var best = Softmax.Largest(logits[i]);
        return new Prediction(examples[row.Example].Text, labels[best], probabilities[best]) { Probabilities = new OrderedDictionary<string, double>(labels.Zip(probabilities, KeyValuePair.Create)) };
    })];

    private Classification<int> Classes(int[] truth, int[] said) => new(truth, said, [.. Enumerable.Range(0, labels.Count)]);

    /// <summary>Of the classes that some examples have.</summary>
    private static double MacroF1(Classification<int> scores) => scores.PerClass().Where(score => score.Support > 0).Select(score => score.F).DefaultIfEmpty(0).Average();

    private int IdOf(string label, string place) => _ids.TryGetValue(label, out var id) ? id : throw new DataException(
        $"{place}: the label '{label}' is none of the {labels.Count} that are learned ({string.Join(", ", labels.Take(MostNamed))}{(labels.Count > MostNamed ? ", …" : "")}). " +
        $"{(NearestName.Find(label, labels) is { } near ? $"Did you mean '{near}'? " : "")}Every class needs examples to learn from.");

    private IEnumerable<string> Advice(List<ClassFigure> classes, long[,] counts, double low, double most)
    {
        if (low <= most) yield return $"the model is not surely better than always saying the most frequent class ({most.ToString("P1", CultureInfo.InvariantCulture)}): give more examples, more epochs (--set training.num_train_epochs=…), or another model.";
        foreach (var poor in classes.Where(c => c.Count > 0 && c.Recall < Poor).OrderBy(c => c.Recall).Take(3))
            yield return $"'{poor.Label}' is found in {poor.Recall.ToString("P0", CultureInfo.InvariantCulture)} of its {poor.Count:N0} examples: give more examples of it, or look whether its labels are right.";
        var pairs = from i in Enumerable.Range(0, classes.Count) from j in Enumerable.Range(0, classes.Count) where i != j && counts[i, j] > 0 orderby counts[i, j] descending select (i, j);
        if (classes.Count > 2 && pairs.FirstOrDefault() is var (a, b) && a != b) yield return $"most often '{labels[a]}' is taken for '{labels[b]}' ({counts[a, b]:N0} times): look at these in predictions.jsonl.";
        if (classes.Where(c => c.Count is > 0 and < FewExamples).ToList() is { Count: > 0 } few) yield return $"the test has few examples of {string.Join(", ", few.Take(3).Select(c => $"'{c.Label}' ({c.Count})"))}: their figures are rough.";
    }
}
