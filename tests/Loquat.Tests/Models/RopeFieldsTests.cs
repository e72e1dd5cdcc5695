using System.Text.Json;
using System.Text.Json.Nodes;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Tests.Optimization;
using static TorchSharp.torch;

namespace Loquat.Tests.Models;

/// <summary>Rotary frequencies and tables of every `rope_type`, as the reference makes them from the same settings.</summary>
public sealed class RopeFieldsTests
{
    private const string Settings = "rope_parameters";

    public static TheoryData<string?> Cases
    {
        get
        {
            if (SharedFolder.Root is null) return [(string?)null];
            using var fixture = new Fixture("positions");
            return [.. fixture.Cases.Where(c => c.Value.TryGetProperty(Settings, out _)).Select(c => c.Name)];
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Frequencies_and_tables_are_those_of_the_reference(string? name)
    {
        SharedFolder.Require("fixtures", "training", "positions.json");
        using var scope = NewDisposeScope();
        using var fixture = new Fixture("positions");
        var expected = fixture.Case(name!);
        var (headSize, maxPositions) = (expected.GetProperty("head_dim").GetInt32(), expected.GetProperty("max_position_embeddings").GetInt32());
        var rope = Read(expected.GetProperty(Settings), maxPositions);
        var length = expected.TryGetProperty("sequence_length", out var given) ? given.GetInt64() : maxPositions;
        var frequencies = rope.Frequencies(headSize, maxPositions, length);
        rope.AttentionScale(maxPositions).Should().BeApproximately(expected.GetProperty("attention_factor").GetDouble(), 1e-6);
        var reference = fixture.Tensor($"{name}/inv_freq").data<float>().ToArray();
        for (var i = 0; i < reference.Length; i++) frequencies[i].Should().BeApproximately(reference[i], 1e-6f * Math.Max(1, reference[i]));

        // Beyond the model's positions there is no table: the model refuses such sequences.
        var positions = fixture.Tensor($"{name}/positions").unsqueeze(0);                   // (1, n)
        if (positions.max().item<long>() >= maxPositions) return;
        using var rotary = new RotaryEmbedding(headSize, maxPositions, rope, CPU);
        // The vector (1 … 1, 0 … 0) turns into (cos, sin).
        var unit = cat([ones(1, positions.shape[1], 1, headSize / 2), zeros(1, positions.shape[1], 1, headSize / 2)], -1);
        var turned = rotary.Apply(unit, positions, 0, null, 0).squeeze();                   // (n, D)
        var wanted = cat([fixture.Tensor($"{name}/cos").narrow(1, 0, headSize / 2), fixture.Tensor($"{name}/sin").narrow(1, 0, headSize / 2)], 1);
        var allowed = 1e-6 * (1 + positions.view(-1, 1).to(ScalarType.Float32));
        ((turned - wanted).abs() - allowed).max().item<float>().Should().BeLessThan(0);
    }

    [Theory, MemberData(nameof(Cases))]
    public void What_is_written_reads_the_same(string? name)
    {
        SharedFolder.Require("fixtures", "training", "positions.json");
        using var fixture = new Fixture("positions");
        var rope = Read(fixture.Case(name!).GetProperty(Settings), 2048);
        using var written = JsonDocument.Parse(RopeFields.ToJson(rope).ToJsonString());
        Read(written.RootElement, 2048).Should().BeEquivalentTo(rope);
    }

    [Theory]
    [InlineData("""{"rope_scaling":{"type":"linear","factor":4.0},"rope_theta":500}""", RopeType.Linear, 500)]
    [InlineData("""{"rope_parameters":{"full_attention":{"rope_type":"default","rope_theta":300},"sliding_attention":{"rope_type":"default","rope_theta":7}}}""", RopeType.Default, 300)]
    [InlineData("""{"rope_scaling":null,"rope_theta":20}""", RopeType.Default, 20)]
    [InlineData("""{"rope_parameters":{"rope_theta":20,"partial_rotary_factor":1}}""", RopeType.Default, 20)]
    [InlineData("{}", RopeType.Default, 10000)]
    public void Older_and_nested_forms_are_read(string json, RopeType type, double theta)
    {
        var rope = RopeFields.Read(new ConfigReader("config.json", JsonNode.Parse(json)!.AsObject()), 2048);
        (rope.RopeType, rope.RopeTheta).Should().Be((type, theta));
    }

    [Theory]
    [InlineData("rope_theta", """{"rope_theta":"10000"}""")]
    [InlineData("rope_theta", """{"rope_theta":0}""")]
    [InlineData("rope_theta", """{"rope_theta":-1}""")]
    [InlineData("rope_theta", """{"rope_theta":1e999}""")]
    [InlineData("rope_parameters.rope_theta", """{"rope_parameters":{"rope_theta":true}}""")]
    [InlineData("rope_parameters.rope_type", """{"rope_parameters":{"rope_type":"mrope"}}""")]
    [InlineData("rope_scaling.type", """{"rope_scaling":{"type":"ntk-by-parts","factor":2}}""")]
    [InlineData("factor", """{"rope_scaling":{"type":"linear"}}""")]
    [InlineData("factor", """{"rope_scaling":{"type":"linear","factor":0.5}}""")]
    [InlineData("factor", """{"rope_scaling":{"rope_type":"default","factor":2}}""")]
    [InlineData("partial_rotary_factor", """{"partial_rotary_factor":1.5}""")]
    [InlineData("partial_rotary_factor", """{"rope_parameters":{"partial_rotary_factor":0}}""")]
    [InlineData("original_max_position_embeddings", """{"rope_parameters":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4}}""")]
    [InlineData("high_freq_factor", """{"rope_parameters":{"rope_type":"llama3","factor":8,"low_freq_factor":4,"high_freq_factor":1,"original_max_position_embeddings":64}}""")]
    [InlineData("short_factor", """{"rope_parameters":{"rope_type":"longrope","short_factor":"all","long_factor":[1]}}""")]
    [InlineData("mrope_section", """{"rope_scaling":{"type":"default","mrope_section":[1,2]}}""")]
    [InlineData("rope_scaling", """{"rope_scaling":[4]}""")]
    [InlineData("full_attention", """{"rope_parameters":{"sliding_attention":{"rope_theta":7}}}""")]
    [InlineData("both", """{"rope_parameters":{"rope_theta":7},"rope_scaling":{"type":"linear","factor":2}}""")]
    public void Wrong_settings_are_refused_by_name(string named, string json)
    {
        var act = () => RopeFields.Read(new ConfigReader("config.json", JsonNode.Parse(json)!.AsObject()), 2048);
        act.Should().Throw<CheckpointException>().WithMessage($"config.json: *{named}*");
    }

    private static RopeParameters Read(JsonElement settings, int maxPositions) =>
        RopeFields.Read(new ConfigReader("fixture", new JsonObject { [Settings] = JsonNode.Parse(settings.GetRawText()) }), maxPositions);
}
