using System.Globalization;
using Loquat.FineTuning.Examples;
using Loquat.Losses;
using Loquat.Models;
using Loquat.Models.Heads;
using Loquat.Objectives;
using Loquat.Text.Metrics;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.FineTuning;

/// <summary>A number for an answer, of which two tell which answer is preferred (Bradley and Terry 1952).</summary>
internal sealed class RewardTask(RewardOptions options) : FineTuningTask
{
    private const int MostWorst = 10;
    private const double Coin = 0.5, Telling = 0.2;

    public override string Measure => "accuracy";

    public override string Describe(IReadOnlyList<Example> train) => $"{train.Count:N0} pairs of answers, of which the first is preferred";

    public override IEnumerable<string> Warnings(ExampleSets sets)
    {
        var all = sets.Train.Concat(sets.Validation).Concat(ReferenceEquals(sets.Test, sets.Validation) ? [] : sets.Test).ToList();
        if (all.Where(pair => pair.Pair == pair.Rejected).ToList() is { Count: > 0 } same) yield return $"{same.Count:N0} pairs have the same answer twice, first {same[0].Place}: nothing is learned from them.";
        if (all.Where(pair => string.IsNullOrWhiteSpace(pair.Pair) || string.IsNullOrWhiteSpace(pair.Rejected)).ToList() is { Count: > 0 } empty) yield return $"{empty.Count:N0} pairs have an empty answer, first {empty[0].Place}.";
        var turned = all.Select(pair => (pair.Text, First: pair.Pair!, Second: pair.Rejected!)).ToHashSet();
        if (all.Where(pair => pair.Pair != pair.Rejected && turned.Contains((pair.Text, pair.Rejected!, pair.Pair!))).ToList() is { Count: > 0 } torn) yield return $"{torn.Count:N0} pairs stand there the other way round too, first {torn[0].Place}: one of the two is wrong.";
        var known = sets.Train.Select(pair => (pair.Text, pair.Pair, pair.Rejected)).ToHashSet();
        if (sets.Test.Count(pair => known.Contains((pair.Text, pair.Pair, pair.Rejected))) is > 0 and var seen) yield return $"{seen:N0} test pairs are among the training pairs too: the figures flatter the model.";
        var longer = all.Average(Longer);
        if (Math.Abs(longer - Coin) > Telling) yield return $"the preferred answer is the longer one in {longer.ToString("P0", CultureInfo.InvariantCulture)} of the pairs: the model may learn length and no more.";
    }

    public override EncoderConfig WithHead(EncoderConfig config) => config with { Head = HeadKind.SequenceClassification, Labels = EncoderConfig.Numbered(1), ProblemType = ProblemType.Regression };

    public override Objective CreateObjective() => new PairObjective(options);

    public override IReadOnlyList<TaskRow> Encode(IReadOnlyList<Example> examples, RowEncoder encoder)
    {
        var first = Numbers(encoder.Rows(examples));
        if (!examples.Any(example => example.Rejected is not null)) return first;
        var second = Numbers(encoder.Rows([.. examples.Select(example => example with { Pair = example.Rejected })]));
        return [.. first.Select((row, i) => row with { Other = second[i] })];
    }

    public override IReadOnlyList<double> Losses(TaskRow row, float[] logits)
    {
        if (row.Other is null) return [];
        using var scope = NewDisposeScope();
        return [PreferenceLoss.BradleyTerry(tensor((double)logits[0]), tensor((double)logits[1]), options.Margin, options.CenterRewardsCoefficient).item<double>()];
    }

    public override double Score(IReadOnlyList<Example> examples, IReadOnlyList<TaskRow> rows, IReadOnlyList<float[]> logits) => logits.Average(pair => pair[0] > pair[1] ? 1.0 : 0);

    public override TaskResult Result(IReadOnlyList<Example> examples, IReadOnlyList<TaskRow> rows, IReadOnlyList<float[]> logits)
    {
        var right = logits.Count(pair => pair[0] > pair[1]);
        var (low, high) = Significance.Wilson(right, logits.Count);
        return new()
        {
            Count = logits.Count,
            Figures =
            [
                new("accuracy", (double)right / logits.Count, low, high),
                new("loss", rows.Index().Average(entry => Losses(entry.Item, logits[entry.Index])[0])),
                new("margin", logits.Average(pair => (double)pair[0] - pair[1])),
                new("reward of the preferred", logits.Average(pair => (double)pair[0])),
                new("reward of the other", logits.Average(pair => (double)pair[1])),
                new("longer answer", examples.Average(Longer)),
            ],
            Worst = [.. Enumerable.Range(0, logits.Count).Where(i => logits[i][0] <= logits[i][1]).OrderBy(i => logits[i][0] - logits[i][1]).Take(MostWorst)
                .Select(i => new WorstExample(examples[i].Place, examples[i].Text, examples[i].Pair!, examples[i].Rejected!, 1 / (1 + Math.Exp(logits[i][0] - logits[i][1]))))],
            Advice = low <= Coin ? ["the rewards are not surely better than a coin at telling which answer is preferred: give more pairs, more epochs (--set training.num_train_epochs=…), or a larger model."] : [],
        };
    }

    public override IReadOnlyList<Prediction> Predict(IReadOnlyList<Example> examples, IReadOnlyList<TaskRow> rows, IReadOnlyList<float[]> logits) => [.. rows.Select((row, i) =>
    {
        var said = new Prediction(examples[row.Example].Text, logits[i][0].ToString("0.####", CultureInfo.InvariantCulture), null) { Details = new() { ["score"] = logits[i][0] } };
        if (row.Other is not null) said.Details!["rejected_score"] = logits[i][1];
        return said;
    })];

    private static double Longer(Example pair) => pair.Pair!.Length > pair.Rejected!.Length ? 1 : pair.Pair.Length < pair.Rejected.Length ? 0 : Coin;

    private static List<TaskRow> Numbers(IReadOnlyList<TaskRow> rows) => [.. rows.Select(row => row with { Targets = [0] })];

    /// <summary>Rows of the preferred answers, then those of the others.</summary>
    private sealed class PairObjective(RewardOptions options) : Objective
    {
        public override double Weight(TokenBatch batch) => batch.Rows / 2;

        public override double LossAndGradients(Model model, TokenBatch batch, double scale)
        {
            using var scope = NewDisposeScope();
            var pairs = batch.Rows / 2;
            return ((EncoderModel)model).LossAndGradients(batch.ToTensors(model.Placement.Device), rewards =>
            {
                var each = rewards.to(ScalarType.Float32).view(-1);                     // (2 B)
                return PreferenceLoss.BradleyTerry(each.narrow(0, 0, pairs), each.narrow(0, pairs, pairs), options.Margin, options.CenterRewardsCoefficient);
            }, scale);
        }
    }
}
