using System.Runtime.Intrinsics;
using Loquat.Kernels;
using Loquat.Optimization;
using Loquat.Optimization.Rules;
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
                    var kernel = new ElementKernel<AdamStep>(new AdamStep(new AdamWOptions(), step, amsgrad: false, decoupled: true), 0.01, 0.7);
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
    [MemberData(nameof(Rules))]
    public void The_same_steps_give_the_same_bits(string rule)
    {
        using var scope = NewDisposeScope();
        var results = Enumerable.Range(0, 3).Select(_ =>
        {
            var weight = Random(7, 300, 200).requires_grad_();
            using var optimizer = new Optimizer([new("w", weight, WeightDecay: true)], KnownRules.Find(rule)!);
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
        using var optimizer = new Optimizer([new("w", shared, WeightDecay: true)], new AdamWOptions());
        optimizer.Step(0.01);
        using var set = new ParameterSet([new("w", alone, WeightDecay: true)]);
        using var rule = new AdamWOptions().Create(set);
        set.Refresh();
        var kernel = new ElementKernel<AdamStep>(new AdamStep(new AdamWOptions(), 1, amsgrad: false, decoupled: true), 0.01, 1);
        for (var i = set.SliceCount - 1; i >= 0; i--) kernel.Run(set.Blocks, set.Slices[i]);
        alone.Equals(shared).Should().BeTrue();
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Bfloat16_weights_are_their_rounded_masters_and_masters_follow_float32(string type)
    {
        using var scope = NewDisposeScope();
        var start = Random(1, 33, 20);
        var narrow = start.to(ScalarType.BFloat16).requires_grad_();
        var wide = start.clone().requires_grad_();
        var rule = KnownRules.Find(type)!;
        if (rule is MuonOptions muon) rule = muon with { Precision = MuonPrecision.Float32 };
        using var half = new Optimizer([new("w", narrow, WeightDecay: true, Master: start)], rule);
        using var full = new Optimizer([new("w", wide, WeightDecay: true)], rule);
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
        using var scaled = new Optimizer([new("w", a, WeightDecay: true)], new AdamWOptions());
        using var plain = new Optimizer([new("w", b, WeightDecay: true)], new AdamWOptions());
        a.grad = Random(2, 40, 30);
        b.grad = a.grad * 0.125f;
        scaled.Step(0.01, 0.125);
        plain.Step(0.01);
        a.Equals(b).Should().BeTrue();
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void A_saved_state_continues_bit_for_bit(string type)
    {
        using var scope = NewDisposeScope();
        var rule = KnownRules.Find(type)!;
        var (a, b) = (Model(rule), Model(rule));
        using var first = new Optimizer(a, rule);
        Run(a, first, rule, 0, 4);
        var saved = first.State().ToDictionary(s => s.Name, s => s.Tensor.clone());
        for (var i = 0; i < a.Length; i++)
            using (no_grad()) b[i].Compute.copy_(a[i].Compute);
        using var second = new Optimizer(b, rule);
        second.LoadState(saved);
        second.Steps.Should().Be(4);
        Run(a, first, rule, 4, 14);
        Run(b, second, rule, 4, 14);
        for (var i = 0; i < a.Length; i++) a[i].Compute.Equals(b[i].Compute).Should().BeTrue(a[i].Name);
        foreach (var (left, right) in first.State().Zip(second.State())) left.Tensor.Equals(right.Tensor).Should().BeTrue(left.Name);

        static OptimizerParameter[] Model(RuleOptions rule) =>
        [
            new("head", Random(1, 21, 10).to(ScalarType.BFloat16).requires_grad_(), WeightDecay: true, rule.Rest),
            new("matrix", Random(2, 12, 10).requires_grad_(), WeightDecay: true),
            new("narrow", Random(3, 10, 12).to(ScalarType.BFloat16).requires_grad_(), WeightDecay: true),
            new("gain", Random(4, 10).requires_grad_(), WeightDecay: false, rule.Rest),
        ];
        static void Run(OptimizerParameter[] model, Optimizer optimizer, RuleOptions rule, int from, int to)
        {
            for (var step = from; step < to; step++)
            {
                foreach (var p in model) p.Compute.grad = Random(100 + step, p.Compute.shape).to(p.Compute.dtype);
                optimizer.Step(0.01, 0.5);
                optimizer.ZeroGrad();
                if (rule.Curvature == CurvatureEstimate.None || step % 3 > 0) continue;
                foreach (var p in model) p.Compute.grad = Random(200 + step, p.Compute.shape).to(p.Compute.dtype);
                optimizer.UpdateCurvature(tokens: 64);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void A_rule_finds_the_bottom_of_a_bowl(string type)
    {
        using var scope = NewDisposeScope();
        var rule = KnownRules.Find(type)! with { WeightDecay = 0 };
        var (weight, goal) = (Random(1, 6, 4).requires_grad_(), Random(2, 6, 4));
        using var optimizer = new Optimizer([new("w", weight, WeightDecay: true)], rule);
        var start = Height();
        for (var step = 0; step < 400; step++)
        {
            weight.grad = (weight - goal).detach();
            optimizer.Step(rule.LearningRate);
            if (rule.Curvature == CurvatureEstimate.None || step % rule.CurvatureSteps > 0) continue;
            weight.grad = ones_like(weight).detach();
            optimizer.UpdateCurvature(tokens: 1);
        }
        Height().Should().BeLessThan(0.999 * start);

        double Height() => (weight - goal).square().sum().item<float>();
    }

    public static TheoryData<string> Rules => [.. KnownRules.Types];

    [Fact]
    public void A_state_of_another_model_is_refused_and_changes_nothing()
    {
        using var scope = NewDisposeScope();
        using var small = new Optimizer([new("w", zeros(3, 2), WeightDecay: true)], new AdamWOptions());
        using var large = new Optimizer([new("w", zeros(4, 2), WeightDecay: true)], new AdamWOptions());
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
        using var optimizer = new Optimizer([new("s", still, true), new("m", moving, true), new("x", matrix, true, new MuonOptions())], new AdamWOptions());
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
        using var optimizer = new Optimizer([new("w", weight, true), new("g", gain, false)], new AdamWOptions());
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
        using var optimizer = new Optimizer([new("w", weight, WeightDecay: true)], new AdamWOptions());
        weight.grad = ones(2, 3).t();
        var step = () => optimizer.Step(0.1);
        step.Should().Throw<InvalidOperationException>().WithMessage("*contiguous*");
    }

    [Fact]
    public void Wrong_parameters_are_named()
    {
        using var scope = NewDisposeScope();
        var build = (OptimizerParameter p) => () => new Optimizer([p], new AdamWOptions()).Dispose();
        build(new("w", zeros(3, ScalarType.Int64), true)).Should().Throw<ArgumentException>().WithMessage("*'w'*Int64*");
        build(new("w", zeros(3, 2).t(), true)).Should().Throw<ArgumentException>().WithMessage("*'w'*contiguous*");
        build(new("w", zeros(3), true, new MuonOptions())).Should().Throw<ArgumentException>().WithMessage("*'w'*Muon*");
        var twice = () => new Optimizer([new("w", zeros(3), true), new("w", zeros(3), true)], new AdamWOptions()).Dispose();
        twice.Should().Throw<ArgumentException>().WithMessage("*'w'*");
        var options = () => new Optimizer([new("w", zeros(3), true)], new AdamWOptions { AdamBeta2 = 1 }).Dispose();
        options.Should().Throw<OptionsException>().WithMessage("*adam_beta2*");
    }

    private static Tensor Random(int seed, params long[] shape)
    {
        using var generator = new Generator((ulong)seed);
        return randn(shape, generator: generator);
    }
}
