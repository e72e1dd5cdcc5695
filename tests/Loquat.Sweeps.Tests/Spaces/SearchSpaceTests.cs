using CsCheck;
using Loquat.Sweeps.Spaces;

namespace Loquat.Sweeps.Tests.Spaces;

public sealed class SearchSpaceTests
{
    private static readonly Gen<SpaceParameter> _parameter = Gen.OneOf(
        Gen.Int[1, 6].Select(n => (SpaceParameter)new ChoiceParameter("c", [.. Enumerable.Range(0, n).Select(i => $"v{i}")])),
        Gen.Select(Gen.Int[1, 50], Gen.Int[0, 500], Gen.Int[1, 7], Gen.Bool).Select((low, width, step, log) => (SpaceParameter)new IntegerParameter("i", low, low + width) { Step = step, IsLogarithmic = log }),
        Gen.Select(Gen.Double[1e-6, 1], Gen.Double[0, 100], Gen.Bool).Select((low, width, log) => (SpaceParameter)new RealParameter("r", low, low + width) { IsLogarithmic = log }));

    [Fact]
    public void A_point_and_its_value_stand_for_each_other() => Gen.Select(_parameter, Gen.Double[0, 1]).Sample((parameter, unit) =>
    {
        parameter.Fault.Should().BeNull();
        var value = parameter.At(unit);
        parameter.At(parameter.PointOf(value)).Should().Be(value);
        if (parameter is RealParameter { Low: var low, High: var high } && high > low + 1e-3) parameter.PointOf(value).Should().BeApproximately(unit, 1e-9);
    });

    [Fact]
    public void Every_whole_number_of_a_range_has_its_share_of_points()
    {
        var parameter = new IntegerParameter("n", 3, 11) { Step = 2 };
        Enumerable.Range(0, 1000).Select(i => parameter.At((i + 0.5) / 1000)).CountBy(v => v).Should().BeEquivalentTo(new Dictionary<string, int> { ["3"] = 200, ["5"] = 200, ["7"] = 200, ["9"] = 200, ["11"] = 200 });
    }

    [Fact]
    public void A_parameter_is_there_when_its_condition_holds()
    {
        var space = new SearchSpace([new ChoiceParameter("rule", ["adamw", "muon"]), new RealParameter("rate", 1, 2) { When = new("rule", ["muon"]) }]);
        space.At(p => p.Name == "rule" ? 0.9 : 0.5).ToString().Should().Be("rule=muon rate=1.5");
        space.At(_ => 0.1).ToString().Should().Be("rule=adamw");
        space.PointOf(space.At(_ => 0.1))[1].Should().Be(double.NaN);
        space.Grid(p => p is ChoiceParameter ? 2 : 3, 100)!.Select(c => c.ToString()).Should().Equal("rule=adamw", "rule=muon rate=1", "rule=muon rate=1.5", "rule=muon rate=2");
    }

    [Fact]
    public void An_impossible_space_is_refused_with_all_its_faults()
    {
        var make = () => new SearchSpace([new RealParameter("a", 2, 1), new RealParameter("b", 0, 1) { IsLogarithmic = true }, new ChoiceParameter("c", []), new IntegerParameter("d", 1, 5) { When = new("e", ["1"]) }, new ChoiceParameter("a", ["x"])]);
        make.Should().Throw<OptionsException>().WithMessage("5 faults*a begins at 2, above its end 1*b is logarithmic and begins at 0*c has no choices*e is no key of the space*a is there twice*");
        var empty = () => new SearchSpace([]);
        empty.Should().Throw<OptionsException>().WithMessage("*empty*");
    }
}
