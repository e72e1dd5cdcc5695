using System.Text.Json;
using Loquat.Layers;
using Loquat.Tests.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Layers;

/// <summary>The cases of fixtures/training layers, attention and positions that no family is built of yet: values and gradients.</summary>
public sealed class OtherLayerFixtureTests
{
    public static TheoryData<string?> ScaleNorms => Of("layers", names => names.Contains("g"));

    public static TheoryData<string?> DynamicTanhs => Of("layers", names => names.IsSupersetOf(["a", "w", "b", "output"]));

    public static TheoryData<string?> DeepNorms => Of("layers", names => names.IsSupersetOf(["x", "y", "w", "b", "output"]));

    public static TheoryData<string?> SigmoidRouters => Of("layers", names => names.IsSupersetOf(["logits", "bias", "experts"]));

    public static TheoryData<string?> Capacities => Of("layers", names => names.IsSupersetOf(["kept", "place", "expert"]));

    public static TheoryData<string?> ZLosses => Named("layers", name => name.Contains("z_loss", StringComparison.Ordinal));

    public static TheoryData<string?> DeepNormTables => Facts("layers", facts => facts.TryGetProperty("table", out _));

    public static TheoryData<string?> SlopeTables => Of("attention", names => names.SetEquals(["slopes"]));

    public static TheoryData<string?> Alibis => Of("attention", names => names.IsSupersetOf(["q", "slopes"]));

    public static TheoryData<string?> Memories => Of("attention", names => names.IsSupersetOf(["q", "r", "u", "w"]));

    public static TheoryData<string?> Modules => Of("attention", names => names.Contains("param.in_proj_weight"));

    public static TheoryData<string?> Learned => Of("positions", names => names.IsSupersetOf(["tokens", "places"]));

    public static TheoryData<string?> Interleaved => Facts("positions", facts => facts.TryGetProperty("to_interleaved", out _));

    public static TheoryData<string?> Bases => Facts("positions", facts => facts.TryGetProperty("new_base", out _));

    public static TheoryData<string?> CountedPositions => Facts("positions", facts => facts.TryGetProperty("padding", out _));

    [Theory, MemberData(nameof(ScaleNorms))]
    public void One_gain_over_the_length(string? name) => Compare("layers", name, ["x", "g"], (t, _) => Normalization.Scale(t[0], t[1]));

    [Theory, MemberData(nameof(DynamicTanhs))]
    public void A_tanh_in_place_of_a_normalization(string? name) => Compare("layers", name, ["x", "a", "w", "b"], (t, _) => Normalization.DynamicTanh(t[0], t[1], t[2], t[3]));

    [Theory, MemberData(nameof(DeepNorms))]
    public void A_residual_that_outweighs(string? name) => Compare("layers", name, ["x", "y", "w", "b"], (t, facts) =>
    {
        DeepNormConstants.Of(facts.GetProperty("layers").GetInt32()).Alpha.Should().BeApproximately(facts.GetProperty("alpha").GetDouble(), 1e-9);
        return Normalization.Deep(t[0], t[1], facts.GetProperty("alpha").GetDouble(), t[2], t[3]);
    });

    [Theory, MemberData(nameof(DeepNormTables))]
    public void Constants_of_deep_models(string? name)
    {
        SharedFolder.Require("fixtures", "training", "layers.json");
        using var fixture = new Fixture("layers");
        foreach (var row in fixture.Case(name!).GetProperty("table").EnumerateObject())
        {
            var words = row.Name.Split(' ');
            int Layers(string kind) => words.Contains(kind) ? int.Parse(words[Array.IndexOf(words, kind) + 1], System.Globalization.CultureInfo.InvariantCulture) : 0;
            var (encoder, decoder) = (Layers("encoder"), Layers("decoder"));
            foreach (var value in row.Value.EnumerateObject())
            {
                var constants = encoder == 0 || decoder == 0 ? DeepNormConstants.Of(encoder + decoder)
                    : value.Name.StartsWith("encoder", StringComparison.Ordinal) ? DeepNormConstants.OfEncoder(encoder, decoder) : DeepNormConstants.OfDecoder(decoder);
                (value.Name.EndsWith("alpha", StringComparison.Ordinal) ? constants.Alpha : constants.Beta).Should().BeApproximately(value.Value.GetDouble(), 1e-9, $"{row.Name}: {value.Name}");
            }
        }
    }

