using Loquat.Layers;
using Loquat.Optimization;
using Loquat.Optimization.Rules;
using Loquat.Tests.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Training;

/// <summary>Every fixture with a trajectory: forward, backward, clipping and AdamW together give the reference's losses, step for step.</summary>
public sealed class TrajectoryTests
{
    public static TheoryData<string?> Fixtures => [.. CausalFixture.Known("trajectory.json")];

    [Theory, MemberData(nameof(Fixtures))]
    public void Losses_and_gradient_norms_follow_the_reference(string? name)
    {
        using var fixture = new CausalFixture(name);
        var trajectory = fixture.Json("trajectory.json");
        using var optimizer = new Optimizer(fixture.Model.Parameters.Select(p => new OptimizerParameter(p.Name, p.Value, WeightDecay: true)),
            new AdamWOptions { AdamBeta1 = 0.9, AdamBeta2 = 0.95, AdamEpsilon = 1e-8, WeightDecay = 0.1 });
        var losses = trajectory.GetProperty("losses").EnumerateArray().Select(e => e.GetDouble()).ToArray();
        var norms = trajectory.GetProperty("grad_norms").EnumerateArray().Select(e => e.GetDouble()).ToArray();
        for (var step = 0; step < losses.Length; step++)
        {
            using var scope = NewDisposeScope();
            var ids = CausalFixture.Ids(trajectory.GetProperty("batches")[step]);
            var labels = CausalFixture.Shifted(ids);
            var counted = labels.ge(0).sum().item<long>();
            var loss = fixture.Model.LossAndGradients(ids, labels, 1.0 / counted, new ForwardContext { Training = true }) / counted;
            var norm = optimizer.GradientNorm();
            optimizer.Step(3e-3, GradientClipping.Factor(norm, 1));
            optimizer.ZeroGrad();
            loss.Should().BeApproximately(losses[step], 2e-4, $"the loss of step {step}");
            norm.Should().BeApproximately(norms[step], 2e-3, $"the gradient norm of step {step}");
        }
    }

    [Theory, MemberData(nameof(Fixtures))]
    public void Live_tensors_stay_the_same(string? name)
    {
        using var fixture = new CausalFixture(name);
        using var optimizer = new Optimizer(fixture.Model.Parameters.Select(p => new OptimizerParameter(p.Name, p.Value, WeightDecay: true)), new AdamWOptions());
        var batch = fixture.Json("trajectory.json").GetProperty("batches")[0];
        long after10 = 0;
        for (var step = 1; step <= 20; step++)
        {
            using (NewDisposeScope())
            {
                var ids = CausalFixture.Ids(batch);
                fixture.Model.LossAndGradients(ids, CausalFixture.Shifted(ids), 1, new ForwardContext { Training = true });
                optimizer.Step(1e-3);
                optimizer.ZeroGrad();
            }
            if (step == 10) after10 = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        }
        DisposeScopeManager.Statistics.ThreadTotalLiveCount.Should().Be(after10);
    }
}
