using CsCheck;
using Loquat.Generation;

namespace Loquat.Tests.Generation;

/// <summary>Numbers at the ends of what a float holds mean their limits, or are refused; they never make NaN of a model's logits.</summary>
public sealed class ExtremeSamplingTests
{
    [Theory]
    [InlineData(1e-40)]
    [InlineData(1e-38)]
    [InlineData(1e-30)]
    [InlineData(double.Epsilon)]
    [InlineData(1e-6)]
    public void A_temperature_near_0_takes_the_likeliest_token(double temperature) => Gen.Float[-100, 100].Array[2, 50].Sample(logits =>
    {
        var best = LogitsProcessing.ArgMax(logits);
        if (logits.Count(l => l > logits[best] - 0.01f) > 1) return;
        foreach (var options in (SamplingOptions[])[new(), new() { TopP = 0.9 }, new() { TopK = 3 }, new() { MinP = 0.1 }])
        {
            new Sampler(options with { Temperature = temperature, Seed = 3 }).Next([.. logits], []).Should().Be(best);
        }
    });

    [Theory]
    [InlineData(1e30)]
    [InlineData(1e40)]
    [InlineData(double.MaxValue)]
    public void A_boundless_temperature_makes_tokens_equally_likely(double temperature)
    {
        float[] logits = [-5, 0, 100, 3];
        new Sampler(new() { Temperature = temperature }).Process(logits, []);
        logits.Should().AllSatisfy(logit => logit.Should().BeApproximately(logits[0], 1e-6f));
        Enumerable.Range(0, 200).Select(seed => new Sampler(new() { Temperature = temperature, Seed = (ulong)seed }).Next([-5, 0, 100, 3], [])).Distinct().Should().HaveCount(4);
    }

    [Theory]
    [InlineData(1e-40)]
    [InlineData(1e300)]
    [InlineData(double.Epsilon)]
    public void A_penalty_leaves_logits_finite(double penalty)
    {
        float[] logits = [-5, 0, 100, 3];
        new Sampler(new() { RepetitionPenalty = penalty }).Process(logits, [0, 1, 2]);
        logits.Should().AllSatisfy(logit => float.IsFinite(logit).Should().BeTrue());
        logits[3].Should().Be(3);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(-1e-40)]
    public void What_is_no_temperature_is_refused(double temperature)
    {
        var sample = () => new Sampler(new() { Temperature = temperature });
        sample.Should().Throw<OptionsException>().WithMessage("*temperature*");
        var penalty = () => new Sampler(new() { RepetitionPenalty = temperature });
        penalty.Should().Throw<OptionsException>();
        var mass = () => new Sampler(new() { TopP = temperature });
        mass.Should().Throw<OptionsException>();
    }
}