    [Theory, MemberData(nameof(SigmoidRouters))]
    public void Experts_chosen_by_sigmoids(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = Open("layers");
        var facts = fixture.Case(name!);
        var logits = fixture.Tensor($"{name}/logits").requires_grad_(true);
        var (weights, chosen) = Routing.BySigmoid(logits, fixture.Tensor($"{name}/bias"), facts.GetProperty("top_k").GetInt32(), facts.GetProperty("scale").GetDouble());
        // In any order: which of the chosen comes first means nothing.
        var order = chosen.argsort(-1);
        var wanted = fixture.Tensor($"{name}/experts");
        var wantedOrder = wanted.argsort(-1);
        chosen.gather(1, order).data<long>().Should().Equal(wanted.gather(1, wantedOrder).data<long>());
        Close(fixture, weights.gather(1, order), fixture.Tensor($"{name}/weights").gather(1, wantedOrder), "weights");
        weights.gather(1, order).backward([fixture.Tensor($"{name}/cotangent.weights").gather(1, wantedOrder)]);
        Close(fixture, logits.grad!, fixture.Tensor($"{name}/grad.logits"), "gradient");
    }

    [Theory, MemberData(nameof(Capacities))]
    public void Experts_with_so_many_places(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = Open("layers");
        var facts = fixture.Case(name!);
        var (expert, place, kept, probability, capacity) = Routing.Switch(fixture.Tensor($"{name}/logits"), facts.GetProperty("capacity_factor").GetDouble());
        capacity.Should().Be(facts.GetProperty("capacity").GetInt32());
        Close(fixture, probability, fixture.Tensor($"{name}/probability"), "probability");
        foreach (var (actual, tensor) in ((Tensor, string)[])[(expert, "expert"), (kept, "kept"), (place, "place")])
            actual.to(ScalarType.Int64).data<long>().Should().Equal(fixture.Tensor($"{name}/{tensor}").to(ScalarType.Int64).data<long>(), tensor);
    }

    [Theory, MemberData(nameof(ZLosses))]
    public void Logits_of_routers_are_kept_small(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = Open("layers");
        var logits = fixture.Tensor($"{name}/logits").requires_grad_(true);
        var loss = Routing.ZLoss(logits);
        loss.backward();
        Close(fixture, loss, fixture.Tensor($"{name}/loss"), "loss");
        Close(fixture, logits.grad!, fixture.Tensor($"{name}/grad.logits"), "gradient");
    }

    [Theory, MemberData(nameof(SlopeTables))]
    public void Slopes_of_heads(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = Open("attention");
        var expected = fixture.Tensor($"{name}/slopes");
        Close(fixture, tensor(DistanceAttention.Slopes((int)expected.shape[0])), expected, "slopes");
    }

    [Theory, MemberData(nameof(Alibis))]
    public void Scores_that_fall_with_the_distance(string? name) => Compare("attention", name, ["q", "k", "v"], (t, _) =>
    {
        var (heads, queries, keys) = (t[0].shape[1], t[0].shape[2], t[1].shape[2]);
        using var fixture = Open("attention");
        var bias = DistanceAttention.Alibi(fixture.Tensor($"{name}/slopes"), queries, keys);
        var y = Attention.Apply(t[0].transpose(1, 2), t[1].transpose(1, 2), t[2].transpose(1, 2), new ForwardContext(), 0, bias);
        return y.view(t[0].shape[0], queries, heads, -1).transpose(1, 2);
    });

