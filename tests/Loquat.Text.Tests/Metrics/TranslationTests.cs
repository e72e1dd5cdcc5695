using System.Text.Json;
using CsCheck;
using Loquat.Text.Metrics;

namespace Loquat.Text.Tests.Metrics;

public sealed class TranslationTests
{
    private static readonly Lazy<Dictionary<string, Translations>> _corpora = new(() => MetricFixture.Read("mt_corpora.json").GetProperty("corpora").EnumerateObject().ToDictionary(c => c.Name, c =>
        new Translations(c.Value.GetProperty("hypotheses").Strings(), [.. c.Value.GetProperty("references").EnumerateArray().Select(list => (IReadOnlyList<string?>)[.. list.EnumerateArray().Select(r => r.GetString())])])));

    [Fact]
    public void Bleu_of_a_corpus() => MetricFixture.All(MetricFixture.Read("bleu.json").GetProperty("corpus").EnumerateArray().Where(Known), c => $"{c.GetProperty("corpus")} {c.GetProperty("options")}", c =>
    {
        var expected = c.GetProperty("expected");
        var score = new Bleu(Options(c.GetProperty("options"))).Score(_corpora.Value[c.GetProperty("corpus").GetString()!]);
        Compare(score, expected);
        score.Signature.Should().Be(expected.GetProperty("signature").GetString());
        score.ToString().Should().Be(expected.GetProperty("text").GetString());
    });

    [Fact]
    public void Bleu_of_sentences() => MetricFixture.All(
        MetricFixture.Read("bleu.json").GetProperty("sentence").EnumerateArray().SelectMany(s => s.GetProperty("segments").EnumerateArray().Select(one => (Options: s.GetProperty("options"), Segment: one))),
        c => $"{c.Segment.GetProperty("corpus")} {c.Segment.GetProperty("segment")} {c.Options}", c =>
        {
            var (hypothesis, references) = Segment(c.Segment.GetProperty("corpus").GetString()!, c.Segment.GetProperty("segment").GetInt32());
            Compare(new Bleu(Options(c.Options)).Sentence(hypothesis, references), c.Segment);
        });

    [Fact]
    public void Tokens_of_bleu() => MetricFixture.All(
        MetricFixture.Read("mt_tokenizers.json").GetProperty("bleu").EnumerateArray().SelectMany(t => t.EnumerateObject().Where(p => p.Name is not ("text" or "ja-mecab")).Select(p => (Text: t.GetProperty("text").GetString()!, p.Name, p.Value))),
        c => $"{c.Name} of '{c.Text}'", c =>
            string.Join(' ', BleuTokenizer.Tokenize(c.Text, BleuTokenizer.Parse(c.Name))).Should().Be(string.Join(' ', MetricText.Words(c.Value.GetString()!))));

    [Fact]
    public void Japanese_words_are_refused_by_name()
    {
        var parse = () => BleuTokenizer.Parse("ja-mecab");
        parse.Should().Throw<OptionsException>().WithMessage("*ja-mecab*char*");
    }

    [Fact]
    public void Chrf_of_a_corpus() => MetricFixture.All(MetricFixture.Read("chrf.json").GetProperty("corpus").EnumerateArray(), c => $"{c.GetProperty("corpus")} {c.GetProperty("options")}", c =>
    {
        var expected = c.GetProperty("expected");
        var score = new Chrf(ChrfOptions(c.GetProperty("options"))).Score(_corpora.Value[c.GetProperty("corpus").GetString()!]);
        score.Score.ShouldBeNear(expected.GetProperty("score").Number(), "score");
        score.ToString().Should().Be(expected.GetProperty("text").GetString());
    });

    [Fact]
    public void Chrf_of_sentences() => Sentences("chrf.json", (options, hypothesis, references, expected) =>
        new Chrf(ChrfOptions(options)).Sentence(hypothesis, references).Score.ShouldBeNear(expected[2].Number(), "score"));

    [Fact]
    public void Ter_of_a_corpus() => MetricFixture.All(MetricFixture.Read("ter.json").GetProperty("corpus").EnumerateArray(), c => $"{c.GetProperty("corpus")} {c.GetProperty("options")}", c =>
    {
        var expected = c.GetProperty("expected");
        var score = new Ter(TerOptions(c.GetProperty("options"))).Score(_corpora.Value[c.GetProperty("corpus").GetString()!]);
        score.Edits.Should().Be(expected.GetProperty("num_edits").Number());
        score.ReferenceLength.ShouldBeNear(expected.GetProperty("ref_length").Number(), "ref_length");
        score.Score.ShouldBeNear(expected.GetProperty("score").Number(), "score");
        score.ToString().Should().Be(expected.GetProperty("text").GetString());
    });

    [Fact]
    public void Ter_of_sentences() => Sentences("ter.json", (options, hypothesis, references, expected) =>
    {
        var score = new Ter(TerOptions(options)).Sentence(hypothesis, references);
        score.Edits.Should().Be(expected[3].Number());
        score.ReferenceLength.ShouldBeNear(expected[4].Number(), "length");
        score.Score.ShouldBeNear(expected[2].Number(), "score");
    });

