using Loquat.Layers;
using Loquat.Tests.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Layers;

public sealed class RotaryEmbeddingTests
{
    public static TheoryData<string?> Rotations
    {
        get
        {
            if (SharedFolder.Root is null) return [(string?)null];
            using var fixture = new Fixture("positions");
            // Those of the half-split layout, in which Hugging Face keeps weights; the other one pairs neighbors.
            return [.. fixture.Cases.Where(c => c.Value.TryGetProperty("positions", out _) && !c.Value.TryGetProperty("to_interleaved", out _)).Select(c => c.Name)];
        }
    }

    [Theory, MemberData(nameof(Rotations))]
    public void Rotations_are_those_of_the_reference(string? name)
    {
        SharedFolder.Require("fixtures", "training", "positions.json");
        using var scope = NewDisposeScope();
        using var fixture = new Fixture("positions");
        var settings = fixture.Case(name!);
        var x = fixture.Tensor($"{name}/x").requires_grad_(true);                       // (B, H, T, D)
        var at = tensor(settings.GetProperty("positions").EnumerateArray().Select(p => p.GetInt64()).ToArray()).unsqueeze(0).expand(x.shape[0], -1).contiguous();
        var share = settings.TryGetProperty("rotated", out var rotated) ? rotated.GetDouble() / x.shape[3] : 1;
        var theta = settings.TryGetProperty("base", out var given) ? given.GetDouble() : 10_000;
        using var rotary = new RotaryEmbedding((int)x.shape[3], 64, new RopeParameters { RopeTheta = theta, PartialRotaryFactor = share }, CPU);
        var y = rotary.Apply(x.transpose(1, 2), at, 0, null, 0).transpose(1, 2);
        y.backward([fixture.Tensor($"{name}/cotangent.output")]);
        Fixture.Distance(y, fixture.Tensor($"{name}/output")).Should().BeLessThan(1e-6);
        Fixture.Distance(x.grad!, fixture.Tensor($"{name}/grad.x")).Should().BeLessThan(1e-6);
    }

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
