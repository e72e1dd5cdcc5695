using System.Text.Json;
using Loquat.Text.Metrics;

namespace Loquat.Text.Tests.Metrics;

public sealed class PredictionTests
{
    [Fact]
    public void Classes() => MetricFixture.All(MetricFixture.Read("classification.json").GetProperty("cases").EnumerateArray(), Name, c =>
    {
        if (c.GetProperty("y_true")[0].ValueKind == JsonValueKind.String) Check<string>(c, e => e.GetString()!);
        else Check(c, e => e.GetInt32());
    });

    [Fact]
    public void Labels() => MetricFixture.All(MetricFixture.Read("multilabel.json").GetProperty("cases").EnumerateArray(), Name, c =>
    {
        var labels = new MultiLabel(Flags(c.GetProperty("y_true")), Flags(c.GetProperty("y_pred")));
        var expected = c.GetProperty("expected");
        labels.SubsetAccuracy.ShouldBeNear(expected.GetProperty("subset_accuracy").Number(), "subset_accuracy");
        labels.HammingLoss.ShouldBeNear(expected.GetProperty("hamming_loss").Number(), "hamming_loss");
        labels.JaccardOfSamples.ShouldBeNear(expected.GetProperty("jaccard_samples").Number(), "jaccard_samples");
        foreach (var (zero, key) in Zeros)
        {
            if (expected.Find(key) is not { } scores) continue;
            Compare(labels.PerLabel(zero), scores.GetProperty("per_label"));
            Compare(labels.Micro(zero), scores.GetProperty("micro"), $"{key} micro");
            Compare(labels.Macro(zero), scores.GetProperty("macro"), $"{key} macro");
            Compare(labels.Weighted(zero), scores.GetProperty("weighted"), $"{key} weighted");
            Compare(labels.OfSamples(zero), scores.GetProperty("samples"), $"{key} samples");
        }
    });

    [Fact]
    public void Probabilities_of_two_classes() => MetricFixture.All(MetricFixture.Read("probabilities.json").GetProperty("binary").EnumerateArray(), Name, c =>
    {
        bool[] positive = [.. c.GetProperty("y_true").Numbers().Select(v => v == 1)];
        var scores = c.GetProperty("scores").Numbers();
        foreach (var expected in c.GetProperty("expected").EnumerateObject())
        {
            if (expected.Name is "roc" or "pr")
            {
                Curve(expected.Name == "roc" ? Ranking.RocCurve(positive, scores) : Ranking.PrecisionRecallCurve(positive, scores), expected.Value);
                continue;
            }
            (expected.Name switch
            {
                "roc_auc" => Ranking.RocAuc(positive, scores),
                "average_precision" => Ranking.AveragePrecision(positive, scores),
                "pr_auc_trapezoid" => Ranking.PrecisionRecallArea(positive, scores),
                "log_loss" => Ranking.LogLoss(positive, scores),
                "brier" => Ranking.Brier(positive, scores),
                _ => throw new InvalidOperationException($"{expected.Name} is not known"),
            }).ShouldBeNear(expected.Value.Number(), expected.Name);
        }
    });

    [Fact]
    public void Probabilities_of_several_classes() => MetricFixture.All(MetricFixture.Read("probabilities.json").GetProperty("multiclass").EnumerateArray(), Name, c =>
    {
        int[] truth = [.. c.GetProperty("y_true").Numbers().Select(v => (int)v)];
        List<IReadOnlyList<double>> probabilities = [.. c.GetProperty("probabilities").EnumerateArray().Select(p => p.Numbers())];
        var (auc, precision) = (Ranking.RocAucPerClass(truth, probabilities), Ranking.AveragePrecisionPerClass(truth, probabilities));
        Values(c.GetProperty("expected").GetProperty("roc_auc"), new()
        {
            ["ovr_macro"] = () => Ranking.Mean(truth, auc, weighted: false),
            ["ovr_weighted"] = () => Ranking.Mean(truth, auc, weighted: true),
            ["ovo_macro"] = () => Ranking.RocAucOneVersusOne(truth, probabilities, weighted: false),
            ["ovo_weighted"] = () => Ranking.RocAucOneVersusOne(truth, probabilities, weighted: true),
            ["ovr_micro"] = () => Ranking.Micro(truth, probabilities, Ranking.RocAuc),
        }, auc);
        Values(c.GetProperty("expected").GetProperty("average_precision"), new()
        {
            ["macro"] = () => Ranking.Mean(truth, precision, weighted: false),
            ["weighted"] = () => Ranking.Mean(truth, precision, weighted: true),
            ["micro"] = () => Ranking.Micro(truth, probabilities, Ranking.AveragePrecision),
        }, precision);
        Ranking.LogLoss(truth, probabilities).ShouldBeNear(c.GetProperty("expected").GetProperty("log_loss").Number(), "log_loss");
        Ranking.Brier(truth, probabilities).ShouldBeNear(c.GetProperty("expected").GetProperty("brier_sum").Number(), "brier_sum");
        foreach (var k in c.GetProperty("expected").GetProperty("top_k").EnumerateObject()) Ranking.TopK(truth, probabilities, int.Parse(k.Name)).ShouldBeNear(k.Value.Number(), $"top {k.Name}");
    });

