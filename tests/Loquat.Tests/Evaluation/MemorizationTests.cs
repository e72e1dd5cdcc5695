using Loquat.Evaluation;
using Loquat.Generation;
using Loquat.Layers;

namespace Loquat.Tests.Evaluation;

public sealed class MemorizationTests
{
    [Fact]
    public void What_the_model_wrote_itself_is_continued_and_other_text_is_not()
    {
        using var fixture = new LikelihoodFixture(Placement.Cpu);
        List<int> own = [1, 2, 3, 4, 5, 6, 7, 8];
        // Its own text, from what it wrote before, as far as it reads.
        own.AddRange(new TokenGenerator(fixture.Model).Generate(own, SamplingOptions.Greedy with { MaxNewTokens = fixture.Model.Config.ContextLength - own.Count }));
        var options = new MemorizationOptions { Sequences = 5, Continuation = 10 };
        var whole = Memorization.Of(fixture.Model, at => own[(int)at], 8 + 10 + 1, null, options, cancellation: TestContext.Current.CancellationToken);
        whole[0].Continued.Value.Should().Be(1, "the sequence begins where the model began");
        var random = new Random(4);
        int[] other = [.. Enumerable.Range(0, 3000).Select(_ => random.Next(fixture.Model.Config.VocabSize))];
        var rows = Memorization.Of(fixture.Model, at => other[at], other.Length, null, options, cancellation: TestContext.Current.CancellationToken);
        rows.Should().OnlyContain(r => r.Continued.Value == 0 && r.Continued.Count == 5);
        rows.Select(r => r.PromptTokens).Should().Equal(8, 16, 32);
        rows.Should().BeEquivalentTo(Memorization.Of(fixture.Model, at => other[at], other.Length, null, options, cancellation: TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Sequences_do_not_cross_documents()
    {
        using var fixture = new LikelihoodFixture(Placement.Cpu);
        var act = () => Memorization.Of(fixture.Model, at => at % 12 == 0 ? 0 : 5, 600, endOfText: 0, new() { Continuation = 10 });
        act.Should().Throw<DataException>().WithMessage("*no stretch of 18 tokens within a document*");
    }
}
