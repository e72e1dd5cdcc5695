using System.Text.Json;
using Loquat.Text.Metrics;

namespace Loquat.Text.Tests.Metrics;

public sealed class SequenceLabelTests
{
    [Fact]
    public void Entities_and_their_scores() => MetricFixture.All(MetricFixture.Read("sequence_labelling.json").GetProperty("cases").EnumerateArray(), c => $"{c.GetProperty("name")} {c.GetProperty("scheme")} {c.GetProperty("y_true")[0]}", c =>
    {
        var scheme = Enum.Parse<TagScheme>(c.GetProperty("scheme").GetString()!, ignoreCase: true);
        var (truth, predicted) = (Sentences(c.GetProperty("y_true")), Sentences(c.GetProperty("y_pred")));
        var expected = c.GetProperty("expected");
        SequenceLabels.Accuracy(truth, predicted).ShouldBeNear(expected.GetProperty("accuracy").Number(), "accuracy");
        foreach (var (mode, find) in new (string, Func<IReadOnlyList<string>, IReadOnlyList<Entity>>)[] { ("default", SequenceLabels.Entities), ("strict", tags => SequenceLabels.Entities(tags, scheme)) })
        {
            if (expected.Find(mode) is not { } all) continue;
            var (there, given) = (truth.ConvertAll(s => find(s)), predicted.ConvertAll(s => find(s)));
            foreach (var (entities, name) in new[] { (there, "true_entities"), (given, "pred_entities") })
                if (all.Find(name) is { } list)
                    foreach (var (mine, other) in entities.Zip(list.EnumerateArray())) mine.Should().Equal(other.EnumerateArray().Select(e => new Entity(e[0].GetString()!, e[1].GetInt32(), e[2].GetInt32())), $"{mode} {name}");
            foreach (var (zero, key) in new[] { (ZeroDivision.Zero, "zero_division_0"), (ZeroDivision.One, "zero_division_1") })
            {
                if (all.Find(key) is not { } report) continue;
                var scores = SequenceLabels.Report(there, given, zero);
                scores.Select(s => s.Name).Should().BeEquivalentTo(report.EnumerateObject().Select(r => r.Name), $"{mode} {key}");
                foreach (var (name, score) in scores)
                {
                    var row = report.GetProperty(name);
                    score.Precision.ShouldBeNear(row.GetProperty("precision").Number(), $"{mode} {key} {name} precision");
                    score.Recall.ShouldBeNear(row.GetProperty("recall").Number(), $"{mode} {key} {name} recall");
                    score.F.ShouldBeNear(row.GetProperty("f1-score").Number(), $"{mode} {key} {name} f1");
                    score.Support.Should().Be(row.GetProperty("support").Number(), $"{mode} {key} {name} support");
                }
            }
        }
    });

    [Fact]
    public void Letters_outside_a_scheme_are_errors() => MetricFixture.All(MetricFixture.Read("sequence_labelling.json").GetProperty("strict_errors").EnumerateArray(), c => c.ToString(), c =>
    {
        var find = () => SequenceLabels.Entities([c.GetProperty("tag").GetString()!], Enum.Parse<TagScheme>(c.GetProperty("scheme").GetString()!, ignoreCase: true));
        find.Should().Throw<DataException>().WithMessage($"*{c.GetProperty("tag").GetString()}*");
    });

    private static List<IReadOnlyList<string>> Sentences(JsonElement list) => [.. list.EnumerateArray().Select(s => (IReadOnlyList<string>)s.Strings())];
}
