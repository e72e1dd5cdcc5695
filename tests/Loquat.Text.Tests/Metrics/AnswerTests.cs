using System.Text.Json;
using Loquat.Text.Metrics;

namespace Loquat.Text.Tests.Metrics;

public sealed class AnswerTests
{
    [Fact]
    public void Stems() => MetricFixture.All(MetricFixture.Read("porter_stemmer.json").GetProperty("stems").EnumerateObject(), c => c.Name, c => PorterStemmer.Stem(c.Name).Should().Be(c.Value.GetString()));

    [Fact]
    public void Rouge_scores()
    {
        var fixture = MetricFixture.Read("rouge.json");
        var pairs = fixture.GetProperty("pairs").EnumerateArray().Select(p => ((IReadOnlyList<string>)[p.GetProperty("target").GetString()!], p.GetProperty("prediction").GetString()!)).ToList();
        var multi = fixture.GetProperty("multi_pairs").EnumerateArray().Select(p => ((IReadOnlyList<string>)p.GetProperty("targets").Strings(), p.GetProperty("prediction").GetString()!)).ToList();
        foreach (var result in fixture.GetProperty("results").EnumerateArray())
        {
            var rouge = new Rouge(new() { UseStemmer = result.Flag("use_stemmer"), MaxOrder = 3 });
            foreach (var (given, name) in new[] { (pairs, "scores"), (multi, "multi") })
                MetricFixture.All(given.Zip(result.GetProperty(name).EnumerateArray()), c => $"{name} '{c.First.Item2}'", c => Compare(rouge.Sentence(c.First.Item2, c.First.Item1), c.Second));
            Compare(Rouge.Mean([.. pairs.Select(p => rouge.Sentence(p.Item2, p.Item1))]), result.GetProperty("mean"));
        }
    }

    [Fact]
    public void Meteor_scores() => MetricFixture.All(MetricFixture.Read("meteor.json").GetProperty("cases").EnumerateArray(), c => c.GetProperty("hypothesis").ToString(), c =>
    {
        var options = c.GetProperty("options");
        var meteor = new Meteor(new() { Alpha = options.Find("alpha")?.GetDouble() ?? 0.9, Beta = options.Find("beta")?.GetDouble() ?? 3, Gamma = options.Find("gamma")?.GetDouble() ?? 0.5 });
        var (hypothesis, references) = (c.GetProperty("hypothesis").Strings(), c.GetProperty("references").EnumerateArray().Select(r => (IReadOnlyList<string>)r.Strings()).ToList());
        meteor.Sentence(hypothesis, references).ShouldBeNear(c.GetProperty("score").Number(), "score");
        var (matches, chunks) = Meteor.Align(hypothesis, references[0]);
        matches.Should().Equal(c.GetProperty("matches_with_first").EnumerateArray().Select(m => (m[0].GetInt32(), m[1].GetInt32())));
        chunks.Should().Be(c.GetProperty("chunks_with_first").GetInt32());
    });

    [Fact]
    public void Error_rates()
    {
        var fixture = MetricFixture.Read("error_rates.json");
        var pairs = fixture.GetProperty("references").Strings().Zip(fixture.GetProperty("hypotheses").Strings()).ToList();
        MetricFixture.All(pairs.Zip(fixture.GetProperty("words").EnumerateArray()), c => $"words of '{c.First}'", c => Compare(ErrorRates.Words(c.First.First, c.First.Second), c.Second, "wer"));
        MetricFixture.All(pairs.Zip(fixture.GetProperty("characters").EnumerateArray()), c => $"characters of '{c.First}'", c => Compare(ErrorRates.Characters(c.First.First, c.First.Second), c.Second, "cer"));
        var corpus = fixture.GetProperty("corpus");
        Compare(pairs.Aggregate(default(ErrorCounts), (sum, p) => sum + ErrorRates.Words(p.First, p.Second)), corpus.GetProperty("words"), "wer");
        Compare(pairs.Aggregate(default(ErrorCounts), (sum, p) => sum + ErrorRates.Characters(p.First, p.Second)), corpus.GetProperty("characters"), "cer");
        var plain = fixture.GetProperty("lower_no_punctuation").EnumerateArray().Select(p => (string.Join(' ', p.GetProperty("reference").Strings()), string.Join(' ', p.GetProperty("hypothesis").Strings())));
        Compare(plain.Aggregate(default(ErrorCounts), (sum, p) => sum + ErrorRates.Words(p.Item1, p.Item2)), corpus.GetProperty("words_lower_no_punctuation"), "wer");
    }

    [Fact]
    public void Exact_matches()
    {
        var fixture = MetricFixture.Read("exact_match.json");
        var pairs = fixture.GetProperty("predictions").Strings().Zip(fixture.GetProperty("references").Strings()).ToList();
        MetricFixture.All(fixture.GetProperty("cases").EnumerateArray(), c => c.GetProperty("options").ToString(), c =>
        {
            var options = c.GetProperty("options");
            var match = new ExactMatch
            {
                IgnoreCase = options.Flag("ignore_case"),
                IgnorePunctuation = options.Flag("ignore_punctuation"),
                IgnoreNumbers = options.Flag("ignore_numbers"),
                RegexesToIgnore = options.Find("regexes_to_ignore")?.Strings() ?? [],
            };
            pairs.Select(p => match.Matches(p.First, p.Second)).Should().Equal(c.GetProperty("matches").EnumerateArray().Select(m => m.GetBoolean()));
        });
    }

