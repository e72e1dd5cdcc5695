using System.Text.Json;
using Loquat.Layers;
using Loquat.Layers.Recurrent;
using Loquat.Tests.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Layers.Recurrent;

/// <summary>Every case of fixtures/training/recurrent, by the kernels and by the definition: outputs, last states, and gradients of every input and parameter.</summary>
public sealed class RecurrentParityTests
{
    private const string Section = "recurrent";

    public static TheoryData<string?> Stacks => Cases(c => Reference(c) is "torch.nn.RNN" or "torch.nn.LSTM" or "torch.nn.GRU");

    public static TheoryData<string?> Peepholes => Cases(c => c.Value.TryGetProperty("definition", out var text) && text.GetString()!.Contains("peep", StringComparison.Ordinal));

    public static TheoryData<string?> WeightDrops => Cases(c => c.Value.TryGetProperty("definition", out var text) && text.GetString()!.Contains("weight_hh * mask", StringComparison.Ordinal));

    public static TheoryData<string?> RowDrops => [.. TrainingSection.Cases(Section, names => names.IsSupersetOf(["alive", "table", "ids"]))];

    public static TheoryData<string?> AdaptiveSoftmaxes => Cases(c => Reference(c) is "torch.nn.AdaptiveLogSoftmaxWithLoss");

    [Theory, MemberData(nameof(Stacks))]
    public void Layers_are_those_of_the_reference(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new Fixture(Section);
        var facts = fixture.Case(name!);
        var arguments = facts.GetProperty("arguments");
        var (layers, both) = (Number(arguments, "num_layers", 1), arguments.TryGetProperty("bidirectional", out var flag) && flag.GetBoolean());
        var kind = Reference(name!, fixture) switch
        {
            "torch.nn.LSTM" => RecurrentCell.Lstm,
            "torch.nn.GRU" => RecurrentCell.Gru,
            _ => arguments.TryGetProperty("nonlinearity", out var function) && function.GetString() == "relu" ? RecurrentCell.RnnRelu : RecurrentCell.RnnTanh,
        };
        var lengths = facts.TryGetProperty("lengths", out var given) ? given.EnumerateArray().Select(e => e.GetInt64()).ToArray() : null;
        foreach (var definition in (bool[])[true, false])
        {
            var leaves = Leaves(fixture, name!);
            Tensor? State(string key, int place) => leaves.TryGetValue(key, out var states) ? states[place] : null;
            var x = leaves["x"].transpose(0, 1).contiguous();
            var (hidden, cells) = (new List<Tensor>(), new List<Tensor>());
            Tensor? counts = lengths is null ? null : arange(x.shape[0]).unsqueeze(1).lt(tensor(lengths).unsqueeze(0)).to(ScalarType.Float32).unsqueeze(-1);
            if (definition && counts is null) counts = ones(x.shape[0], x.shape[1], 1);    // padding of which there is none: only the definition knows any
            for (var layer = 0; layer < layers; layer++)
            {
                var place = layer * (both ? 2 : 1);
                RecurrentOutput[] ends;
                if (both)
                {
                    var (output, there, back) = Recurrence.ApplyBoth(kind, x, (Weights(leaves, $"l{layer}"), Weights(leaves, $"l{layer}_reverse")), (State("h0", place), State("h0", place + 1)), (State("c0", place), State("c0", place + 1)), counts);
                    (x, ends) = (output, [there, back]);
                }
                else
                {
                    var output = Recurrence.Apply(kind, x, Weights(leaves, $"l{layer}"), State("h0", place), State("c0", place), counts: counts);
                    (x, ends) = (output.Output, [output]);
                }
                hidden.AddRange(ends.Select(e => e.Hidden));
                cells.AddRange(ends.Where(e => e.Cell is not null).Select(e => e.Cell!));
            }
            Compare(fixture, name!, leaves, new() { ["output"] = x.transpose(0, 1), ["h_n"] = stack(hidden), ["c_n"] = cells.Count > 0 ? stack(cells) : x });
        }
    }

