using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Layers;

public sealed class RmsNormTests
{
    [Theory]
    [InlineData(1, 8, ScalarType.Float32, 1e-5)]
    [InlineData(7, 33, ScalarType.Float32, 1e-5)]
    [InlineData(300, 128, ScalarType.Float32, 1e-5)]
    [InlineData(300, 65, ScalarType.BFloat16, 2e-2)]
    public void Agrees_with_its_definition(long rows, long width, ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        Gradients.AgreeWith(t => RmsNorm.Composite(t[0], t[1], 1e-5), t => RmsNorm.Apply(t[0], t[1], 1e-5), tolerance,
            Gradients.Random(type, 1, 2, rows, width), Gradients.Random(ScalarType.Float32, 2, width));
    }
}