    [Fact]
    public void Squad_scores()
    {
        var fixture = MetricFixture.Read("squad.json");
        MetricFixture.All(fixture.GetProperty("normalised").EnumerateObject(), c => $"'{c.Name}'", c => Squad.Normalize(c.Name).Should().Be(c.Value.GetString()));
        MetricFixture.All(fixture.GetProperty("v1").EnumerateArray(), c => c.GetProperty("id").ToString(), c => Compare(Squad.Version1(Question(c).Prediction, Question(c).Answers), c));
        MetricFixture.All(fixture.GetProperty("v2").EnumerateArray(), c => c.GetProperty("id").ToString(), c => Compare(Squad.Version2(Question(c).Prediction, Question(c).Answers), c));
        var summary = Squad.Summary1([.. fixture.GetProperty("v1").EnumerateArray().Select(Question)]);
        summary.Exact.ShouldBeNear(fixture.GetProperty("v1_summary").GetProperty("exact_match").Number(), "exact_match");
        summary.F1.ShouldBeNear(fixture.GetProperty("v1_summary").GetProperty("f1").Number(), "f1");
        List<SquadAnswer> second = [.. fixture.GetProperty("v2").EnumerateArray().Select(Question)];
        MetricFixture.All(fixture.GetProperty("v2_summaries").EnumerateArray(), c => c.GetProperty("na_prob_threshold").ToString(), c =>
        {
            var s = Squad.Summary2(second, c.GetProperty("na_prob_threshold").Number());
            foreach (var (name, value) in new (string, double?)[]
            {
                ("exact", s.Exact), ("f1", s.F1), ("total", s.Total), ("HasAns_exact", s.HasAnswerExact), ("HasAns_f1", s.HasAnswerF1), ("HasAns_total", s.HasAnswerTotal), ("NoAns_exact", s.NoAnswerExact),
                ("NoAns_f1", s.NoAnswerF1), ("NoAns_total", s.NoAnswerTotal), ("best_exact", s.BestExact), ("best_exact_thresh", s.BestExactThreshold), ("best_f1", s.BestF1), ("best_f1_thresh", s.BestF1Threshold),
            }) value!.Value.ShouldBeNear(c.GetProperty(name).Number(), name);
        });
    }

    [Fact]
    public void Pass_and_majority_at_k()
    {
        var fixture = MetricFixture.Read("pass_at_k.json");
        MetricFixture.All(fixture.GetProperty("problems").EnumerateArray().SelectMany(p => p.GetProperty("expected").EnumerateObject().Select(k => (Problem: p, K: k))), c => $"{c.Problem} {c.K.Name}", c =>
            Samples.PassAtK(c.Problem.GetProperty("n").GetInt32(), c.Problem.GetProperty("c").GetInt32(), int.Parse(c.K.Name)).ShouldBeNear(c.K.Value.Number(), "pass@k"));
        MetricFixture.All(fixture.GetProperty("votes").EnumerateArray().SelectMany(v => v.GetProperty("majority").EnumerateObject().Where(k => k.Value.ValueKind != JsonValueKind.Null).Select(k => (Vote: v, K: k))), c => $"{c.Vote} {c.K.Name}", c =>
            Samples.Majority(c.Vote.GetProperty("samples").Strings(), int.Parse(c.K.Name)).Should().Be(c.K.Value.GetString()));
    }

    [Fact]
    public void Answers_of_gsm8k() => MetricFixture.All(MetricFixture.Read("gsm8k_extraction.json").GetProperty("cases").EnumerateArray(), c => c.GetProperty("output").ToString(), c =>
    {
        foreach (var (name, answer) in new[] { ("strict", Samples.StrictAnswer(c.GetProperty("output").GetString()!)), ("flexible", Samples.FlexibleAnswer(c.GetProperty("output").GetString()!)) })
        {
            answer.Should().Be(c.GetProperty(name).GetProperty("extracted").GetString());
            Samples.SameAnswer(answer, c.GetProperty("gold").GetString()!).Should().Be(c.GetProperty(name).GetProperty("match").GetBoolean(), name);
        }
    });

    private static SquadAnswer Question(JsonElement q) => new(q.GetProperty("prediction").GetString()!, q.GetProperty("answers").Strings(), q.GetProperty("na_prob").Number());

    private static void Compare((double Exact, double F1) score, JsonElement expected)
    {
        score.Exact.ShouldBeNear(expected.GetProperty("exact").Number(), "exact");
        score.F1.ShouldBeNear(expected.GetProperty("f1").Number(), "f1");
    }

    private static void Compare(ErrorCounts counts, JsonElement expected, string rate)
    {
        counts.Should().Be(new ErrorCounts(expected.GetProperty("hits").GetInt64(), expected.GetProperty("substitutions").GetInt64(), expected.GetProperty("deletions").GetInt64(), expected.GetProperty("insertions").GetInt64()));
        counts.ErrorRate.ShouldBeNear(expected.GetProperty(rate).Number(), rate);
        if (expected.Find("mer") is not { } mer) return;
        counts.MatchErrorRate.ShouldBeNear(mer.Number(), "mer");
        counts.InformationLost.ShouldBeNear(expected.GetProperty("wil").Number(), "wil");
        counts.InformationPreserved.ShouldBeNear(expected.GetProperty("wip").Number(), "wip");
    }

    private static void Compare(RougeScores scores, JsonElement expected)
    {
        foreach (var (name, score) in scores.All)
            foreach (var (value, number) in new[] { score.Precision, score.Recall, score.F }.Zip(expected.GetProperty(name).Numbers())) value.ShouldBeNear(number, name);
    }
}