    [Theory, MemberData(nameof(Peepholes))]
    public void Peepholes_are_those_of_the_reference(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new Fixture(Section);
        foreach (var definition in (bool[])[true, false])
        {
            var leaves = Leaves(fixture, name!);
            var x = leaves["x"].transpose(0, 1).contiguous();
            var weights = new RecurrentWeights(leaves["wx"], leaves["wh"], leaves["b"], zeros_like(leaves["b"]), Peepholes: leaves["peep"]);
            var output = Recurrence.Apply(RecurrentCell.Lstm, x, weights, counts: definition ? ones(x.shape[0], x.shape[1], 1) : null);
            Compare(fixture, name!, leaves, new() { ["output"] = output.Output.transpose(0, 1), ["c_n"] = output.Cell! });
        }
    }

    [Theory, MemberData(nameof(WeightDrops))]
    public void Weight_drop_and_locked_dropout_are_those_of_the_reference(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new Fixture(Section);
        var keep = fixture.Case(name!).GetProperty("keep").GetDouble();
        var leaves = Leaves(fixture, name!);
        var x = (leaves["x"] * leaves["locked_mask"] / keep).transpose(0, 1).contiguous();
        var weights = Weights(leaves, "l0");
        var output = Recurrence.Apply(RecurrentCell.Lstm, x, weights with { Hidden = weights.Hidden * leaves["weight_mask"] / keep });
        Compare(fixture, name!, leaves, new() { ["output"] = output.Output.transpose(0, 1) });
    }

    [Theory, MemberData(nameof(RowDrops))]
    public void Dropped_rows_of_a_table_are_those_of_the_reference(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new Fixture(Section);
        var keep = fixture.Case(name!).GetProperty("keep").GetDouble();
        var ids = fixture.Tensor($"{name}/ids");
        var table = new Parameter(new ParameterSpec("table", fixture.Tensor($"{name}/table").shape, Initializer.Zeros, ParameterRole.Embedding), Placement.Cpu, seed: null);
        table.Load(fixture.Tensor($"{name}/table"));
        var factors = (fixture.Tensor($"{name}/alive") / keep).index_select(0, ids.view(-1)).view(ids.shape[0], ids.shape[1], 1);
        Fixture.Distance(EmbeddingTable.Lookup(table, ids) * factors, fixture.Tensor($"{name}/output")).Should().BeLessThan(fixture.Tolerance);
        EmbeddingTable.AccumulateGradient(table, ids, fixture.Tensor($"{name}/cotangent.output") * factors);
        Fixture.Distance(table.Value.grad!, fixture.Tensor($"{name}/grad.table")).Should().BeLessThan(fixture.Tolerance);
    }

    [Theory, MemberData(nameof(AdaptiveSoftmaxes))]
    public void An_adaptive_softmax_is_that_of_the_reference(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new Fixture(Section);
        var arguments = fixture.Case(name!).GetProperty("arguments");
        var leaves = Leaves(fixture, name!);
        List<int> ends = [.. arguments.GetProperty("cutoffs").EnumerateArray().Select(c => c.GetInt32()), Number(arguments, "n_classes", 0)];
        var softmax = new AdaptiveSoftmax(ends, new(Of("head.weight"), leaves.ContainsKey("param.head.bias") ? Of("head.bias") : null), [.. Enumerable.Range(0, ends.Count - 1).Select(i => (Of($"tail.{i}.0.weight"), Of($"tail.{i}.1.weight")))]);
        for (var i = 0; i < softmax.Tails.Count; i++)
            AdaptiveSoftmax.TailWidth((int)leaves["x"].shape[1], arguments.GetProperty("div_value").GetDouble(), i).Should().Be((int)softmax.Tails[i].Down.Value.shape[0]);
        var targets = fixture.Tensor($"{name}/targets");
        Compare(fixture, name!, leaves, new() { ["log_prob"] = softmax.LogProbabilities(leaves["x"]), ["target_log_prob"] = softmax.LogProbabilities(leaves["x"], targets), ["loss"] = -softmax.LogProbabilities(leaves["x"], targets).mean() });

        // Loss and gradient in one visit.
        var x = fixture.Tensor($"{name}/x");
        var gradient = empty_like(x);
        var losses = new double[x.shape[0]];
        (softmax.CrossEntropy(x, targets, 1, gradient, losses) / x.shape[0]).Should().BeApproximately(fixture.Tensor($"{name}/loss").item<float>(), 1e-5);
        Fixture.Distance(tensor(losses), -fixture.Tensor($"{name}/target_log_prob")).Should().BeLessThan(fixture.Tolerance);
        var again = fixture.Tensor($"{name}/x").requires_grad_(true);
        (-softmax.LogProbabilities(again, targets)).sum().backward();
        Fixture.Distance(gradient, again.grad!).Should().BeLessThan(fixture.Tolerance);

        Parameter Of(string part)
        {
            var values = leaves[$"param.{part}"];
            var parameter = new Parameter(new ParameterSpec(part, values.shape, Initializer.Zeros, ParameterRole.Output), Placement.Cpu, seed: null);
            parameter.Load(values);
            leaves[$"param.{part}"] = parameter.Value;
            return parameter;
        }
    }

