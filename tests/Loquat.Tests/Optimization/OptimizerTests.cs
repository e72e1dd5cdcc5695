using System.Runtime.Intrinsics;
using Loquat.Kernels;
using Loquat.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Optimization;

public sealed class OptimizerTests
{
    [Fact]
    public unsafe void AdamW_gives_the_same_bits_in_every_register_width()
    {
        const int Length = 1003;
        var results = new List<float[]>();
        foreach (var width in new[] { 1, 8, 16 })
        {
            var random = new Random(5);
            var gradient = Enumerable.Range(0, Length).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray();
            var (weights, first, second) = (gradient.Reverse().ToArray(), new float[Length], new float[Length]);
            var compute = new ushort[Length];
            fixed (float* w = weights, m = first, v = second, g = gradient)
            fixed (ushort* c = compute)
            {
                var block = new ParameterBlock { Master = w, First = m, Second = v, Gradient = g, Compute = c, RateFactor = 1, Decays = true };
                for (var step = 1; step <= 3; step++)
                {
                    var kernel = new AdamWKernel(new AdamWOptions(), step, 0.01, 0.7);
                    var slice = new Slice { Count = Length };
                    if (width == 1) kernel.Run<Lanes1, float>(&block, slice);
                    else if (width == 8) kernel.Run<Lanes256, Vector256<float>>(&block, slice);
                    else kernel.Run<Lanes512, Vector512<float>>(&block, slice);
                }
            }
            results.Add([.. weights, .. first, .. second, .. compute.Select(c => (float)c)]);
        }
        results[1].Should().Equal(results[0]);
        results[2].Should().Equal(results[0]);
    }

    [Theory]
    [InlineData(OptimizerKind.AdamW)]
    [InlineData(OptimizerKind.Muon)]
    public void The_same_steps_give_the_same_bits(OptimizerKind kind)
    {
        using var scope = NewDisposeScope();
        var results = Enumerable.Range(0, 3).Select(_ =>
        {
            var weight = Random(7, 300, 200).requires_grad_();
            using var optimizer = new Optimizer([new("w", weight, WeightDecay: true, kind)]);
            for (var step = 0; step < 3; step++)
            {
                weight.grad = Random(step, 300, 200);
                optimizer.Step(0.01);
            }
            return weight;
        }).ToArray();
        results[1].Equals(results[0]).Should().BeTrue();
        results[2].Equals(results[0]).Should().BeTrue();
    }

    [Fact]
    public unsafe void AdamW_gives_the_same_bits_however_threads_share_the_slices()
    {
        using var scope = NewDisposeScope();
        var (shared, alone) = (Random(7, 300, 200).requires_grad_(), Random(7, 300, 200).requires_grad_());
        (shared.grad, alone.grad) = (Random(1, 300, 200), Random(1, 300, 200));
        using var optimizer = new Optimizer([new("w", shared, WeightDecay: true)]);
        optimizer.Step(0.01);
        using var set = new ParameterSet([new("w", alone, WeightDecay: true)]);
        using var rule = new AdamWRule(set, new AdamWOptions());
        set.Refresh();
        for (var i = set.SliceCount - 1; i >= 0; i--) new AdamWKernel(new AdamWOptions(), 1, 0.01, 1).Run(set.Blocks, set.Slices[i]);
        alone.Equals(shared).Should().BeTrue();
    }

    [Theory]
    [InlineData(OptimizerKind.AdamW)]
    [InlineData(OptimizerKind.Muon)]
    public void Bfloat16_weights_are_their_rounded_masters_and_masters_follow_float32(OptimizerKind kind)
    {
        using var scope = NewDisposeScope();
        var start = Random(1, 33, 20);
        var narrow = start.to(ScalarType.BFloat16).requires_grad_();
        var wide = start.clone().requires_grad_();
        using var half = new Optimizer([new("w", narrow, WeightDecay: true, kind, Master: start)]);
        using var full = new Optimizer([new("w", wide, WeightDecay: true, kind)]);
        for (var step = 0; step < 5; step++)
        {
            var gradient = Random(10 + step, 33, 20).to(ScalarType.BFloat16);
            narrow.grad = gradient;
            wide.grad = gradient.to(ScalarType.Float32);
            half.Step(0.001);
            full.Step(0.001);
        }
        half.Master("w").Equals(wide).Should().BeTrue("the same float32 numbers go into the same kernel");
        narrow.Equals(half.Master("w").to(ScalarType.BFloat16)).Should().BeTrue();
    }