    [Theory, MemberData(nameof(Memories))]
    public void A_memory_and_distances(string? name) => Compare("attention", name, ["q", "k", "v", "r", "u", "w"], (t, _) => DistanceAttention.WithMemory(t[0], t[1], t[2], t[3], t[4], t[5]));

    [Theory, MemberData(nameof(Modules))]
    public void A_whole_layer_of_attention(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = Open("attention");
        var facts = fixture.Case(name!);
        var parameters = new[] { "in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias" }.ToDictionary(p => p, Of);
        var layer = new MultiheadAttention(new(parameters["in_proj_weight"], parameters["in_proj_bias"]), new(parameters["out_proj.weight"], parameters["out_proj.bias"]), facts.GetProperty("heads").GetInt32());
        var x = fixture.Tensor($"{name}/x").requires_grad_(true);
        var memory = fixture.Names($"{name}/memory").Any() ? fixture.Tensor($"{name}/memory").requires_grad_(true) : null;
        var ignored = facts.TryGetProperty("ignored_keys", out var rows) ? stack(rows.EnumerateArray().Select(row => tensor(row.EnumerateArray().Select(v => v.GetInt64() != 0).ToArray()))) : null;
        var y = layer.Apply(x, memory, ignored);
        Close(fixture, y, fixture.Tensor($"{name}/output"), "output");
        y.backward([fixture.Tensor($"{name}/cotangent.output")]);
        Close(fixture, x.grad!, fixture.Tensor($"{name}/grad.x"), "x");
        if (memory is not null) Close(fixture, memory.grad!, fixture.Tensor($"{name}/grad.memory"), "memory");
        foreach (var (part, parameter) in parameters) Close(fixture, parameter.Value.grad!, fixture.Tensor($"{name}/grad.{part}"), part);

        Parameter Of(string part)
        {
            var values = fixture.Tensor($"{name}/param.{part}");
            var parameter = new Parameter(new ParameterSpec(part, values.shape, Initializer.Zeros, ParameterRole.Vector), Placement.Cpu, seed: null);
            parameter.Load(values);
            return parameter;
        }
    }

    [Theory, MemberData(nameof(Learned))]
    public void A_row_for_the_token_and_one_for_its_place(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = Open("positions");
        var ids = fixture.Tensor($"{name}/ids");
        Parameter tokens = Table("tokens"), places = Table("places");
        var at = arange(ids.shape[1], dtype: ScalarType.Int64).expand(ids.shape);
        var y = EmbeddingTable.Lookup(tokens, ids) + EmbeddingTable.Lookup(places, at);
        Fixture.Distance(y, fixture.Tensor($"{name}/output")).Should().BeLessThan(1e-6);
        EmbeddingTable.AccumulateGradient(tokens, ids, fixture.Tensor($"{name}/cotangent.output"));
        EmbeddingTable.AccumulateGradient(places, at, fixture.Tensor($"{name}/cotangent.output"));
        Fixture.Distance(tokens.Value.grad!, fixture.Tensor($"{name}/grad.tokens")).Should().BeLessThan(1e-6);
        Fixture.Distance(places.Value.grad!, fixture.Tensor($"{name}/grad.places")).Should().BeLessThan(1e-6);

        Parameter Table(string part)
        {
            var values = fixture.Tensor($"{name}/{part}");
            var parameter = new Parameter(new ParameterSpec(part, values.shape, Initializer.Zeros, ParameterRole.Embedding), Placement.Cpu, seed: null);
            parameter.Load(values);
            return parameter;
        }
    }

