using System.Text.Json;
using Loquat.Layers;
using Loquat.Tests.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Layers;

/// <summary>Self-attention of decoders over queries, keys and values: outputs and gradients of every case of the training fixtures that is one.</summary>
public sealed class AttentionFixtureTests
{
    public static TheoryData<string?> Cases
    {
        get
        {
            if (SharedFolder.Root is null) return [(string?)null];
            using var fixture = new Fixture("attention");
            // Biases by distance and relative memories belong to no family that is built; scores between two networks have tests of their own.
            return [.. fixture.Cases.Select(c => c.Name).Where(name => Has(fixture, name, "q") && !Has(fixture, name, "slopes") && !Has(fixture, name, "r"))];
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Outputs_and_gradients_are_those_of_the_reference(string? name)
    {
        SharedFolder.Require("fixtures", "training", "attention.json");
        using var scope = NewDisposeScope();
        using var fixture = new Fixture("attention");
        var settings = fixture.Case(name!);
        var inputs = new[] { "q", "k", "v", "sinks", "wq", "wk" }.Where(input => Has(fixture, name!, input)).ToDictionary(input => input, input => fixture.Tensor($"{name}/{input}").requires_grad_(true));
        Tensor Tokens(string input) => inputs[input].transpose(1, 2);                       // (B, T, H, D)
        var (q, k, v) = (Tokens("q"), Tokens("k"), Tokens("v"));
        if (inputs.TryGetValue("wq", out var gain)) (q, k) = (RmsNorm.Apply(q, gain, Number(settings, "eps")!.Value), RmsNorm.Apply(k, inputs["wk"], Number(settings, "eps")!.Value));

        var causal = !name!.Contains("bidirectional", StringComparison.Ordinal);
        var (tokens, past) = (q.shape[1], k.shape[1] - q.shape[1]);
        using var seen = new KvCache(1, q.shape[0], k.shape[2], k.shape[1], q.shape[3], Placement.Cpu);
        seen.Advance(past);
        var window = (long?)Number(settings, "window");
        var bias = Attention.Bias(new ForwardContext
        {
            Cache = past > 0 ? seen : null,
            AttentionMask = Has(fixture, name, "mask") ? fixture.Tensor($"{name}/mask") : null,
            Prefix = Number(settings, "prefix") is { } prefix ? full(q.shape[0], (long)prefix, dtype: ScalarType.Int64) : null,
        }, tokens, Placement.Cpu, causal, window);
        var y = Attention.Apply(q, k, v, new ForwardContext(), 0, bias, new AttentionSettings
        {
            Causal = causal,
            Window = window,
            SoftCap = Number(settings, "softcap"),
            Sinks = inputs.GetValueOrDefault("sinks"),
        });
        y = y.view(q.shape[0], tokens, q.shape[2], q.shape[3]).transpose(1, 2);             // (B, H, T, D)
        Fixture.Distance(y, fixture.Tensor($"{name}/output")).Should().BeLessThan(fixture.Tolerance);
        y.backward([fixture.Tensor($"{name}/cotangent.output")]);
        foreach (var (input, value) in inputs) Fixture.Distance(value.grad!, fixture.Tensor($"{name}/grad.{input}")).Should().BeLessThan(fixture.Tolerance, input);
    }

    private static bool Has(Fixture fixture, string name, string tensor) => fixture.Names($"{name}/{tensor}").Contains($"{name}/{tensor}");

    private static double? Number(JsonElement settings, string key) => settings.TryGetProperty(key, out var value) ? value.GetDouble() : null;
}
