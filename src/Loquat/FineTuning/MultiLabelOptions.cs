using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Loquat.FineTuning.Examples;
using Loquat.Models;
using Loquat.Models.Heads;
using Loquat.Text.Metrics;

namespace Loquat.FineTuning;

/// <summary>Any number of classes for each text: the topics of an article, the emotions of a comment.</summary>
public sealed record MultiLabelOptions : TextTaskOptions
{
    [Description("Probability from which a class is said to be there.")]
    [Range(0.001, 0.999)]
    public double Threshold { get; init; } = 0.5;

    public override string Type => "multi_label";

    public override bool PredictsClasses => false;

    public override string Summary => "any number of classes for each text: a list, or names with ; between";

    public override FineTuningTask Begin(IReadOnlyList<Example> train)
    {
        string[] names = [.. train.SelectMany(example => example.Labels!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return names.Length > 0 ? new MultiLabelTask(names, Threshold) : throw new DataException("no example has a label: there is nothing to learn.");
    }

    public override FineTuningTask? Of(EncoderConfig config) => config is { Head: HeadKind.SequenceClassification, ProblemType: ProblemType.MultiLabelClassification } ? new MultiLabelTask(config.Labels, Threshold) : null;

    protected override bool SeveralLabels => true;

    // The first label stands for all: parts have their shares of the frequent ones at least.
    protected override string? Stratum(Example example) => example.Labels!.Count > 0 ? example.Labels[0] : null;
}

/// <summary>Each class on its own: there or not.</summary>
internal sealed class MultiLabelTask(IReadOnlyList<string> labels, double threshold) : FineTuningTask
{
    private const int MostNamed = 12, MostWorst = 10;

    private readonly Dictionary<string, int> _ids = labels.Index().ToDictionary(entry => entry.Item, entry => entry.Index, StringComparer.Ordinal);

    public override string Measure => "micro F1";

    public override string Describe(IReadOnlyList<Example> train)
    {
        var counts = train.SelectMany(example => example.Labels!).CountBy(label => label).ToDictionary();
        return $"{labels.Count} classes, {train.Average(example => example.Labels!.Count).ToString("0.0", CultureInfo.InvariantCulture)} a text: {string.Join(", ", labels.Take(MostNamed).Select(label => $"{label} ({counts.GetValueOrDefault(label):N0})"))}{(labels.Count > MostNamed ? $" and {labels.Count - MostNamed} more" : "")}";
    }

    public override IEnumerable<string> Warnings(ExampleSets sets)
    {
        if (sets.Train.Count(example => example.Labels!.Count == 0) is > 0 and var without) yield return $"{without:N0} training examples have no label: they are learned as having none of the classes.";
        if (labels.Where(label => sets.Test.All(example => !example.Labels!.Contains(label))).ToList() is { Count: > 0 } missing)
            yield return $"no test example is of {string.Join(", ", missing.Take(MostNamed).Select(label => $"'{label}'"))}: how good the model is at {(missing.Count == 1 ? "it" : "them")} is not measured.";
        foreach (var warning in TextWarnings.Of(sets)) yield return warning;
    }

    public override EncoderConfig WithHead(EncoderConfig config) => config with { Head = HeadKind.SequenceClassification, Labels = labels, ProblemType = ProblemType.MultiLabelClassification };

    public override IReadOnlyList<TaskRow> Encode(IReadOnlyList<Example> examples, RowEncoder encoder) => [.. encoder.Rows(examples).Select((row, i) =>
    {
        var targets = new float[labels.Count];
        foreach (var label in examples[i].Labels ?? [])
            targets[_ids.TryGetValue(label, out var id) ? id : throw new DataException($"{examples[i].Place}: the label '{label}' is none of the {labels.Count} that are learned. Every class needs examples to learn from.")] = 1;
        return row with { Targets = targets };
    })];

    // Binary cross-entropy from the logit, as is stable: max(x, 0) - x t + ln(1 + e^-|x|).
    public override IReadOnlyList<double> Losses(TaskRow row, float[] logits) =>
        [.. logits.Select((x, i) => Math.Max(x, 0) - x * row.Targets![i] + Math.Log(1 + Math.Exp(-Math.Abs(x))))];

    public override double Score(IReadOnlyList<Example> examples, IReadOnlyList<TaskRow> rows, IReadOnlyList<float[]> logits) => new MultiLabel(Truth(rows), Said(logits)).Micro().F;

    public override TaskResult Result(IReadOnlyList<Example> examples, IReadOnlyList<TaskRow> rows, IReadOnlyList<float[]> logits)
    {
        var (truth, said) = (Truth(rows), Said(logits));
        var scores = new MultiLabel(truth, said);
        var right = Enumerable.Range(0, rows.Count).Count(i => truth[i].SequenceEqual(said[i]));
        var (low, high) = Significance.Wilson(right, rows.Count);
        var classes = scores.PerLabel().Select((score, i) => new ClassFigure(labels[i], score.Precision, score.Recall, score.F, (int)score.Support)).ToList();
        var predictions = Predict(examples, rows, logits);
        return new()
        {
            Count = rows.Count,
            Figures =
            [
                new("micro F1", scores.Micro().F),
                new("macro F1", scores.Macro().F),
                new("all labels right", (double)right / rows.Count, low, high),
                new("labels wrong", scores.HammingLoss),
            ],
            Classes = classes,
            Worst = [.. Enumerable.Range(0, rows.Count).Where(i => !truth[i].SequenceEqual(said[i])).OrderByDescending(i => Losses(rows[i], logits[i]).Sum()).Take(MostWorst)
                .Select(i => new WorstExample(examples[i].Place, TextWarnings.Joined(examples[i]), Names(truth[i]), predictions[i].Label, null))],
            Advice = [.. classes.Where(c => c.Count > 0 && c.Recall < 0.5).OrderBy(c => c.Recall).Take(3).Select(c => $"'{c.Label}' is found in {c.Recall.ToString("P0", CultureInfo.InvariantCulture)} of its {c.Count:N0} examples: give more examples of it, or lower objective.threshold.")],
        };
    }

    public override IReadOnlyList<Prediction> Predict(IReadOnlyList<Example> examples, IReadOnlyList<TaskRow> rows, IReadOnlyList<float[]> logits) => [.. rows.Select((row, i) =>
    {
        double[] probabilities = [.. logits[i].Select(Probability)];
        string[] there = [.. labels.Where((_, label) => probabilities[label] >= threshold)];
        return new Prediction(examples[row.Example].Text, string.Join("; ", there), null)
        {
            Probabilities = new OrderedDictionary<string, double>(labels.Zip(probabilities, KeyValuePair.Create)),
            Details = new() { ["labels"] = new System.Text.Json.Nodes.JsonArray([.. there.Select(label => (System.Text.Json.Nodes.JsonNode)label)]) },
        };
    })];

    private static double Probability(float logit) => 1 / (1 + Math.Exp(-logit));

    private string Names(IReadOnlyList<bool> row) => string.Join("; ", labels.Where((_, i) => row[i]));

    private static List<IReadOnlyList<bool>> Truth(IReadOnlyList<TaskRow> rows) => [.. rows.Select(row => (IReadOnlyList<bool>)[.. row.Targets!.Select(target => target > 0.5)])];

    private List<IReadOnlyList<bool>> Said(IReadOnlyList<float[]> logits) => [.. logits.Select(row => (IReadOnlyList<bool>)[.. row.Select(logit => Probability(logit) >= threshold)])];
}
