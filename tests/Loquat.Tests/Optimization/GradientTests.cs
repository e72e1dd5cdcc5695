using Loquat.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Optimization;

public sealed class GradientTests
{
    [Fact]
    public void Norm_and_clipping_equal_the_reference()
    {
        using var fixture = new Fixture("gradients");
        var kinds = new HashSet<NormKind>();
        foreach (var entry in fixture.Cases.Where(c => c.Name.StartsWith("clip_norm", StringComparison.Ordinal)))
        {
            using var scope = NewDisposeScope();
            var kind = entry.Value.GetProperty("norm_type").ToString() switch { "1" or "1.0" => NormKind.L1, "2" or "2.0" => NormKind.L2, "inf" or "Infinity" => NormKind.Infinity, var other => throw new InvalidDataException(other) };
            kinds.Add(kind);
            // A case's name may hold points of its own.
            var prefix = $"{entry.Name}/grads.";
            var gradients = fixture.Names(prefix).ToDictionary(n => n[prefix.Length..], fixture.Tensor);
            using var optimizer = new Optimizer(gradients.Select(g => Parameter(g.Key, g.Value)));
            var norm = optimizer.GradientNorm(kind);
            norm.Should().BeApproximately(entry.Value.GetProperty("total_norm").GetDouble(), fixture.Tolerance * norm, $"of {entry.Name}");
            var factor = GradientClipping.Factor(norm, entry.Value.GetProperty("max_norm").GetDouble());
            foreach (var (name, gradient) in gradients)
                Fixture.Distance(gradient * factor, fixture.Tensor($"{entry.Name}/clipped.{name}")).Should().BeLessThanOrEqualTo(fixture.Tolerance);
        }
        kinds.Should().NotBeEmpty();
    }

    [Fact]
    public void Accumulated_gradients_weigh_every_token_alike()
    {
        using var fixture = new Fixture("gradients");
        using var scope = NewDisposeScope();
        var expected = fixture.Tensor("accumulation/grad");
        var x = fixture.Tensor("accumulation/x");
        var labels = fixture.Tensor("accumulation/labels");
        var tokens = fixture.Case("accumulation").GetProperty("tokens").EnumerateArray().Sum(v => v.GetInt32());
        foreach (var inBuffers in new[] { false, true })
        {
            var weight = fixture.Tensor("accumulation/weight").requires_grad_();
            using var optimizer = new Optimizer([new("weight", weight, WeightDecay: false)], new AdamWOptions { Beta1 = 0 });
            for (var row = 0; row < x.shape[0]; row++)
            {
                nn.functional.cross_entropy(x[row].matmul(weight.t()), labels[row], reduction: nn.Reduction.Sum).backward();
                if (inBuffers) optimizer.Accumulate();
            }
            optimizer.GradientNorm().Should().BeApproximately(expected.norm().item<float>() * tokens, 1e-4);
            optimizer.Step(0, 1.0 / tokens);
            // Without momentum the first moment is the gradient that the update used.
            Fixture.Distance(optimizer.State().Single(s => s.Name == "weight.exp_avg").Tensor, expected).Should().BeLessThanOrEqualTo(fixture.Tolerance);
        }
    }

    [Theory]
    [InlineData(1, 10, 1)]
    [InlineData(10, 1, 0.1)]
    [InlineData(0, 1, 1)]
    public void Only_a_longer_gradient_is_shortened(double norm, double maxNorm, double factor) =>
        GradientClipping.Factor(norm, maxNorm).Should().BeApproximately(factor, 1e-6);

    [Fact]
    public unsafe void Norm_does_not_depend_on_how_threads_share_the_work()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        OptimizerParameter[] parameters = [Parameter("a", randn(300, 401, generator: generator)), Parameter("b", randn(17, generator: generator)), Parameter("c", zeros(5))];
        using var optimizer = new Optimizer(parameters);
        using var set = new ParameterSet(parameters);
        set.Refresh();
        // One slice after the other, last first, on this thread alone.
        for (var i = set.SliceCount - 1; i >= 0; i--) set.Partials[i] = GradientReduction.Reduce(NormKind.L2, set.Blocks, set.Slices[i]);
        var alone = Math.Sqrt(GradientReduction.Join(NormKind.L2, 0, new ReadOnlySpan<double>(set.Partials, set.SliceCount)));
        for (var round = 0; round < 5; round++) optimizer.GradientNorm().Should().Be(alone);
        var squares = parameters.Sum(p => p.Compute.grad!.to(ScalarType.Float64).square().sum().item<double>());
        alone.Should().BeApproximately(Math.Sqrt(squares), 1e-9);
    }

    private static OptimizerParameter Parameter(string name, Tensor gradient)
    {
        var weight = zeros_like(gradient).requires_grad_();
        weight.grad = gradient;
        return new(name, weight, WeightDecay: false);
    }
}
