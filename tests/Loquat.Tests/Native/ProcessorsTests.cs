using Loquat.Native;

namespace Loquat.Tests.Native;

public sealed class ProcessorsTests
{
    [Theory]
    [InlineData("0-3", 4)]
    [InlineData(" 0-1,8,10-11\n", 5)]
    [InlineData("7", 1)]
    [InlineData("", 0)]
    [InlineData("x,3-", 0)]
    [InlineData("5-2", 0)]
    public void A_list_of_processors_is_read(string text, int count) => Processors.ParseList(text).Should().HaveCount(count);

    [Fact]
    public void Two_threads_of_a_core_count_once() =>
        Processors.CountCores("0-7", p => $"{p % 4},{p % 4 + 4}\n").Should().Be(4);

    [Fact]
    public void Processors_without_a_known_topology_count_each() => Processors.CountCores("0-7", _ => null).Should().Be(8);

    [Fact]
    public void This_machine_has_a_core_and_a_name()
    {
        Processors.PhysicalCores.Should().BeInRange(1, Environment.ProcessorCount);
        Processors.Name.Should().NotBeNullOrWhiteSpace();
    }
}