    [Fact]
    public void Calibrations() => MetricFixture.All(MetricFixture.Read("calibration.json").GetProperty("cases").EnumerateArray(), Name, c =>
    {
        var calibration = new Calibration([.. c.GetProperty("y_true").Numbers().Select(v => (int)v)], [.. c.GetProperty("probabilities").EnumerateArray().Select(p => p.Numbers())], c.GetProperty("n_bins").GetInt32());
        var expected = c.GetProperty("expected");
        calibration.ExpectedError.ShouldBeNear(expected.GetProperty("ece").Number(), "ece");
        calibration.MaximumError.ShouldBeNear(expected.GetProperty("mce").Number(), "mce");
        foreach (var (bin, other) in calibration.Bins.Zip(expected.GetProperty("bins").EnumerateArray()))
        {
            bin.Lower.ShouldBeNear(other.GetProperty("lower").Number(), "lower");
            bin.Upper.ShouldBeNear(other.GetProperty("upper").Number(), "upper");
            bin.Count.Should().Be(other.GetProperty("count").GetInt32());
            bin.Accuracy.ShouldBeNear(other.GetProperty("accuracy").Number(), "accuracy");
            bin.Confidence.ShouldBeNear(other.GetProperty("confidence").Number(), "confidence");
        }
    });

    [Fact]
    public void Correlations() => MetricFixture.All(MetricFixture.Read("regression.json").GetProperty("cases").EnumerateArray(), Name, c =>
    {
        var (truth, predicted) = (c.GetProperty("y_true").Numbers(), c.GetProperty("y_pred").Numbers());
        var expected = c.GetProperty("expected");
        foreach (var (name, result) in new[]
        {
            ("pearson", Correlation.Pearson(truth, predicted)), ("spearman", Correlation.Spearman(truth, predicted)), ("kendall_tau_b", Correlation.KendallB(truth, predicted)), ("kendall_tau_c", Correlation.KendallC(truth, predicted)),
        })
        {
            result.Value.ShouldBeNear(expected.GetProperty(name).GetProperty("value").Number(), name);
            result.PValue.ShouldBeNear(expected.GetProperty(name).GetProperty("p_value").Number(), $"p of {name}", 1e-6);
        }
        Correlation.MeanSquaredError(truth, predicted).ShouldBeNear(expected.GetProperty("mse").Number(), "mse");
        Math.Sqrt(Correlation.MeanSquaredError(truth, predicted)).ShouldBeNear(expected.GetProperty("rmse").Number(), "rmse");
        Correlation.MeanAbsoluteError(truth, predicted).ShouldBeNear(expected.GetProperty("mae").Number(), "mae");
        Correlation.Determination(truth, predicted).ShouldBeNear(expected.GetProperty("r2").Number(), "r2");
    });

    [Fact]
    public void Varied_texts() => MetricFixture.All(MetricFixture.Read("diversity.json").GetProperty("sets").EnumerateArray(), Name, c =>
    {
        var diversity = new Diversity(c.GetProperty("texts").Strings());
        var expected = c.GetProperty("expected");
        foreach (var (key, measure) in new (string, Func<int, double>)[] { ("distinct_corpus", diversity.Distinct), ("distinct_mean", diversity.MeanDistinct), ("seq_rep", diversity.SequenceRepetition), ("rep", diversity.WordRepetition) })
            foreach (var one in expected.GetProperty(key).EnumerateObject()) measure(int.Parse(one.Name)).ShouldBeNear(one.Value.Number(), $"{key} {one.Name}");
        diversity.RepetitionRate().Rate.ShouldBeNear(expected.GetProperty("repetition_rate").Number(), "repetition_rate");
        foreach (var (part, other) in diversity.RepetitionRate().Parts.Zip(expected.GetProperty("repetition_rate_parts").Numbers())) part.ShouldBeNear(other, "repetition_rate_parts");
        if (expected.Find("self_bleu") is not { } self) return;
        foreach (var one in self.EnumerateObject())
        {
            (one.Name == "sacrebleu" ? diversity.SelfSacreBleu() : diversity.SelfBleu(int.Parse(one.Name["nltk_".Length..]))).ShouldBeNear(one.Value.Number(), one.Name);
        }
    });

