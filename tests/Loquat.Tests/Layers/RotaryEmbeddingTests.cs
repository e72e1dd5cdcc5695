using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Layers;

public sealed class RotaryEmbeddingTests
{
    [Theory]
    [InlineData(16, 0, false, ScalarType.Float32, 1e-5)]
    [InlineData(10, 3, false, ScalarType.Float32, 1e-5)]
    [InlineData(64, 0, true, ScalarType.BFloat16, 2e-2)]
    [InlineData(6, 0, true, ScalarType.Float32, 1e-5)]
    public void Rotation_agrees_with_its_definition(int headSize, long offset, bool positions, ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var rotary = new RotaryEmbedding(headSize, 64, new RopeParameters(), CPU);
        var at = positions ? tensor(new long[] { 5, 1, 60, 0, 0, 9, 2, 3, 4, 30 }).view(2, 5) : null;
        Gradients.AgreeWith(t => rotary.Composite(t[0], at, offset, null, 1e-6), t => rotary.Apply(t[0], at, offset, null, 1e-6), tolerance,
            Gradients.Random(type, 1, 2, 5, 3, headSize));
    }

    [Theory]
    [InlineData(16, ScalarType.Float32, 1e-5)]
    [InlineData(22, ScalarType.Float32, 1e-5)]
    [InlineData(64, ScalarType.BFloat16, 3e-2)]
    public void Normalized_rotation_agrees_with_its_definition(int headSize, ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var rotary = new RotaryEmbedding(headSize, 64, new RopeParameters(), CPU);
        Gradients.AgreeWith(t => rotary.Composite(t[0], null, 2, t[1], 1e-6), t => rotary.Apply(t[0], null, 2, t[1], 1e-6), tolerance,
            Gradients.Random(type, 1, 2, 9, 3, headSize), Gradients.Random(ScalarType.Float32, 2, headSize));
    }
}
