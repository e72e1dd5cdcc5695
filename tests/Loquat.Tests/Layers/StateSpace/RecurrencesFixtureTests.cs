using System.Text.Json;
using Loquat.Layers;
using Loquat.Layers.StateSpace;
using Loquat.Models.Mamba;
using Loquat.Tests.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Layers.StateSpace;

/// <summary>Every case of fixtures/training/recurrences, by kernels and by definitions: outputs, last states, and gradients of every input and parameter. What a case computes is told by its tensors.</summary>
public sealed class RecurrencesFixtureTests
{
    private const string Section = "recurrences";

    public static TheoryData<string?> All
    {
        get
        {
            if (SharedFolder.Root is null) return new TheoryData<string?>((string?)null);
            using var fixture = new Fixture(Section);
            return [.. fixture.Cases.Select(c => (string?)c.Name)];
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Outputs_and_gradients_are_those_of_the_reference(string? name)
    {
        SharedFolder.Require("fixtures", "training", Section + ".json");
        using var scope = NewDisposeScope();
        using var fixture = new Fixture(Section);
        foreach (var run in Ways(fixture.Case(name!), [.. fixture.Names(name + "/").Select(n => n[(name!.Length + 1)..])])) Compare(fixture, name!, run);
    }

    [Theory, MemberData(nameof(All))]
    public void A_last_state_hands_its_gradient_back(string? name)
    {
        SharedFolder.Require("fixtures", "training", Section + ".json");
        using var scope = NewDisposeScope();
        using var fixture = new Fixture(Section);
        if (!fixture.Names($"{name}/delta").Any()) return;
        // Autograd knows the outputs alone; the kernels take the gradient of a state too.
        Tensor T(string tensor) => fixture.Tensor($"{name}/{tensor}");
        var inputs = new SelectiveScan.Inputs([T("u"), T("delta") + T("bias"), T("a"), T("b"), T("c"), T("d"), T("z")], null);
        var (state, kept) = (inputs.Zeros(), empty(inputs.Batch, 1, inputs.States, inputs.Channels));
        SelectiveScan.Forward(inputs, state, kept);
        var gradients = SelectiveScan.Backward(inputs, kept, T("cotangent.output"), T("cotangent.state").transpose(1, 2).contiguous());
        foreach (var (gradient, at) in new[] { "u", "delta", "a", "b", "c", "d", "z" }.Select((g, i) => (g, i)))
            Fixture.Distance(gradients[at], T("grad." + gradient)).Should().BeLessThan(fixture.Tolerance, gradient);
        Fixture.Distance(gradients[1].sum([0L, 1L]), T("grad.bias")).Should().BeLessThan(fixture.Tolerance, "bias");
    }

    private delegate Dictionary<string, Tensor> Way(Dictionary<string, Tensor> leaves);

    /// <summary>The ways to compute a case.</summary>
    private static IEnumerable<Way> Ways(JsonElement facts, HashSet<string> names)
    {
        if (names.Contains("param.A_log"))
        {
            yield return t => new() { ["output"] = Mixer(t).Apply(t["x"], ActivationKind.Silu) };
        }
        else if (names.Contains("delta"))
        {
            // The last state has no way into autograd by the kernel: see the other test.
            yield return t =>
            {
                var state = zeros(t["u"].shape[0], t["a"].shape[1], t["a"].shape[0]);
                var y = SelectiveScan.Apply(t["u"], t["delta"] + t["bias"], t["a"], t["b"], t["c"], t["d"], t["z"], state);
                return new() { ["output"] = y, ["state only"] = state.transpose(1, 2) };
            };
        }
        else if (names.Contains("log_a_real"))
        {
            yield return t =>
            {
                var kernel = DiagonalStateSpace.Kernel(t["log_dt"], t["log_a_real"], t["a_imag"], t["c_real"], t["c_imag"], t["u"].shape[1]);
                return new() { ["kernel"] = kernel, ["output"] = DiagonalStateSpace.Apply(t["u"], kernel, t["d"]) };
            };
        }
        else if (names.Contains("decay"))
        {
            yield return t => new() { ["output"] = Wkv.Apply(-exp(t["decay"]), t["first"], t["k"], t["v"]) };
            yield return t => new() { ["output"] = Wkv.Composite(-exp(t["decay"]), t["first"], t["k"], t["v"], null, null) };
        }
        else if (names.Contains("r"))
        {
            yield return t =>
            {
                var (output, state) = LinearAttention.Apply(t["r"].unsqueeze(1), t["k"].unsqueeze(1), t["v"].unsqueeze(1), -exp(t["w"]).unsqueeze(0), t["u"].unsqueeze(0));
                return new() { ["output"] = output.squeeze(1), ["state"] = state.squeeze(1) };
            };
        }
        else if (names.Contains("beta"))
        {
            yield return t => Named(LinearAttention.Delta(t["q"], t["k"], t["v"], t["beta"]));
        }
        else if (facts.TryGetProperty("gamma", out var gamma))
        {
            var decays = tensor(gamma.EnumerateArray().Select(g => (float)Math.Log(g.GetDouble())).ToArray()).unsqueeze(1);
            yield return t => Named(LinearAttention.Apply(t["q"], t["k"], t["v"], decays));
        }
        else
        {
            names.Should().Contain(["q", "k", "v"], "these are the tensors of a recurrence that is known");
            yield return t => new() { ["output"] = LinearAttention.Normalized(t["q"], t["k"], t["v"]) };
        }
    }

    private static Dictionary<string, Tensor> Named((Tensor Output, Tensor State) result) => new() { ["output"] = result.Output, ["state"] = result.State };

    private static MambaMixer Mixer(Dictionary<string, Tensor> leaves)
    {
        return new(Affine("in_proj"), Of("conv1d.weight")!, Of("conv1d.bias"), Of("x_proj.weight")!, Affine("dt_proj"), Of("A_log")!, Of("D")!, Affine("out_proj"));

        Affine Affine(string part) => new(Of(part + ".weight")!, Of(part + ".bias"));

        Parameter? Of(string part)
        {
            if (!leaves.TryGetValue("param." + part, out var values)) return null;
            var parameter = new Parameter(new ParameterSpec(part, values.shape, Initializer.Zeros, ParameterRole.Vector), Placement.Cpu, seed: null);
            parameter.Load(values);
            leaves["param." + part] = parameter.Value;
            return parameter;
        }
    }

    /// <summary>The gradient of the sum of outputs · cotangents, for whatever the case holds.</summary>
    private static void Compare(Fixture fixture, string name, Way run)
    {
        var names = fixture.Names(name + "/").Select(n => n[(name.Length + 1)..]).ToList();
        var leaves = names.Where(n => !n.StartsWith("grad.", StringComparison.Ordinal) && !n.StartsWith("cotangent.", StringComparison.Ordinal))
            .ToDictionary(n => n, n => fixture.Tensor($"{name}/{n}").requires_grad_(true));
        var outputs = run(leaves);
        var (sum, compared, withoutState) = (zeros(1), 0, outputs.ContainsKey("state only"));
        foreach (var output in names.Where(n => n.StartsWith("cotangent.", StringComparison.Ordinal)).Select(n => n["cotangent.".Length..]))
        {
            var value = outputs.GetValueOrDefault(output) ?? outputs[output + " only"];
            Fixture.Distance(value, fixture.Tensor($"{name}/{output}")).Should().BeLessThan(fixture.Tolerance, output);
            if (outputs.ContainsKey(output)) sum += (value * fixture.Tensor($"{name}/cotangent.{output}")).sum();
        }
        sum.backward();
        foreach (var gradient in names.Where(n => n.StartsWith("grad.", StringComparison.Ordinal)).Select(n => n["grad.".Length..]))
        {
            var leaf = leaves.GetValueOrDefault(gradient) ?? leaves[$"param.{gradient}"];
            if (!withoutState) Fixture.Distance(leaf.grad!, fixture.Tensor($"{name}/grad.{gradient}")).Should().BeLessThan(fixture.Tolerance, $"gradient of {gradient}");
            compared++;
        }
        compared.Should().BePositive();
    }
}
