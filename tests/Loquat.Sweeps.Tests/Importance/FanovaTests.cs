using System.Globalization;
using Loquat.Sweeps.Importance;
using Loquat.Sweeps.Samplers;
using Loquat.Sweeps.Spaces;

namespace Loquat.Sweeps.Tests.Importance;

/// <summary>Shares of functions whose variance is known.</summary>
public sealed class FanovaTests
{
    private const int Trials = 200;

    [Fact]
    public void A_sum_is_divided_as_the_variances_of_its_parts()
    {
        // Variances 9/12 and 1/12 of 10/12; the third does nothing.
        var shares = Of(new([new RealParameter("a", 0, 1), new RealParameter("b", 0, 1), new RealParameter("c", 0, 1)]), c => 3 * Number(c, "a") + Number(c, "b"));
        shares["a"].Should().BeApproximately(0.9, 0.05);
        shares["b"].Should().BeApproximately(0.1, 0.05);
        shares["c"].Should().BeLessThan(0.02);
    }

    [Fact]
    public void What_two_do_only_together_is_neithers()
    {
        var shares = Of(new([new ChoiceParameter("a", ["x", "y"]), new ChoiceParameter("b", ["x", "y"])]), c => c["a"] == c["b"] ? 1 : 0);
        shares.Values.Sum().Should().BeLessThan(0.1);
    }

    [Fact]
    public void A_parameter_that_is_there_sometimes_counts_with_its_absence()
    {
        // The choice alone explains nothing where its own parameter makes up for it.
        var space = new SearchSpace([new ChoiceParameter("kind", ["a", "b"]), new RealParameter("extra", 0, 1) { When = new("kind", ["b"]) }, new RealParameter("rate", 1e-4, 1) { IsLogarithmic = true }]);
        var shares = Of(space, c => Math.Log10(Number(c, "rate")) + (c.TryGetValue("extra", out _) ? 0.2 * Number(c, "extra") : 0));
        shares["rate"].Should().BeGreaterThan(0.9);
        shares.Keys.Should().BeEquivalentTo("kind", "extra", "rate");
    }

    [Fact]
    public void Few_trials_or_equal_ones_say_nothing()
    {
        var space = new SearchSpace([new RealParameter("a", 0, 1)]);
        Fanova.Of(space, Drawn(space, Fanova.LeastTrials - 1).Select(c => (c, Number(c, "a")))).Should().BeEmpty();
        Fanova.Of(space, Drawn(space, 50).Select(c => (c, 1.0))).Should().BeEmpty();
        Fanova.Of(space, Drawn(space, 50).Select(c => (c, Number(c, "a") < 0.5 ? double.NaN : Number(c, "a")))).Should().ContainSingle().Which.Share.Should().BeGreaterThan(0.9);
    }

    private static Dictionary<string, double> Of(SearchSpace space, Func<Configuration, double> loss) =>
        Fanova.Of(space, Drawn(space, Trials).Select(c => (c, loss(c)))).ToDictionary(i => i.Name, i => i.Share, StringComparer.Ordinal);

    private static IEnumerable<Configuration> Drawn(SearchSpace space, int count) => Enumerable.Range(0, count).Select(i => new SobolSampler().Propose(space, [], i, 1));

    private static double Number(Configuration configuration, string name) => double.Parse(configuration[name], CultureInfo.InvariantCulture);
}
