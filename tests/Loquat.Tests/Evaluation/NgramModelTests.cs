using CsCheck;
using Loquat.Evaluation;

namespace Loquat.Tests.Evaluation;

public sealed class NgramModelTests
{
    [Fact]
    public void Probabilities_of_all_tokens_after_any_context_sum_to_one() => Gen.Select(Gen.Int[0, 6].Array[1, 60], Gen.Int[1, 4], Gen.Int[0, 8].Array[0, 5]).Sample((text, order, before) =>
    {
        var model = NgramModel.Train(i => text[i], text.Length, order, 8);
        var seen = before.Take(order - 1).Select(t => t % 8).ToArray();
        var all = Enumerable.Range(0, 8).Select(token => model.Probability(seen, token)).ToList();
        all.Should().OnlyContain(p => p > 0 && p <= 1);
        all.Sum().Should().BeApproximately(1, 1e-12);
    }, iter: 300);

    [Fact]
    public void Shorter_contexts_count_what_a_token_follows_not_how_often()
    {
        // 2 comes often, but after 1 only; 3 as often, after three others. (Kneser and Ney's "Francisco".)
        int[] text = [1, 2, 0, 1, 2, 0, 1, 2, 4, 3, 5, 3, 6, 3, 0];
        var model = NgramModel.Train(i => text[i], text.Length, 2, 8);
        model.Probability([7], 3).Should().BeGreaterThan(model.Probability([7], 2));
        model.Probability([1], 2).Should().BeGreaterThan(0.5);
    }

    [Fact]
    public void A_rule_is_learned_by_the_order_that_sees_it()
    {
        // The next token is the one two before.
        var text = Enumerable.Range(0, 2000).Select(i => i % 2 == 0 ? 1 : 2).ToArray();
        double Loss(int order)
        {
            var model = NgramModel.Train(i => text[i], text.Length, order, 4);
            var rows = new EvaluationRows(i => text[i], [text.Length], 50, null);
            return new PerplexityEvaluator(rows, text.Length).Evaluate(model).Loss;
        }
        Loss(1).Should().BeGreaterThan(0.6);
        Loss(2).Should().BeLessThan(0.05);
        FluentActions.Invoking(() => Loss(0)).Should().Throw<OptionsException>();
    }
}
