using CsCheck;
using Loquat.FineTuning.Examples;

namespace Loquat.Tests.FineTuning.Examples;

/// <summary>What is kept for validation and tests.</summary>
public sealed class ExampleSplitTests
{
    private static readonly Gen<Example[]> _examples = Gen.Select(Gen.Int[0, 30], Gen.Int[0, 3]).Array[0, 120]
        .Select(pairs => pairs.Select((pair, i) => new Example { Text = $"text {pair.Item1}", Label = $"{pair.Item2}", Place = $"{i}" }).ToArray());

    [Fact]
    public void Nothing_is_lost_or_twice_there_and_equal_texts_stay_together() => Gen.Select(_examples, Gen.Double[0, 1], Gen.ULong).Sample((examples, share, seed) =>
    {
        var (left, taken) = ExampleSplit.Take(examples, share, seed, example => example.Label);
        left.Concat(taken).Select(example => int.Parse(example.Place, null)).Order().Should().Equal(Enumerable.Range(0, examples.Length));
        left.Select(example => example.Text).Intersect(taken.Select(example => example.Text)).Should().BeEmpty();
        ExampleSplit.Take(examples, share, seed, example => example.Label).Taken.Should().Equal(taken);
    }, iter: 200);

    [Fact]
    public void Each_class_gives_its_share_and_a_small_one_something()
    {
        var examples = Enumerable.Range(0, 1000).Select(i => new Example { Text = $"text {i}", Label = i % 100 == 0 ? "rare" : i % 4 == 1 ? "some" : "many", Place = "" }).ToList();
        var (_, taken) = ExampleSplit.Take(examples, 0.1, 7, example => example.Label);
        taken.CountBy(example => example.Label!).ToDictionary().Should().Equal(new Dictionary<string, int> { ["rare"] = 1, ["some"] = 25, ["many"] = 74 });
        ExampleSplit.Take(examples, 0.1, 8, example => example.Label).Taken.Should().NotEqual(taken, "of another seed");
    }
}
