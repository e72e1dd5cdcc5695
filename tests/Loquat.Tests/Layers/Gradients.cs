using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Layers;

/// <summary>Compares a fused operation with its definition: values, and gradients of every input.</summary>
internal static class Gradients
{
    public static Tensor Random(ScalarType type, int seed, params long[] shape)
    {
        using var generator = new Generator((ulong)seed);
        return randn(shape, generator: generator).to(type);
    }

    public static void AgreeWith(Func<Tensor[], Tensor> definition, Func<Tensor[], Tensor> fused, double tolerance, params Tensor[] inputs)
    {
        using var scope = NewDisposeScope();
        var (expected, expectedGradients) = Run(definition, inputs);
        var (actual, actualGradients) = Run(fused, inputs);
        Close(actual, expected, tolerance, "value");
        for (var i = 0; i < inputs.Length; i++) Close(actualGradients[i], expectedGradients[i], tolerance, $"gradient of input {i}");
    }

    /// <summary>Largest difference over largest value.</summary>
    /// <param name="floor">Values below this are measured against it: what is left of a sum whose terms cancel is no larger than the rounding of them.</param>
    public static void Close(Tensor actual, Tensor expected, double tolerance, string what, double floor = 1e-3)
    {
        using var scope = NewDisposeScope();
        actual.shape.Should().Equal(expected.shape);
        var scale = Math.Max(floor, expected.to(ScalarType.Float64).abs().max().item<double>());
        var difference = (actual.to(ScalarType.Float64) - expected.to(ScalarType.Float64)).abs().max().item<double>() / scale;
        difference.Should().BeLessThanOrEqualTo(tolerance, what);
    }

    private static (Tensor Value, Tensor[] Gradients) Run(Func<Tensor[], Tensor> function, Tensor[] inputs)
    {
        var leaves = inputs.Select(t => t.detach().clone().requires_grad_(true)).ToArray();
        var y = function(leaves);
        y.backward([Random(y.dtype, 99, y.shape)]);
        return (y, [.. leaves.Select(leaf => leaf.grad!)]);
    }
}
