using Loquat.Optimization;
using Loquat.Optimization.Rules;
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
            using var optimizer = new Optimizer(gradients.Select(g => Parameter(g.Key, g.Value)), new AdamWOptions());
            var norm = optimizer.GradientNorm(kind);
            norm.Should().BeApproximately(entry.Value.GetProperty("total_norm").GetDouble(), fixture.Tolerance * norm, $"of {entry.Name}");
            var factor = GradientClipping.Factor(norm, entry.Value.GetProperty("max_norm").GetDouble());
            foreach (var (name, gradient) in gradients)
                Fixture.Distance(gradient * factor, fixture.Tensor($"{entry.Name}/clipped.{name}")).Should().BeLessThanOrEqualTo(fixture.Tolerance);
        }
        kinds.Should().NotBeEmpty();
    }

    [Fact]
    public void Values_are_clipped_as_in_the_reference()
    {
        using var fixture = new Fixture("gradients");
        foreach (var entry in fixture.Cases.Where(c => c.Value.TryGetProperty("clip_value", out _)))
        {
            using var scope = NewDisposeScope();
            var prefix = $"{entry.Name}/grads.";
            var parameters = fixture.Names(prefix).Select(n => Parameter(n[prefix.Length..], fixture.Tensor(n))).ToArray();
            using var optimizer = new Optimizer(parameters, new AdamWOptions());
            optimizer.ClipGradientValues(entry.Value.GetProperty("clip_value").GetDouble());
            foreach (var parameter in parameters) Fixture.Distance(parameter.Compute.grad!, fixture.Tensor($"{entry.Name}/clipped.{parameter.Name}")).Should().BeLessThanOrEqualTo(fixture.Tolerance);
        }
    }

    [Fact]
    public void Averages_of_weights_equal_the_reference()
    {
        using var fixture = new Fixture("gradients");
        foreach (var entry in fixture.Cases.Where(c => fixture.Names($"{c.Name}/weights").Any()))
        {
            using var scope = NewDisposeScope();
            var weights = fixture.Tensor($"{entry.Name}/weights");
            var mean = fixture.Names($"{entry.Name}/average").Single() == $"{entry.Name}/average";
            var options = mean
                ? new WeightAveraging { SwaStart = 0 }
                : new WeightAveraging { EmaDecay = entry.Value.GetProperty("decays").EnumerateArray().Select(d => d.GetDouble()).Distinct().Count() == 1 ? entry.Value.GetProperty("decays")[0].GetDouble() : 0.9999, EmaWarmup = entry.Value.GetProperty("decays").EnumerateArray().Select(d => d.GetDouble()).Distinct().Count() > 1 };
            using var average = new WeightAverage(options, [("w", weights[0])]);
            for (var t = mean ? 0 : 1; t < weights.shape[0]; t++)
            {
                average.Update(t, _ => weights[t]);
                if (!mean) Fixture.Distance(average["w"]!, fixture.Tensor($"{entry.Name}/averages")[t]).Should().BeLessThanOrEqualTo(fixture.Tolerance, $"of {entry.Name} at {t}");
            }
            if (mean) Fixture.Distance(average["w"]!, fixture.Tensor($"{entry.Name}/average")).Should().BeLessThanOrEqualTo(fixture.Tolerance);
        }
    }

    [Fact]
    public void The_gradient_noise_scale_equals_the_reference()
    {
        using var fixture = new Fixture("gradients");
        foreach (var entry in fixture.Cases.Where(c => c.Value.TryGetProperty("simple_noise_scale", out _)))
        {
            double Number(string key) => entry.Value.GetProperty(key).GetDouble();
            using var scope = NewDisposeScope();
            var examples = fixture.Tensor($"{entry.Name}/per_example");
            var (small, big) = ((long)Number("batch_small"), (long)Number("batch_big"));
            var smallSquared = examples.narrow(0, 0, big).view(-1, small, examples.shape[1]).to(ScalarType.Float64).mean([1]).square().sum(1).mean().item<double>();
            var bigSquared = examples.narrow(0, 0, big).to(ScalarType.Float64).mean([0]).square().sum().item<double>();
            var scale = GradientNoiseScale.Estimate(smallSquared, bigSquared, small, big);
            scale.Signal.Should().BeApproximately(Number("signal"), fixture.Tolerance * Math.Abs(Number("signal")));
            scale.Noise.Should().BeApproximately(Number("noise"), fixture.Tolerance * Math.Abs(Number("noise")));
            scale.Scale.Should().BeApproximately(Number("simple_noise_scale"), fixture.Tolerance);
        }
    }

    [Fact]
    public void Adaptive_clipping_shortens_rows_to_a_share_of_their_weights()
    {
        using var scope = NewDisposeScope();
        var weight = tensor(new float[] { 3, 4, 0.3f, 0.4f }, [2, 2]).requires_grad_();
        weight.grad = tensor(new float[] { 30, 40, 0.003f, 0.004f }, [2, 2]);
        using var optimizer = new Optimizer([new("w", weight, WeightDecay: false)], new AdamWOptions());
        optimizer.ClipGradientsAdaptively(0.1);
        Fixture.Distance(weight.grad!, tensor(new float[] { 0.3f, 0.4f, 0.003f, 0.004f }, [2, 2])).Should().BeLessThan(1e-6);
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
            using var optimizer = new Optimizer([new("weight", weight, WeightDecay: false)], new AdamWOptions { AdamBeta1 = 0 });
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
        using var optimizer = new Optimizer(parameters, new AdamWOptions());
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
