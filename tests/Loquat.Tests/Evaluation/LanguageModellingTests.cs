using Loquat.Evaluation;
using Loquat.Layers;
using Loquat.Models;
using static Loquat.Tests.Evaluation.LikelihoodFixture;
using static TorchSharp.torch;

namespace Loquat.Tests.Evaluation;

/// <summary>Perplexity in its forms against the reference: fixtures/metrics/language_modelling.json.</summary>
public sealed class LanguageModellingTests
{
    [Fact]
    public void Of_each_token()
    {
        using var exact = new LikelihoodFixture(Placement.Exact);
        using var single = new LikelihoodFixture(Placement.Cpu);
        foreach (var given in Read("language_modelling.json").GetProperty("token_level").EnumerateArray())
        {
            var tokens = Ids(given.GetProperty("tokens"));
            foreach (var (fixture, name, tolerance) in new[] { (exact, "expected", 1e-9), (single, "float32", 1e-5) })
            {
                var score = fixture.Score([new(tokens[..1], tokens[1..])])[0];
                var expected = given.GetProperty(name);
                if (fixture == exact)
                    foreach (var (value, nll) in score.Tokens.Zip(Numbers(given.GetProperty("token_nll")))) ShouldBeNear(-value, nll, "a token");
                var (nats, scored) = (-score.LogProbability, given.GetProperty("scored_tokens").GetInt32());
                score.Tokens.Count.Should().Be(scored);
                ShouldBeNear(nats, expected.GetProperty("nll_sum").GetDouble(), "nll_sum", tolerance);
                ShouldBeNear(nats / scored, expected.GetProperty("cross_entropy").GetDouble(), "cross_entropy", tolerance);
                ShouldBeNear(Math.Exp(nats / scored), expected.GetProperty("perplexity").GetDouble(), "perplexity", tolerance);
                ShouldBeNear(nats / scored / Math.Log(2), expected.GetProperty("bits_per_token").GetDouble(), "bits_per_token", tolerance);
                ShouldBeNear(nats / given.GetProperty("scored_bytes").GetInt32() / Math.Log(2), expected.GetProperty("bits_per_byte").GetDouble(), "bits_per_byte", tolerance);
                ShouldBeNear(nats / given.GetProperty("scored_characters").GetInt32() / Math.Log(2), expected.GetProperty("bits_per_character").GetDouble(), "bits_per_character", tolerance);
            }
        }
    }

    [Fact]
    public void Of_a_padded_batch()
    {
        using var fixture = new LikelihoodFixture(Placement.Exact);
        var given = Read("language_modelling.json").GetProperty("padded_batch");
        var (ids, labels) = (Models.CausalFixture.Ids(given.GetProperty("input_ids")), Models.CausalFixture.Shifted(Models.CausalFixture.Ids(given.GetProperty("labels"))));
        var sum = fixture.Model.Loss(new ModelBatch { InputIds = ids, Labels = labels });
        var scored = given.GetProperty("scored_tokens").GetInt32();
        labels.ge(0).sum().item<long>().Should().Be(scored);
        ShouldBeNear(sum / scored, given.GetProperty("loss").GetDouble(), "loss");
    }

    [Fact]
    public void Of_windows_that_move_by_a_stride()
    {
        using var exact = new LikelihoodFixture(Placement.Exact);
        using var single = new LikelihoodFixture(Placement.Cpu);
        var json = Read("language_modelling.json");
        var stream = Ids(json.GetProperty("stream"));
        foreach (var given in json.GetProperty("strided").EnumerateArray())
        {
            var scores = exact.Score(RollingWindows.Strided(stream, given.GetProperty("max_length").GetInt32(), given.GetProperty("stride").GetInt32()));
            var windows = given.GetProperty("windows").EnumerateArray().Where(w => w[3].GetInt32() > 0).ToList();
            scores.Count.Should().Be(windows.Count);
            foreach (var (score, window) in scores.Zip(windows))
            {
                score.Tokens.Count.Should().Be(window[3].GetInt32());
                ShouldBeNear(-score.LogProbability / score.Tokens.Count, window[4].GetDouble(), "a window");
            }
            var (nats, tokens) = (-scores.Sum(s => s.LogProbability), scores.Sum(s => s.Tokens.Count));
            ShouldBeNear(nats, given.GetProperty("nll_sum").GetDouble(), "nll_sum");
            tokens.Should().Be(given.GetProperty("scored_tokens").GetInt32());
            ShouldBeNear(Math.Exp(nats / tokens), given.GetProperty("perplexity").GetDouble(), "perplexity");
        }
        foreach (var given in json.GetProperty("strided_float32").EnumerateArray())
        {
            var scores = single.Score(RollingWindows.Strided(stream, given.GetProperty("max_length").GetInt32(), given.GetProperty("stride").GetInt32()));
            ShouldBeNear(Math.Exp(-scores.Sum(s => s.LogProbability) / scores.Sum(s => s.Tokens.Count)), given.GetProperty("perplexity").GetDouble(), "perplexity", 1e-5);
        }
    }
}
