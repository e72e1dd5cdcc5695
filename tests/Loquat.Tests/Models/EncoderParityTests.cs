using System.Text.Json.Nodes;
using Loquat.Checkpoints;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Models.Heads;
using Loquat.Tests.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Models;

/// <summary>Every encoder fixture: states, what its head says, loss, gradients, padding, and that what is written is read again as the same.</summary>
public sealed class EncoderParityTests
{
    public static TheoryData<string?> Fixtures => [.. EncoderFixture.All];

    [Theory, MemberData(nameof(Fixtures))]
    public void States_and_logits_are_those_of_the_reference(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new EncoderFixture(name);
        using var guard = inference_mode();
        var outputs = fixture.Outputs(fixture.Ids, fixture.Context()).ToList();
        outputs.Select(output => output.Name).Should().Contain(fixture.Expected.Keys.Where(key => !key.StartsWith("grad.", StringComparison.Ordinal)));
        foreach (var (key, value) in outputs)
            if (fixture.Expected.TryGetValue(key, out var expected)) (value - expected).abs().max().item<float>().Should().BeLessThan(1e-5f, key);
    }

    [Theory, MemberData(nameof(Fixtures))]
    public void Loss_and_gradients_are_those_of_the_reference(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new EncoderFixture(name);
        if (fixture.Model.Head.Kind == HeadKind.None) return;   // nothing to train
        var (batch, scale) = fixture.Batch();
        var sum = fixture.Model.LossAndGradients(batch, scale);
        (sum * scale).Should().BeApproximately(fixture.Json("expected.json").GetProperty("loss").GetDouble(), 1e-5);
        foreach (var (key, expected) in fixture.Expected.Where(pair => pair.Key.StartsWith("grad.", StringComparison.Ordinal)))
            Gradients.Close(fixture.Model[key[5..]].Value.grad!, expected, 1e-4, key);
        foreach (var parameter in fixture.Model.Parameters) fixture.Expected.Should().ContainKey($"grad.{parameter.Name}");
        var losses = new double[batch.Labels.numel() + (batch.RowLabels?.numel() ?? 0)];
        fixture.Model.Loss(batch, losses).Should().BeApproximately(sum, 1e-3);
        losses.Sum().Should().BeApproximately(sum, 1e-3);
        if (!batch.Labels.is_floating_point()) batch.Labels.reshape(-1).data<long>().ToArray().Zip(losses).Where(pair => pair.First < 0).Should().OnlyContain(pair => pair.Second == 0);
    }

    [Theory, MemberData(nameof(Fixtures))]
    public void Counts_are_those_of_the_reference(string? name)
    {
        using var fixture = new EncoderFixture(name);
        fixture.Model.Config.ParameterCount().Should().Be(fixture.Json("expected.json").GetProperty("parameters").GetInt64());
    }

    [Theory, MemberData(nameof(Fixtures))]
    public void Padding_changes_nothing_for_the_tokens(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new EncoderFixture(name);
        using var guard = inference_mode();
        var padded = fixture.Model.Hidden(fixture.Ids, fixture.Context());
        for (var row = 0; row < fixture.Ids.shape[0]; row++)
        {
            var length = fixture.Mask?[row].sum().item<long>() ?? fixture.Ids.shape[1];
            Tensor Alone(Tensor all) => all.narrow(0, row, 1).narrow(1, 0, length);
            var alone = fixture.Model.Hidden(Alone(fixture.Ids).contiguous(), new ForwardContext { TokenTypeIds = fixture.Types is { } types ? Alone(types) : null });
            (Alone(padded) - alone).abs().max().item<float>().Should().BeLessThan(1e-5f);
        }
    }

    [Theory, MemberData(nameof(Fixtures))]
    public void What_is_written_is_read_again_as_the_same(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new EncoderFixture(name);
        using var folder = new TemporaryFolder();
        ModelFolder.Write(folder.Path, fixture.Model);
        using var again = ModelFolder.Load<EncoderModel>(folder.Path, Placement.Cpu);
        JsonNode.DeepEquals(again.Config.ToJson(), fixture.Model.Config.ToJson()).Should().BeTrue();
        again.Parameters.Select(p => p.Name).Should().Equal(fixture.Model.Parameters.Select(p => p.Name));
        using var guard = inference_mode();
        (again.Hidden(fixture.Ids, fixture.Context()) - fixture.Model.Hidden(fixture.Ids, fixture.Context())).abs().max().item<float>().Should().Be(0);
    }
}