    [Fact]
    public void Words_of_ter()
    {
        var fixture = MetricFixture.Read("mt_tokenizers.json");
        var texts = fixture.GetProperty("bleu").EnumerateArray().Select(t => t.GetProperty("text").GetString()!).ToList();
        MetricFixture.All(fixture.GetProperty("ter").EnumerateArray().SelectMany(t => t.GetProperty("outputs").Strings().Select((output, i) => (Options: t.GetProperty("options"), Text: texts[i], Output: output))),
            c => $"{c.Options} of '{c.Text}'", c =>
                string.Join(' ', new Ter(TerOptions(c.Options)).Words(c.Text)).Should().Be(string.Join(' ', MetricText.Words(c.Output))));
    }

    [Fact]
    public void A_text_is_its_own_best_translation() => Gen.String[Gen.Char["ab .,é漢\U0001F600"], 1, 40].Array[1, 5].Sample(texts =>
    {
        var same = new Translations(texts, [texts]);
        if (texts.All(t => MetricTokens(t) == 0)) return;
        new Ter().Score(same).Edits.Should().Be(0);
        new Bleu(new() { MaxNgramOrder = 1 }).Score(same).Score.Should().BeApproximately(100, 1e-9);
    });

    [Fact]
    public void Lists_of_other_lengths_are_refused()
    {
        var make = () => new Translations(["a", "b"], ["a"]);
        make.Should().Throw<DataException>().WithMessage("*2 hypotheses*1 references*");
    }

    private static int MetricTokens(string text) => BleuTokenizer.Tokenize(text, BleuTokenization.V13a).Count;

    private static void Sentences(string file, Action<JsonElement, string, IReadOnlyList<string>, JsonElement> check) => MetricFixture.All(
        MetricFixture.Read(file).GetProperty("sentence").EnumerateArray().SelectMany(s => s.GetProperty("segments").EnumerateArray().Select(one => (Options: s.GetProperty("options"), Segment: one))),
        c => $"{c.Segment[0]} {c.Segment[1]} {c.Options}", c =>
        {
            var (hypothesis, references) = Segment(c.Segment[0].GetString()!, c.Segment[1].GetInt32());
            check(c.Options, hypothesis, references, c.Segment);
        });

    private static (string Hypothesis, IReadOnlyList<string> References) Segment(string corpus, int segment) => (_corpora.Value[corpus].Hypotheses[segment], _corpora.Value[corpus].References(segment));

    // Japanese words need a dictionary.
    private static bool Known(JsonElement c) => c.GetProperty("options").Find("tokenize")?.GetString() != "ja-mecab" && c.GetProperty("options").Find("trg_lang")?.GetString() != "ja";

    private static BleuOptions Options(JsonElement options) => new()
    {
        Tokenization = options.Find("trg_lang")?.GetString() == "zh" ? BleuTokenization.Chinese : BleuTokenizer.Parse(options.Find("tokenize")?.GetString() ?? "13a"),
        Lowercase = options.Flag("lowercase"),
        EffectiveOrder = options.Flag("effective_order"),
        MaxNgramOrder = options.Int("max_ngram_order", 4),
        SmoothValue = options.Find("smooth_value")?.GetDouble(),
        Smoothing = options.Find("smooth_method")?.GetString() switch { "floor" => BleuSmoothing.Floor, "add-k" => BleuSmoothing.AddK, "none" => BleuSmoothing.None, _ => BleuSmoothing.Exp },
    };

    private static ChrfOptions ChrfOptions(JsonElement options) => new()
    {
        CharOrder = options.Int("char_order", 6),
        WordOrder = options.Int("word_order", 0),
        Beta = options.Int("beta", 2),
        Lowercase = options.Flag("lowercase"),
        WhiteSpace = options.Flag("whitespace"),
        EpsSmoothing = options.Flag("eps_smoothing"),
    };

    private static TerOptions TerOptions(JsonElement options) => new()
    {
        Normalized = options.Flag("normalized"),
        NoPunct = options.Flag("no_punct"),
        AsianSupport = options.Flag("asian_support"),
        CaseSensitive = options.Flag("case_sensitive"),
    };

    private static void Compare(BleuScore score, JsonElement expected)
    {
        score.Score.ShouldBeNear(expected.GetProperty("score").Number(), "score");
        score.Counts.Should().Equal(expected.GetProperty("counts").Numbers());
        score.Totals.Should().Equal(expected.GetProperty("totals").Numbers());
        foreach (var (value, precision) in score.Precisions.Zip(expected.GetProperty("precisions").Numbers())) value.ShouldBeNear(precision, "precision");
        score.BrevityPenalty.ShouldBeNear(expected.GetProperty("bp").Number(), "bp");
        score.HypothesisLength.Should().Be(expected.GetProperty("sys_len").GetInt32());
        score.ReferenceLength.Should().Be(expected.GetProperty("ref_len").GetInt32());
    }
}