    /// <summary>Files of the other layout are read by another order of rows: what is turned is the same.</summary>
    [Theory, MemberData(nameof(Interleaved))]
    public void Neighbors_turn_together_where_the_rows_are_ordered_so(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = Open("positions");
        var facts = fixture.Case(name!);
        var order = tensor(facts.GetProperty("to_interleaved").EnumerateArray().Select(i => i.GetInt64()).ToArray());
        var x = fixture.Tensor($"{name}/x").requires_grad_(true);                       // (B, H, T, D)
        var at = tensor(facts.GetProperty("positions").EnumerateArray().Select(p => p.GetInt64()).ToArray()).unsqueeze(0).expand(x.shape[0], -1).contiguous();
        using var rotary = new RotaryEmbedding((int)x.shape[3], 64, new RopeParameters { RopeTheta = facts.GetProperty("base").GetDouble() }, CPU);
        var y = rotary.Apply(x.index_select(3, order.argsort()).transpose(1, 2), at, 0, null, 0).transpose(1, 2).index_select(3, order);
        y.backward([fixture.Tensor($"{name}/cotangent.output")]);
        Fixture.Distance(y, fixture.Tensor($"{name}/output")).Should().BeLessThan(1e-6);
        Fixture.Distance(x.grad!, fixture.Tensor($"{name}/grad.x")).Should().BeLessThan(1e-6);
    }

    [Theory, MemberData(nameof(Bases))]
    public void A_base_for_all_lengths(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = Open("positions");
        var facts = fixture.Case(name!);
        var expected = fixture.Tensor($"{name}/inv_freq");
        var (theta, size) = (RopeParameters.FixedNtk(10_000, facts.GetProperty("factor").GetDouble(), 2 * (int)expected.shape[0]), expected.shape[0]);
        theta.Should().BeApproximately(facts.GetProperty("new_base").GetDouble(), 1e-6);
        var frequencies = tensor(Enumerable.Range(0, (int)size).Select(i => (float)Math.Pow(theta, -(double)i / size)).ToArray());
        Fixture.Distance(frequencies, expected).Should().BeLessThan(1e-6);
    }

    [Theory, MemberData(nameof(CountedPositions))]
    public void Positions_counted_from_the_padding_on(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = Open("positions");
        var padding = fixture.Case(name!).GetProperty("padding").GetInt64();
        Loquat.Models.Bert.BertModel.PositionsOf(fixture.Tensor($"{name}/ids"), padding).data<long>().Should().Equal(fixture.Tensor($"{name}/positions").data<long>());
    }

    private static void Compare(string section, string? name, string[] inputs, Func<Tensor[], JsonElement, Tensor> compute)
    {
        using var scope = NewDisposeScope();
        using var fixture = Open(section);
        var tensors = inputs.Select(input => fixture.Tensor($"{name}/{input}").requires_grad_(true)).ToArray();
        var y = compute(tensors, fixture.Case(name!));
        Close(fixture, y, fixture.Tensor($"{name}/output"), "output");
        y.backward([fixture.Tensor($"{name}/cotangent.output")]);
        for (var i = 0; i < inputs.Length; i++) Close(fixture, tensors[i].grad!, fixture.Tensor($"{name}/grad.{inputs[i]}"), inputs[i]);
    }

    private static void Close(Fixture fixture, Tensor actual, Tensor expected, string what) => Fixture.Distance(actual, expected).Should().BeLessThan(fixture.Tolerance, what);

    private static Fixture Open(string section)
    {
        SharedFolder.Require("fixtures", "training", section + ".safetensors");
        return new Fixture(section);
    }

    private static TheoryData<string?> Of(string section, Func<IReadOnlySet<string>, bool> where) => [.. TrainingSection.Cases(section, where)];

    private static TheoryData<string?> Named(string section, Func<string, bool> where) => Where(section, c => where(c.Name));

    private static TheoryData<string?> Facts(string section, Func<JsonElement, bool> where) => Where(section, c => where(c.Value));

    private static TheoryData<string?> Where(string section, Func<JsonProperty, bool> where)
    {
        if (SharedFolder.Root is null) return [(string?)null];
        using var fixture = new Fixture(section);
        return [.. fixture.Cases.Where(where).Select(c => (string?)c.Name)];
    }
}
