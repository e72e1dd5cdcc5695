using Loquat.Layers;
using Loquat.Tests.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Layers;

/// <summary>Normalizations, activations, gated units and experts of the training fixtures: values and gradients.</summary>
public sealed class LayerFixtureTests
{
    private const string Prefix = "activation_";

    public static TheoryData<string?> Activations => Cases(name => name.StartsWith(Prefix, StringComparison.Ordinal));

    public static TheoryData<string?> Units => Cases(name => Names(name, "gate", "up", "down") && !Names(name, "logits"));

    public static TheoryData<string?> Norms => Cases(name => Names(name, "x", "w", "output") && !Names(name, "y") && !Names(name, "a"));

    public static TheoryData<string?> Routes => Cases(name => Names(name, "experts", "weights") && !Names(name, "bias"));

    public static TheoryData<string?> Balances => Cases(name => name.Contains("balance", StringComparison.Ordinal));

    public static TheoryData<string?> Mixtures => Cases(name => Names(name, "gate", "up", "down", "logits"));

    [Theory, MemberData(nameof(Activations))]
    public void An_activation_and_its_derivative(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = Open(name);
        var kind = Kind(name![Prefix.Length..]);
        var x = fixture.Tensor($"{name}/x").requires_grad_(true);
        var y = Activation.Apply(x, kind);
        y.backward([ones_like(y)]);
        Close(fixture, y, $"{name}/y");
        Close(fixture, x.grad!, $"{name}/derivative");
    }

    [Theory, MemberData(nameof(Units))]
    public void A_gated_unit(string? name) => Compare(name, ["x", "gate", "up", "down"], t =>
        Linear.Apply(Activation.Gated(Linear.Apply(t[0], t[1]), Linear.Apply(t[0], t[2]), Unit(name!)), t[3]));

    [Theory, MemberData(nameof(Norms))]
    public void A_normalization(string? name)
    {
        using var fixture = Open(name);
        var epsilon = fixture.Case(name!).GetProperty("eps").GetDouble();
        var shifted = fixture.Case(name!).TryGetProperty("definition", out var definition) && definition.GetString()!.Contains("1 + w", StringComparison.Ordinal);
        var bias = fixture.Names($"{name}/b").Any();
        if (name!.Contains("rms", StringComparison.Ordinal)) Compare(name, ["x", "w"], t => RmsNorm.Apply(t[0], shifted ? t[1] + 1 : t[1], epsilon));
        else Compare(name, bias ? ["x", "w", "b"] : ["x", "w"], t => nn.functional.layer_norm(t[0], [t[0].shape[^1]], t[1], bias ? t[2] : null, epsilon));
    }

    [Theory, MemberData(nameof(Routes))]
    public void Tokens_go_to_their_experts(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = Open(name);
        var logits = fixture.Tensor($"{name}/logits").requires_grad_(true);
        var (weights, chosen) = Experts.Route(logits, fixture.Case(name!).GetProperty("top_k").GetInt32());
        chosen.data<long>().Should().Equal(fixture.Tensor($"{name}/experts").data<long>());
        Close(fixture, weights, $"{name}/weights");
        weights.backward([fixture.Tensor($"{name}/cotangent.weights")]);
        Close(fixture, logits.grad!, $"{name}/grad.logits");
    }

    [Theory, MemberData(nameof(Balances))]
    public void Balance_of_experts(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = Open(name);
        var logits = fixture.Tensor($"{name}/logits").requires_grad_(true);
        var loss = Experts.BalanceLoss(logits, fixture.Case(name!).TryGetProperty("top_k", out var k) ? k.GetInt32() : 1);
        loss.backward();
        Close(fixture, loss, $"{name}/loss");
        Close(fixture, logits.grad!, $"{name}/grad.logits");
    }

    [Theory, MemberData(nameof(Mixtures))]
    public void A_mixture_of_experts(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = Open(name);
        var (x, logits) = (fixture.Tensor($"{name}/x").requires_grad_(true), fixture.Tensor($"{name}/logits").requires_grad_(true));
        string[] parts = ["gate", "up", "down"];
        var tables = parts.ToDictionary(part => part, part => fixture.Tensor($"{name}/{part}"));
        var experts = Enumerable.Range(0, (int)tables["gate"].shape[0]).Select(i => new Expert(Of("gate", i), Of("up", i), Of("down", i))).ToList();
        var (weights, chosen) = Experts.Route(logits, fixture.Case(name!).GetProperty("top_k").GetInt32());
        var y = Experts.Apply(x, weights, chosen, experts, ActivationKind.Silu);
        Close(fixture, y, $"{name}/output");
        y.backward([fixture.Tensor($"{name}/cotangent.output")]);
        Close(fixture, x.grad!, $"{name}/grad.x");
        Close(fixture, logits.grad!, $"{name}/grad.logits");
        Close(fixture, stack(experts.Select(e => e.Gate.Value.grad!)), $"{name}/grad.gate");
        Close(fixture, stack(experts.Select(e => e.Up.Value.grad!)), $"{name}/grad.up");
        Close(fixture, stack(experts.Select(e => e.Down.Value.grad!)), $"{name}/grad.down");

        Parameter Of(string part, int expert)
        {
            var values = tables[part].select(0, expert);
            var parameter = new Parameter(new ParameterSpec(part, values.shape, Initializer.Zeros, ParameterRole.Matrix), Placement.Cpu, seed: null);
            parameter.Load(values);
            return parameter;
        }
    }

    private static void Compare(string? name, string[] inputs, Func<Tensor[], Tensor> compute)
    {
        using var scope = NewDisposeScope();
        using var fixture = Open(name);
        var tensors = inputs.Select(input => fixture.Tensor($"{name}/{input}").requires_grad_(true)).ToArray();
        var y = compute(tensors);
        Close(fixture, y, $"{name}/output");
        y.backward([fixture.Tensor($"{name}/cotangent.output")]);
        for (var i = 0; i < inputs.Length; i++) Close(fixture, tensors[i].grad!, $"{name}/grad.{inputs[i]}");
    }

    private static void Close(Fixture fixture, Tensor actual, string expected) =>
        Fixture.Distance(actual, fixture.Tensor(expected)).Should().BeLessThan(fixture.Tolerance, expected);

    private static ActivationKind Kind(string name) => ActivationNames.Find(name) ?? name switch
    {
        "gelu_quick" => ActivationKind.QuickGelu,
        "gelu_tanh" => ActivationKind.GeluNew,
        "relu_squared" => ActivationKind.Relu2,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };

    private static ActivationKind Unit(string name) => name switch
    {
        "swiglu" => ActivationKind.Silu,
        "geglu" => ActivationKind.Gelu,
        "geglu_tanh" => ActivationKind.GeluNew,
        "reglu" => ActivationKind.Relu,
        "glu" => ActivationKind.Sigmoid,
        "bilinear" => ActivationKind.Linear,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };

    private static Fixture Open(string? name)
    {
        SharedFolder.Require("fixtures", "training", name is null ? "layers.json" : "layers.safetensors");
        return new Fixture("layers");
    }

    private static bool Names(string name, params string[] tensors)
    {
        using var fixture = new Fixture("layers");
        var all = fixture.Names($"{name}/").ToHashSet();
        return tensors.All(tensor => all.Contains($"{name}/{tensor}"));
    }

    private static TheoryData<string?> Cases(Func<string, bool> chosen)
    {
        if (SharedFolder.Root is null) return [(string?)null];
        using var fixture = new Fixture("layers");
        return [.. fixture.Cases.Select(c => c.Name).Where(chosen)];
    }
}
