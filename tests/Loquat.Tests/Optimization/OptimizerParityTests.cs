using System.Text.Json;
using Loquat.Optimization;
using static TorchSharp.torch;

namespace Loquat.Tests.Optimization;

/// <summary>Trajectories of the reference implementations, every variant that has an update rule here.</summary>
public sealed class OptimizerParityTests
{
    private static (AdamWOptions AdamW, MuonOptions Muon, OptimizerKind Kind)? OptionsOf(JsonProperty entry)
    {
        if (!entry.Value.TryGetProperty("hyperparameters", out var h)) return null;
        double Number(string key) => h.GetProperty(key).GetDouble();
        if (entry.Name.StartsWith("muon", StringComparison.Ordinal))
        {
            return (new AdamWOptions(), new MuonOptions
            {
                Momentum = Number("momentum"),
                WeightDecay = Number("weight_decay"),
                Epsilon = Number("eps"),
                NewtonSchulzSteps = h.GetProperty("ns_steps").GetInt32(),
                Nesterov = h.GetProperty("nesterov").GetBoolean(),
                Scale = h.GetProperty("adjust_lr_fn").GetString() == "original" ? MuonScale.Original : MuonScale.MatchRmsAdamW,
                Precision = entry.Name.EndsWith("bfloat16", StringComparison.Ordinal) ? MuonPrecision.BFloat16 : MuonPrecision.Float32,
            }, OptimizerKind.Muon);
        }
        // Decoupled decay and plain Adam without decay are the same rule; AMSGrad and L2 are others.
        if (entry.Name is not ("adam" or "adamw")) return null;
        return (new AdamWOptions
        {
            Beta1 = h.GetProperty("betas")[0].GetDouble(),
            Beta2 = h.GetProperty("betas")[1].GetDouble(),
            Epsilon = Number("eps"),
            WeightDecay = h.TryGetProperty("weight_decay", out var decay) ? decay.GetDouble() : 0,
        }, new MuonOptions(), OptimizerKind.AdamW);
    }

    [Fact]
    public void Trajectories_and_states_equal_the_reference()
    {
        using var fixture = new Fixture("optimizers");
        var kinds = new HashSet<(OptimizerKind, MuonPrecision, MuonScale, bool)>();
        foreach (var entry in fixture.Cases)
        {
            if (OptionsOf(entry) is not { } options) continue;
            kinds.Add((options.Kind, options.Muon.Precision, options.Muon.Scale, options.Muon.Nesterov));
            using var scope = NewDisposeScope();
            var tolerance = entry.Value.GetProperty("tolerance").GetDouble();
            var rate = entry.Value.GetProperty("hyperparameters").GetProperty("lr").GetDouble();
            var names = entry.Value.GetProperty("parameters").EnumerateArray().Select(p => p.GetString()!).ToArray();
            var weights = names.ToDictionary(n => n, n => fixture.Tensor($"shared/start.{n}").requires_grad_());
            var gradients = names.ToDictionary(n => n, n => fixture.Tensor($"shared/grads.{n}"));
            using var optimizer = new Optimizer(names.Select(n => new OptimizerParameter(n, weights[n], WeightDecay: true, options.Kind)), options.AdamW, options.Muon);
            for (var step = 1; step <= gradients[names[0]].shape[0]; step++)
            {
                foreach (var name in names) weights[name].grad = gradients[name][step - 1].clone();
                optimizer.Step(rate);
                optimizer.ZeroGrad();
                var prefix = $"{entry.Name}/step{step}.";
                foreach (var name in fixture.Names(prefix))
                    Fixture.Distance(weights[name[prefix.Length..]], fixture.Tensor(name)).Should().BeLessThanOrEqualTo(tolerance, $"of {name}");
            }
            foreach (var (name, state) in optimizer.State().Where(s => s.Name != "step"))
                Fixture.Distance(state, fixture.Tensor($"{entry.Name}/state.{name}")).Should().BeLessThanOrEqualTo(tolerance, $"of the state {name} of {entry.Name}");
        }
        kinds.Should().HaveCountGreaterThanOrEqualTo(5, "AdamW and each variant of Muon have a reference");
    }

    [Fact]
    public void Newton_Schulz_equals_the_reference_and_flattens_the_spectrum()
    {
        using var fixture = new Fixture("optimizers");
        var found = 0;
        foreach (var entry in fixture.Cases.Where(c => c.Name.StartsWith("newton_schulz", StringComparison.Ordinal)))
        {
            using var scope = NewDisposeScope();
            var input = fixture.Tensor($"{entry.Name}/input");
            var output = NewtonSchulz.Orthogonalize((input / linalg.norm(input)).unsqueeze(0), entry.Value.GetProperty("iterations").GetInt32())[0];
            Fixture.Distance(output, fixture.Tensor($"{entry.Name}/output")).Should().BeLessThanOrEqualTo(entry.Value.GetProperty("tolerance").GetDouble(), $"of {entry.Name}");
            found++;
        }
        found.Should().BePositive();
    }
}