    [Fact]
    public void Scaled_gradients_are_scaled_in_the_step()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (Random(1, 40, 30).requires_grad_(), Random(1, 40, 30).requires_grad_());
        using var scaled = new Optimizer([new("w", a, WeightDecay: true)]);
        using var plain = new Optimizer([new("w", b, WeightDecay: true)]);
        a.grad = Random(2, 40, 30);
        b.grad = a.grad * 0.125f;
        scaled.Step(0.01, 0.125);
        plain.Step(0.01);
        a.Equals(b).Should().BeTrue();
    }

    [Fact]
    public void A_saved_state_continues_bit_for_bit()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (Model(), Model());
        using var first = new Optimizer(a);
        Run(a, first, 0, 4);
        var saved = first.State().ToDictionary(s => s.Name, s => s.Tensor.clone());
        for (var i = 0; i < a.Length; i++)
            using (no_grad()) b[i].Compute.copy_(a[i].Compute);
        using var second = new Optimizer(b);
        second.LoadState(saved);
        second.Steps.Should().Be(4);
        Run(a, first, 4, 8);
        Run(b, second, 4, 8);
        for (var i = 0; i < a.Length; i++) a[i].Compute.Equals(b[i].Compute).Should().BeTrue(a[i].Name);

        static OptimizerParameter[] Model() =>
        [
            new("head", Random(1, 21, 10).to(ScalarType.BFloat16).requires_grad_(), WeightDecay: true),
            new("matrix", Random(2, 12, 10).requires_grad_(), WeightDecay: true, OptimizerKind.Muon),
            new("narrow", Random(3, 10, 12).to(ScalarType.BFloat16).requires_grad_(), WeightDecay: true, OptimizerKind.Muon),
            new("gain", Random(4, 10).requires_grad_(), WeightDecay: false),
        ];
        static void Run(OptimizerParameter[] model, Optimizer optimizer, int from, int to)
        {
            for (var step = from; step < to; step++)
            {
                foreach (var p in model) p.Compute.grad = Random(100 + step, p.Compute.shape).to(p.Compute.dtype);
                optimizer.Step(0.01, 0.5);
                optimizer.ZeroGrad();
            }
        }
    }

    [Fact]
    public void A_state_of_another_model_is_refused_and_changes_nothing()
    {
        using var scope = NewDisposeScope();
        using var small = new Optimizer([new("w", zeros(3, 2), WeightDecay: true)]);
        using var large = new Optimizer([new("w", zeros(4, 2), WeightDecay: true)]);
        var load = () => small.LoadState(large.State().ToDictionary(s => s.Name, s => s.Tensor));
        load.Should().Throw<CheckpointException>().WithMessage("*w.exp_avg*[4, 2]*[3, 2]*");
        var none = () => small.LoadState(new Dictionary<string, Tensor>());
        none.Should().Throw<CheckpointException>().WithMessage("*step*");
    }

    [Fact]
    public void A_parameter_without_a_gradient_stays()
    {
        using var scope = NewDisposeScope();
        var (still, moving, matrix) = (ones(5, 4).requires_grad_(), ones(5, 4).requires_grad_(), ones(5, 4).requires_grad_());
        using var optimizer = new Optimizer([new("s", still, true), new("m", moving, true), new("x", matrix, true, OptimizerKind.Muon)]);
        moving.grad = ones(5, 4);
        optimizer.Step(0.1);
        (still.Equals(ones(5, 4)), matrix.Equals(ones(5, 4)), moving.Equals(ones(5, 4))).Should().Be((true, true, false));
        optimizer.ZeroGrad();
        (moving.grad is null).Should().BeTrue();
    }

    [Fact]
    public void A_step_keeps_no_tensors_and_allocates_no_managed_memory()
    {
        using var scope = NewDisposeScope();
        var weight = Random(1, 200, 100).requires_grad_();
        var gain = Random(2, 100).requires_grad_();
        using var optimizer = new Optimizer([new("w", weight, true), new("g", gain, false)]);
        weight.grad = Random(3, 200, 100);
        gain.grad = Random(3, 100);
        void Once() => optimizer.Step(1e-3, GradientClipping.Factor(optimizer.GradientNorm(), 1));
        for (var i = 0; i < 50; i++) Once();
        var live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) Once();
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(100 * 64, "a step of two parameters may not allocate per tensor");
        DisposeScopeManager.Statistics.ThreadTotalLiveCount.Should().Be(live);
    }

    [Fact]
    public void A_gradient_in_another_order_is_refused()
    {
        using var scope = NewDisposeScope();
        var weight = ones(3, 2);
        using var optimizer = new Optimizer([new("w", weight, WeightDecay: true)]);
        weight.grad = ones(2, 3).t();
        var step = () => optimizer.Step(0.1);
        step.Should().Throw<InvalidOperationException>().WithMessage("*contiguous*");
    }

    [Fact]
    public void Wrong_parameters_are_named()
    {
        using var scope = NewDisposeScope();
        var build = (OptimizerParameter p) => () => new Optimizer([p]).Dispose();
        build(new("w", zeros(3, ScalarType.Int64), true)).Should().Throw<ArgumentException>().WithMessage("*'w'*Int64*");
        build(new("w", zeros(3, 2).t(), true)).Should().Throw<ArgumentException>().WithMessage("*'w'*contiguous*");
        build(new("w", zeros(3), true, OptimizerKind.Muon)).Should().Throw<ArgumentException>().WithMessage("*'w'*Muon*");
        var twice = () => new Optimizer([new("w", zeros(3), true), new("w", zeros(3), true)]).Dispose();
        twice.Should().Throw<ArgumentException>().WithMessage("*'w'*");
        var options = () => new Optimizer([new("w", zeros(3), true)], new AdamWOptions { Beta2 = 1 }).Dispose();
        options.Should().Throw<OptionsException>().WithMessage("*beta2*");
    }

    private static Tensor Random(int seed, params long[] shape)
    {
        using var generator = new Generator((ulong)seed);
        return randn(shape, generator: generator);
    }
}
