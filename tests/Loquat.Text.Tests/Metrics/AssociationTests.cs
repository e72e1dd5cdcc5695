using System.Text.Json;
using Loquat.Tests;
using Loquat.Text.Metrics;

namespace Loquat.Text.Tests.Metrics;

/// <summary>Associations of word vectors, and tests of two systems.</summary>
public sealed class AssociationTests
{
    [Fact]
    public void Associations_of_words() => MetricFixture.All(MetricFixture.Read("weat.json").GetProperty("cases").EnumerateArray(), c => c.GetProperty("name").GetString()!, c =>
    {
        IReadOnlyList<double[]> Set(string name) => [.. c.GetProperty(name).EnumerateArray().Select(v => v.Numbers().ToArray())];
        var result = Weat.Score(Set("X"), Set("Y"), Set("A"), Set("B"), new Random(1));
        var expected = c.GetProperty("expected");
        foreach (var (value, number) in result.AssociationsX.Zip(expected.GetProperty("associations_x").Numbers())) value.ShouldBeNear(number, "an association of X");
        foreach (var (value, number) in result.AssociationsY.Zip(expected.GetProperty("associations_y").Numbers())) value.ShouldBeNear(number, "an association of Y");
        foreach (var (value, name) in new[]
        {
            (result.Statistic, "statistic"), (result.EffectSize, "effect_size_ddof1"), (result.PopulationEffectSize, "effect_size_ddof0"), (result.Splits, "splits"), (result.PValue, "p_value_greater"),
            (result.PValueOrEqual, "p_value_greater_equal"),
        }) value.ShouldBeNear(expected.GetProperty(name).Number(), name);
    });

    [Fact]
    public void Analogies_and_similarity_of_words() => MetricFixture.All(MetricFixture.Read("word_vectors.json").GetProperty("sets").EnumerateArray(), set => set.GetProperty("vectors").GetString()!, set =>
    {
        var vectors = WordVectors.Read(File.ReadLines(SharedFolder.Require("fixtures", "metrics", set.GetProperty("vectors").GetString()!)));
        vectors.Words.Should().HaveCount(set.Int("count", 0));
        vectors.Dimension.Should().Be(set.Int("dimension", 0));
        var sections = WordAnalogies.Score(vectors, File.ReadLines(SharedFolder.Require("data", "embeddings", "questions-words.txt")));
        var analogy = set.GetProperty("analogy");
        (sections.Sum(s => s.Total), sections.Sum(s => s.Answers.Count), sections.Sum(s => s.CorrectAdded), sections.Sum(s => s.CorrectMultiplied)).Should()
            .Be((analogy.Int("total", 0), analogy.Int("in_vocabulary", 0), analogy.Int("correct_add", 0), analogy.Int("correct_mul", 0)));
        var expected = analogy.GetProperty("sections");
        sections.Select(s => s.Name).Should().BeEquivalentTo(expected.EnumerateObject().Select(p => p.Name));
        foreach (var section in sections)
        {
            section.Total.Should().Be(expected.GetProperty(section.Name).Int("total", 0));
            section.Answers.Select(a => string.Join(' ', a.A, a.B, a.C, a.Right, a.Added, a.Multiplied)).Should().Equal(expected.GetProperty(section.Name).GetProperty("answers").EnumerateArray().Select(a => string.Join(' ', a.Strings())));
        }
        var similarity = WordSimilarity.Score(vectors, File.ReadLines(SharedFolder.Require("data", "embeddings", "simlex999.txt")));
        var simlex = set.GetProperty("simlex");
        (similarity.Total, similarity.Pairs.Count).Should().Be((simlex.Int("total", 0), simlex.Int("in_vocabulary", 0)));
        similarity.Spearman.Value.ShouldBeNear(simlex.GetProperty("spearman").Number(), "spearman", 1e-6);
        similarity.Pearson.Value.ShouldBeNear(simlex.GetProperty("pearson").Number(), "pearson", 1e-6);
        foreach (var (pair, known) in similarity.Pairs.Zip(simlex.GetProperty("pairs").EnumerateArray()))
        {
            $"{pair.First} {pair.Second}".Should().Be($"{known[0]} {known[1]}");
            pair.Cosine.ShouldBeNear(known[3].Number(), $"{pair.First} {pair.Second}", 1e-6);
        }
    });

    [Theory]
    [InlineData("a 1 2", "b 1", "line 2: 1 numbers; the lines before have 2")]
    [InlineData("a 1 2", "b 1 x", "line 2: 'x' is not a number")]
    [InlineData("2 2", "a", "line 2: 0 numbers; a word and its numbers are expected")]
    [InlineData("2 2", "", "there are no vectors")]
    public void Vectors_that_are_none_are_told(string first, string second, string message)
    {
        var read = () => WordVectors.Read([first, second]);
        read.Should().Throw<DataException>().WithMessage($"*{message}*");
    }