    [Fact]
    public void Tests_and_intervals()
    {
        var fixture = MetricFixture.Read("statistics.json");
        var random = new Random(1);
        MetricFixture.All(fixture.GetProperty("permutation_exact").EnumerateArray(), Name, c =>
        {
            foreach (var p in c.GetProperty("p_values").EnumerateObject())
                Significance.PairedPermutation(c.GetProperty("a").Numbers(), c.GetProperty("b").Numbers(), Side(p.Name), random).PValue.ShouldBeNear(p.Value.Number(), p.Name, 1e-6);
        });
        var sampled = fixture.GetProperty("permutation_sampled");
        var result = Significance.PairedPermutation([.. sampled.GetProperty("a").Numbers().Zip(sampled.GetProperty("b").Numbers(), (a, b) => a - b)],
            sampled.GetProperty("signs").EnumerateArray().Select(signs => (IReadOnlyList<bool>)[.. signs.Numbers().Select(s => s > 0)]), Alternative.TwoSided);
        result.Statistic.ShouldBeNear(sampled.GetProperty("statistic").Number(), "statistic");
        result.PValue.ShouldBeNear(sampled.GetProperty("p_value").Number(), "p", 1e-6);
        MetricFixture.All(fixture.GetProperty("bootstrap").EnumerateArray(), Name, c =>
        {
            var (low, high) = Significance.BootstrapMean(c.GetProperty("values").Numbers(), random, c.GetProperty("confidence").Number());
            foreach (var seeded in c.GetProperty("seeded").EnumerateArray().Where(s => s.GetProperty("method").GetString() == "percentile"))
            {
                low.Should().BeApproximately(seeded.GetProperty("interval")[0].Number(), 0.005 * Math.Max(1, Math.Abs(low)));
                high.Should().BeApproximately(seeded.GetProperty("interval")[1].Number(), 0.005 * Math.Max(1, Math.Abs(high)));
            }
        });
        MetricFixture.All(fixture.GetProperty("mcnemar").EnumerateArray(), c => c.GetProperty("table").ToString(), c =>
        {
            var (onlyA, onlyB) = (c.GetProperty("table")[0][1].GetInt32(), c.GetProperty("table")[1][0].GetInt32());
            Compare(Significance.McNemar(onlyA, onlyB), c.GetProperty("exact"));
            if (onlyA + onlyB == 0) return; // 0 / 0
            Compare(Significance.McNemarChiSquared(onlyA, onlyB, corrected: false), c.GetProperty("chi2"));
            Compare(Significance.McNemarChiSquared(onlyA, onlyB, corrected: true), c.GetProperty("chi2_corrected"));
        });
        MetricFixture.All(fixture.GetProperty("proportions").EnumerateArray(), c => c.ToString(), c =>
        {
            var (count, n, alpha) = (c.GetProperty("count").GetInt32(), c.GetProperty("n").GetInt32(), c.GetProperty("alpha").Number());
            foreach (var (name, interval) in new (string, Func<int, int, double, (double, double)>)[]
            {
                ("wilson", Significance.Wilson), ("normal", Significance.Normal), ("agresti_coull", Significance.AgrestiCoull), ("clopper_pearson", Significance.ClopperPearson), ("jeffreys", Significance.Jeffreys),
            })
            {
                var (low, high) = interval(count, n, alpha);
                low.ShouldBeNear(c.GetProperty(name)[0].Number(), $"{name} low");
                high.ShouldBeNear(c.GetProperty(name)[1].Number(), $"{name} high");
            }
        });
        MetricFixture.All(fixture.GetProperty("two_proportion_z").EnumerateArray().SelectMany(c => c.EnumerateObject().Where(p => p.Name.Contains('_')).Select(p => (Case: c, p.Name, p.Value))), c => c.Name, c =>
        {
            var (counts, ns) = (c.Case.GetProperty("counts").Numbers(), c.Case.GetProperty("ns").Numbers());
            var z = Significance.TwoProportions((int)counts[0], (int)ns[0], (int)counts[1], (int)ns[1], Side(c.Name.Split('_')[1]), c.Name.StartsWith("pooled", StringComparison.Ordinal));
            z.Statistic.ShouldBeNear(c.Value.GetProperty("z").Number(), "z");
            z.PValue.ShouldBeNear(c.Value.GetProperty("p_value").Number(), "p", 1e-6);
        });
    }

    // The fixture's three lists, in the order of its keys; thresholds may be one less.
    private static void Curve(IReadOnlyList<(double, double, double)> points, JsonElement expected)
    {
        List<List<double>> lists = [.. expected.EnumerateObject().Select(list => list.Value.Numbers())];
        lists[0].Count.Should().Be(points.Count);
        for (var i = 0; i < points.Count; i++)
        {
            points[i].Item1.ShouldBeNear(lists[0][i], "first");
            points[i].Item2.ShouldBeNear(lists[1][i], "second");
            if (i < lists[2].Count) points[i].Item3.ShouldBeNear(lists[2][i], "threshold");
        }
    }

