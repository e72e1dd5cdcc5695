using Loquat.Tests;

namespace Loquat.Text.Tests.Floors;

public sealed class FolderGraphTests
{
    [Fact]
    public void Arrows_down_are_no_fault()
    {
        var graph = Graph(("Models", "Layers"), ("Training", "Models"), ("Training", "Layers"));
        graph.Circle().Should().BeEmpty();
        graph.Faults([["Layers"], ["Models"], ["Training"]]).Should().BeEmpty();
    }

    [Fact]
    public void A_circle_is_found_with_its_places() =>
        Graph(("Training", "Models"), ("Layers", "Kernels"), ("Models", "Layers"), ("Kernels", "Models")).Circle()
            .Should().Equal("Kernels uses Models: in Kernels", "Models uses Layers: in Models", "Layers uses Kernels: in Layers");

    [Theory]
    [InlineData("Layers", "Models")] // upward
    [InlineData("Normalizers", "Decoders")] // to a neighbor on the same floor
    public void An_arrow_that_does_not_go_down_is_named(string from, string to) =>
        Graph((from, to), ("Models", "Layers"), ("Models", "Decoders"), ("Decoders", "Layers"), ("Normalizers", "Layers"))
            .Faults([["Layers"], ["Decoders", "Normalizers"], ["Models"]]).Should().Equal($"{from} uses {to}: in {from}");

    [Fact]
    public void A_folder_stands_on_one_floor_and_a_floor_has_sources() =>
        Graph(("Models", "Layers")).Faults([["Layers", "Kernels"], ["Layers"]])
            .Should().BeEquivalentTo("Models has no floor", "Kernels has a floor and no sources", "Layers stands on two floors");

    private static FolderGraph Graph(params (string From, string To)[] arrows)
    {
        var graph = new FolderGraph();
        foreach (var (from, to) in arrows) graph.Add(from, to, $"in {from}");
        return graph;
    }
}