    private static RecurrentWeights Weights(Dictionary<string, Tensor> leaves, string suffix)
    {
        Tensor? Optional(string name) => leaves.GetValueOrDefault($"param.{name}_{suffix}");
        return new(leaves[$"param.weight_ih_{suffix}"], leaves[$"param.weight_hh_{suffix}"], Optional("bias_ih"), Optional("bias_hh"), Optional("weight_hr"));
    }

    private static Dictionary<string, Tensor> Leaves(Fixture fixture, string name) => fixture.Names(name + "/").Select(n => n[(name.Length + 1)..])
        .Where(n => !n.StartsWith("grad.", StringComparison.Ordinal) && !n.StartsWith("cotangent.", StringComparison.Ordinal))
        .ToDictionary(n => n, n => fixture.Tensor($"{name}/{n}") is var tensor && tensor.is_floating_point() ? tensor.requires_grad_(true) : tensor);

    /// <summary>The gradient of the sum of outputs · cotangents, for whatever the case holds.</summary>
    private static void Compare(Fixture fixture, string name, Dictionary<string, Tensor> leaves, Dictionary<string, Tensor> outputs)
    {
        var names = fixture.Names(name + "/").Select(n => n[(name.Length + 1)..]).ToList();
        var sum = zeros(1);
        var compared = 0;
        foreach (var output in names.Where(n => n.StartsWith("cotangent.", StringComparison.Ordinal)).Select(n => n["cotangent.".Length..]))
        {
            Fixture.Distance(outputs[output], fixture.Tensor($"{name}/{output}")).Should().BeLessThan(fixture.Tolerance, output);
            sum += (outputs[output] * fixture.Tensor($"{name}/cotangent.{output}")).sum();
        }
        // A scalar has no cotangent: it counts with 1.
        foreach (var (output, value) in outputs.Where(o => o.Value.dim() == 0 && names.Contains(o.Key)))
        {
            Fixture.Distance(value, fixture.Tensor($"{name}/{output}")).Should().BeLessThan(fixture.Tolerance, output);
            sum += value;
        }
        sum.backward();
        foreach (var gradient in names.Where(n => n.StartsWith("grad.", StringComparison.Ordinal)).Select(n => n["grad.".Length..]))
        {
            var leaf = leaves.GetValueOrDefault(gradient) ?? leaves[$"param.{gradient}"];
            Fixture.Distance(leaf.grad!, fixture.Tensor($"{name}/grad.{gradient}")).Should().BeLessThan(fixture.Tolerance, $"gradient of {gradient}");
            compared++;
        }
        compared.Should().BePositive();
    }

    private static TheoryData<string?> Cases(Func<JsonProperty, bool> wanted)
    {
        if (SharedFolder.Root is null) return new TheoryData<string?>((string?)null);
        using var fixture = new Fixture(Section);
        var names = fixture.Cases.Where(wanted).Select(c => (string?)c.Name).ToList();
        return names.Count > 0 ? [.. names] : new TheoryData<string?>((string?)null);
    }

    private static string? Reference(JsonProperty facts) => facts.Value.TryGetProperty("reference", out var text) ? text.GetString() : null;

    private static string? Reference(string name, Fixture fixture) => fixture.Case(name).GetProperty("reference").GetString();

    private static int Number(JsonElement arguments, string key, int fallback) => arguments.TryGetProperty(key, out var value) ? value.GetInt32() : fallback;
}