    private static (ZeroDivision, string)[] Zeros => [(ZeroDivision.Zero, "zero_division_0"), (ZeroDivision.One, "zero_division_1"), (ZeroDivision.NaN, "zero_division_nan")];

    private static string Name(JsonElement c) => c.GetProperty("name").GetString()!;

    private static Alternative Side(string name) => name switch { "greater" or "larger" => Alternative.Greater, "less" or "smaller" => Alternative.Less, _ => Alternative.TwoSided };

    private static List<IReadOnlyList<bool>> Flags(JsonElement rows) => [.. rows.EnumerateArray().Select(row => (IReadOnlyList<bool>)[.. row.Numbers().Select(v => v != 0)])];

    private static void Check<T>(JsonElement c, Func<JsonElement, T> read) where T : notnull, IComparable<T>
    {
        List<T> List(string name) => [.. c.GetProperty(name).EnumerateArray().Select(read)];
        var scores = new Classification<T>(List("y_true"), List("y_pred"), c.Find("labels_argument") is null ? null : List("labels_argument"));
        scores.Classes.Should().Equal(List("classes"));
        var expected = c.GetProperty("expected");
        scores.Accuracy.ShouldBeNear(expected.GetProperty("accuracy").Number(), "accuracy");
        scores.BalancedAccuracy().ShouldBeNear(expected.GetProperty("balanced_accuracy").Number(), "balanced_accuracy");
        scores.BalancedAccuracy(adjusted: true).ShouldBeNear(expected.GetProperty("balanced_accuracy_adjusted").Number(), "balanced_accuracy_adjusted");
        scores.MatthewsCorrelation().ShouldBeNear(expected.GetProperty("mcc").Number(), "mcc");
        scores.Confusion().Cast<long>().Should().Equal(expected.GetProperty("confusion").EnumerateArray().SelectMany(r => r.Numbers()).Select(v => (long)v));
        foreach (var (name, power) in new[] { ("none", 0), ("linear", 1), ("quadratic", 2) }) scores.Kappa(power).ShouldBeNear(expected.GetProperty("kappa").GetProperty(name).Number(), $"kappa {name}");
        foreach (var (zero, key) in Zeros)
        {
            if (expected.Find(key) is not { } all) continue;
            Compare(scores.PerClass(zero), all.GetProperty("per_class"));
            Compare(scores.Micro(zero), all.GetProperty("micro"), $"{key} micro");
            Compare(scores.Macro(zero), all.GetProperty("macro"), $"{key} macro");
            Compare(scores.Weighted(zero), all.GetProperty("weighted"), $"{key} weighted");
            scores.Macro(zero, 0.5).F.ShouldBeNear(all.GetProperty("f0.5_macro").Number(), $"{key} f0.5");
            scores.Macro(zero, 2).F.ShouldBeNear(all.GetProperty("f2_macro").Number(), $"{key} f2");
            if (all.Find("binary") is { } binary) Compare(scores.Binary(read(c.GetProperty("pos_label")), zero), binary, $"{key} binary");
        }
    }

    private static void Compare(IReadOnlyList<ClassScore> scores, JsonElement expected)
    {
        foreach (var (name, value) in new (string, Func<ClassScore, double>)[] { ("precision", s => s.Precision), ("recall", s => s.Recall), ("f1", s => s.F), ("support", s => s.Support) })
            foreach (var (score, other) in scores.Zip(expected.GetProperty(name).Numbers())) value(score).ShouldBeNear(other, $"{name} per class");
    }

    private static void Compare(ClassScore score, JsonElement expected, string what)
    {
        score.Precision.ShouldBeNear(expected.GetProperty("precision").Number(), $"{what} precision");
        score.Recall.ShouldBeNear(expected.GetProperty("recall").Number(), $"{what} recall");
        score.F.ShouldBeNear(expected.GetProperty("f1").Number(), $"{what} f1");
    }

    private static void Compare(SignificanceResult result, JsonElement expected)
    {
        result.Statistic.ShouldBeNear(expected.GetProperty("statistic").Number(), "statistic");
        result.PValue.ShouldBeNear(expected.GetProperty("p_value").Number(), "p", 1e-6);
    }

    private static void Values(JsonElement expected, Dictionary<string, Func<double>> values, IReadOnlyList<double> perClass)
    {
        foreach (var (name, value) in values)
            if (expected.Find(name) is { } other) value().ShouldBeNear(other.Number(), name);
        foreach (var (score, other) in perClass.Zip(expected.GetProperty("per_class").Numbers())) score.ShouldBeNear(other, "per_class");
    }
}