    [Fact]
    public void Many_splits_are_drawn()
    {
        var random = new Random(5);
        IReadOnlyList<double[]> Set(int count) => [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, 6).Select(_ => random.NextDouble() - 0.5).ToArray())];
        var (x, y, a, b) = (Set(15), Set(15), Set(6), Set(6));
        var result = Weat.Score(x, y, a, b, new Random(1));
        result.Splits.Should().Be(Weat.MostSplits);
        result.PValue.Should().Be(Weat.Score(x, y, a, b, new Random(1)).PValue);
        Weat.Score(y, x, a, b, new Random(2)).PValue.Should().BeApproximately(1 - result.PValue, 0.02);
    }

    [Fact]
    public void Given_resamples_of_two_systems()
    {
        var fixture = MetricFixture.Read("mt_significance.json");
        var draws = fixture.GetProperty("given_indices").EnumerateArray().Select(d => (IReadOnlyList<int>)[.. d.EnumerateArray().Select(i => i.GetInt32())]).ToList();
        MetricFixture.All(fixture.GetProperty("given").EnumerateArray(), c => $"{c.GetProperty("metric")} of {c.GetProperty("system")}", c =>
        {
            var (baseline, system) = (Texts(fixture, "baseline"), Texts(fixture, c.GetProperty("system").GetString()!));
            var result = c.GetProperty("metric").GetString() switch
            {
                "BLEU" when new Bleu() is var bleu => TranslationSignificance.Bootstrap(bleu.Statistics(baseline), bleu.Statistics(system), s => bleu.Score(s, "1").Score, draws),
                "chrF2" when new Chrf() is var chrf => TranslationSignificance.Bootstrap(chrf.Statistics(baseline), chrf.Statistics(system), s => chrf.Score(s, "1").Score, draws),
                _ when new Ter() is var ter => TranslationSignificance.Bootstrap(ter.Statistics(baseline), ter.Statistics(system), s => ter.Score(s, "1").Score, draws),
                _ => throw new InvalidOperationException(),
            };
            result.Score.ShouldBeNear(c.GetProperty("score").Number(), "score");
            result.BaselineScore.ShouldBeNear(c.GetProperty("baseline_score").Number(), "baseline_score");
            result.Mean!.Value.ShouldBeNear(c.GetProperty("mean").Number(), "mean", 1e-6);
            result.Interval!.Value.ShouldBeNear(c.GetProperty("ci").Number(), "ci", 1e-6);
            result.PValue.ShouldBeNear(c.GetProperty("p_value").Number(), "p", 1e-6);
        });
    }

    [Fact]
    public void Seeded_tests_of_two_systems()
    {
        var fixture = MetricFixture.Read("mt_significance.json");
        var runs = fixture.GetProperty("seeded_runs").EnumerateArray().SelectMany(run => run.GetProperty("systems").EnumerateArray().Select(s => (Test: run.GetProperty("test").GetString()!, Samples: run.GetProperty("samples").GetInt32(), System: s)))
            .Where(r => r.System.GetProperty("system").GetString() != "baseline")
            .SelectMany(r => ((string[])["BLEU", "chrF2", "TER"]).Select(metric => (r.Test, r.Samples, Name: r.System.GetProperty("system").GetString()!, Metric: metric, Expected: r.System.GetProperty(metric))))
            .GroupBy(r => (r.Test, r.Name, r.Metric));
        MetricFixture.All(runs, g => g.Key.ToString(), g =>
        {
            var (baseline, system, samples) = (Texts(fixture, "baseline"), Texts(fixture, g.Key.Name), g.First().Samples);
            var random = new Random(20);
            var result = (g.Key.Test, g.Key.Metric) switch
            {
                ("bs", "BLEU") => TranslationSignificance.PairedBootstrap(new Bleu(), baseline, system, random, samples),
                ("bs", "chrF2") => TranslationSignificance.PairedBootstrap(new Chrf(), baseline, system, random, samples),
                ("bs", _) => TranslationSignificance.PairedBootstrap(new Ter(), baseline, system, random, samples),
                (_, "BLEU") => TranslationSignificance.ApproximateRandomization(new Bleu(), baseline, system, random, samples),
                (_, "chrF2") => TranslationSignificance.ApproximateRandomization(new Chrf(), baseline, system, random, samples),
                _ => TranslationSignificance.ApproximateRandomization(new Ter(), baseline, system, random, samples),
            };
            List<JsonElement> expected = [.. g.Select(r => r.Expected)];
            result.PValue.Should().BeInRange(expected.Min(e => e.GetProperty("p_value").Number()) - 0.03, expected.Max(e => e.GetProperty("p_value").Number()) + 0.03);
            result.Score.ShouldBeNear(expected[0].GetProperty("score").Number(), "score");
            if (result.Mean is not { } mean) return;
            foreach (var one in expected)
            {
                var ci = one.GetProperty("ci").Number();
                mean.Should().BeApproximately(one.GetProperty("mean").Number(), 0.15 * ci);
                result.Interval!.Value.Should().BeApproximately(ci, 0.15 * ci);
            }
        });
    }

    private static Translations Texts(JsonElement fixture, string system) =>
        new(fixture.GetProperty("systems").GetProperty(system).Strings(), [.. fixture.GetProperty("references").EnumerateArray().Select(list => (IReadOnlyList<string?>)list.Strings())]);
}
