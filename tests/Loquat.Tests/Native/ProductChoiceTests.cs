using CsCheck;
using Loquat.Native;

namespace Loquat.Tests.Native;

public sealed class ProductChoiceTests
{
    [Fact]
    public void A_choice_survives_its_text()
    {
        Gen.Double[1, 100].Array[2].Array[ProductKind.All.Count].Sample(rates =>
        {
            var choice = ProductChoice.Of(ProductKind.All.Select((kind, i) => new ProductRate(kind, rates[i][0], rates[i][1], rates[i][1] / rates[i][0])));
            ProductChoice.Parse(choice.ToString()).Should().Be(choice);
        });
        ProductChoice.Parse("none").Should().Be(ProductChoice.Libtorch);
        ProductChoice.Parse("fp32 a·b huge").Should().BeNull("a kind of another version says nothing here");
    }

    [Fact]
    public void Every_kind_has_a_name_of_its_own() => ProductKind.All.Select(k => k.ToString()).Should().OnlyHaveUniqueItems();

    [Theory]
    [InlineData(215, 450, 2.1, true)]
    [InlineData(215, 450, 1.0, false)]      // one repetition of the other was disturbed
    [InlineData(280, 290, 1.03, false)]
    [InlineData(280, 140, 0.5, false)]
    [InlineData(280, 0, 0, false)]
    public void The_direct_call_must_be_clearly_faster(double libtorch, double oneDnn, double gain, bool expected) =>
        new ProductRate(ProductKind.All[0], libtorch, oneDnn, gain).PrefersOneDnn.Should().Be(expected);

    [Fact]
    public void The_choice_of_this_machine_is_kept() => MachineProbe.MeasuredChoice().Should().Be(MachineProbe.MeasuredChoice());
}
