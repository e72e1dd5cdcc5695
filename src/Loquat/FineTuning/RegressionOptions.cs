using System.Globalization;
using Loquat.FineTuning.Examples;
using Loquat.Models;
using Loquat.Models.Heads;
using Loquat.Text.Metrics;

namespace Loquat.FineTuning;

/// <summary>A number for each text, or pair of texts: how alike two sentences are, how many stars a review gives.</summary>
public sealed record RegressionOptions : TextTaskOptions
{
    public override string Type => "regression";

    public override bool PredictsClasses => false;

    public override string Summary => "a number for each text, or pair of texts";

    public override FineTuningTask Begin(IReadOnlyList<Example> train) => new RegressionTask();

    public override FineTuningTask? Of(EncoderConfig config) => config is { Head: HeadKind.SequenceClassification, Labels.Count: 1, ProblemType: null or ProblemType.Regression } ? new RegressionTask() : null;

    // Numbers have no classes that each part should have its share of.
    protected override string? Stratum(Example example) => null;
}

/// <summary>A number, by squared error.</summary>
internal sealed class RegressionTask : FineTuningTask
{
    private const int MostWorst = 10;

    /// <summary>What two who know nothing of each other have, at most, in most small tests.</summary>
    private const double Weak = 0.3;

    public override string Measure => "Pearson correlation";

    public override string Describe(IReadOnlyList<Example> train)
    {
        var numbers = train.Select(Number).ToList();
        return string.Create(CultureInfo.InvariantCulture, $"numbers from {numbers.Min():0.###} to {numbers.Max():0.###}, mean {numbers.Average():0.###}");
    }

    public override IEnumerable<string> Warnings(ExampleSets sets)
    {
        if (sets.Train.Select(Number).Distinct().Count() == 1) yield return "all numbers of the training examples are equal: there is nothing to learn.";
        foreach (var warning in TextWarnings.Of(sets)) yield return warning;
    }

    public override EncoderConfig WithHead(EncoderConfig config) => config with { Head = HeadKind.SequenceClassification, Labels = EncoderConfig.Numbered(1), ProblemType = ProblemType.Regression };

    public override IReadOnlyList<TaskRow> Encode(IReadOnlyList<Example> examples, RowEncoder encoder) =>
        [.. encoder.Rows(examples).Select((row, i) => row with { Targets = [examples[i].Label is null ? 0 : (float)Number(examples[i])] })];

    public override IReadOnlyList<double> Losses(TaskRow row, float[] logits) => [Math.Pow(logits[0] - row.Targets![0], 2)];

    public override double Score(IReadOnlyList<Example> examples, IReadOnlyList<TaskRow> rows, IReadOnlyList<float[]> logits) =>
        Correlation.Pearson([.. rows.Select(row => (double)row.Targets![0])], [.. logits.Select(said => (double)said[0])]).Value is var r && double.IsFinite(r) ? r : 0;

    public override TaskResult Result(IReadOnlyList<Example> examples, IReadOnlyList<TaskRow> rows, IReadOnlyList<float[]> logits)
    {
        double[] truth = [.. rows.Select(row => (double)row.Targets![0])], said = [.. logits.Select(row => (double)row[0])];
        var pearson = Score(examples, rows, logits);
        var (low, high) = Interval(pearson, truth.Length);
        var spearman = Correlation.Spearman(truth, said).Value;
        return new()
        {
            Count = truth.Length,
            Figures =
            [
                new("Pearson correlation", pearson, low, high),
                new("Spearman correlation", double.IsFinite(spearman) ? spearman : 0),
                new("mean squared error", Correlation.MeanSquaredError(truth, said)),
                new("mean absolute error", Correlation.MeanAbsoluteError(truth, said)),
            ],
            Worst = [.. Enumerable.Range(0, truth.Length).OrderByDescending(i => Math.Abs(truth[i] - said[i])).Take(MostWorst).Select(i => new WorstExample(examples[i].Place, TextWarnings.Joined(examples[i]), Told(truth[i]), Told(said[i]), null))],
            Advice = pearson < Weak ? ["the numbers hardly follow the true ones: give more examples or epochs, or a pretrained model."] : [],
        };
    }

    public override IReadOnlyList<Prediction> Predict(IReadOnlyList<Example> examples, IReadOnlyList<TaskRow> rows, IReadOnlyList<float[]> logits) =>
        [.. rows.Select((row, i) => new Prediction(examples[row.Example].Text, Told(logits[i][0]), null) { Details = new() { ["score"] = logits[i][0] } })];

    // Fisher's transformation: a correlation's error is normal on the scale of its inverse hyperbolic tangent.
    private static (double? Low, double? High) Interval(double r, int count)
    {
        if (count <= 3 || Math.Abs(r) >= 1) return (null, null);
        var half = 1.959964 / Math.Sqrt(count - 3);
        return (Math.Tanh(Math.Atanh(r) - half), Math.Tanh(Math.Atanh(r) + half));
    }

    private static double Number(Example example) => NumberText.TryParse<double>(example.Label!, out var number) && double.IsFinite(number) ? number
        : throw new DataException($"{example.Place}: the score '{example.Label}' is no number. Scores have a decimal point; for classes use the task classification.");

    private static string Told(double number) => number.ToString("0.####", CultureInfo.InvariantCulture);
}
