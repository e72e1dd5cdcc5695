using Loquat.Checkpoints;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Tests.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Models;

/// <summary>Every encoder-decoder fixture: states of the encoder, logits, loss, gradients, greedy continuation with and without cache, folders written and read again.</summary>
public sealed class EncoderDecoderParityTests
{
    public static TheoryData<string?> Fixtures => [.. EncoderDecoderFixture.All()];

    [Theory, MemberData(nameof(Fixtures))]
    public void Logits_are_those_of_the_reference(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new EncoderDecoderFixture(name);
        fixture.RequireWhole();
        using var guard = inference_mode();
        var encoded = fixture.Model.Encode(fixture.Ids, new ForwardContext { AttentionMask = fixture.Mask });
        // What stands at padding is no one's business: the reference's attention leaves it out as well.
        var difference = (encoded - fixture.Expected["encoder_last_hidden_state"]) * fixture.Mask.unsqueeze(2);
        difference.abs().max().item<float>().Should().BeLessThan(1e-5f);
        var logits = fixture.Model.Logits(fixture.Ids, fixture.Model.DecoderInputs(fixture.Labels), fixture.Mask);
        (logits - fixture.Expected["logits"]).abs().max().item<float>().Should().BeLessThan(1e-5f);
    }

    [Theory, MemberData(nameof(Fixtures))]
    public void Loss_and_gradients_are_those_of_the_reference(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new EncoderDecoderFixture(name);
        fixture.RequireWhole();
        var counted = fixture.Labels.ge(0).sum().item<long>();
        var batch = new ModelBatch { InputIds = fixture.Ids, Labels = fixture.Labels, AttentionMask = fixture.Mask };
        var loss = fixture.Model.LossAndGradients(batch, 1.0 / counted) / counted;
        loss.Should().BeApproximately(fixture.ExpectedJson.GetProperty("loss").GetDouble(), 1e-5);
        foreach (var parameter in fixture.Model.Parameters)
            Gradients.Close(parameter.Value.grad!, fixture.Expected[$"grad.{parameter.Name}"], 1e-4, parameter.Name);
        fixture.Expected.Keys.Count(key => key.StartsWith("grad.", StringComparison.Ordinal)).Should().Be(fixture.Model.Parameters.Count);
        var each = new double[fixture.Labels.numel()];
        fixture.Model.Loss(batch, each).Should().BeApproximately(loss * counted, 1e-3);
        each.Sum().Should().BeApproximately(loss * counted, 1e-3);
    }

    [Theory, MemberData(nameof(Fixtures))]
    public void Greedy_continuation_is_that_of_the_reference_with_and_without_cache(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new EncoderDecoderFixture(name);
        fixture.RequireWhole();
        using var guard = inference_mode();
        var expected = CausalFixture.Ids(fixture.ExpectedJson.GetProperty("greedy"));
        var source = new EncoderOutput(fixture.Model.Encode(fixture.Ids, new ForwardContext { AttentionMask = fixture.Mask }), fixture.Mask);
        using var cache = fixture.Model.NewCache(source, capacity: 2);
        var written = expected.narrow(1, 0, 1);
        while (written.shape[1] < expected.shape[1])
        {
            if (written.shape[1] > cache.Capacity) cache.Grow(2 * cache.Capacity);
            var last = written.narrow(1, written.shape[1] - 1, 1);
            var fast = fixture.Model.Project(fixture.Model.Decode(last, new ForwardContext { Cache = cache })).squeeze(1);
            var slow = fixture.Model.Project(fixture.Model.Decode(written, new ForwardContext { Source = source })).select(1, written.shape[1] - 1);
            (fast - slow).abs().max().item<float>().Should().BeLessThan(1e-5f);
            written = cat([written, fast.argmax(1).unsqueeze(1)], 1);
        }
        written.eq(expected).all().item<bool>().Should().BeTrue();
    }

    [Theory, MemberData(nameof(Fixtures))]
    public void Rows_of_a_cache_can_change_places(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new EncoderDecoderFixture(name);
        using var guard = inference_mode();
        var source = new EncoderOutput(fixture.Model.Encode(fixture.Ids, new ForwardContext { AttentionMask = fixture.Mask }), fixture.Mask);
        using var cache = fixture.Model.NewCache(source, capacity: 8);
        var first = fixture.Model.DecoderInputs(fixture.Labels).narrow(1, 0, 4);
        fixture.Model.Decode(first, new ForwardContext { Cache = cache });
        cache.Reorder([1, 1, 0, 2]);
        cache.Reorder([3, 0, 2, 1]);
        var order = tensor(new long[] { 2, 1, 0, 1 });
        var next = tensor(new long[] { 5, 6, 7, 8 }, [4, 1]);
        var fast = fixture.Model.Decode(next, new ForwardContext { Cache = cache });
        var moved = new EncoderOutput(source.Hidden.index_select(0, order), fixture.Mask.index_select(0, order));
        var slow = fixture.Model.Decode(cat([first.index_select(0, order), next], 1), new ForwardContext { Source = moved }).narrow(1, 4, 1);
        (fast - slow).abs().max().item<float>().Should().BeLessThan(1e-5f);
    }

    [Theory, MemberData(nameof(Fixtures))]
    public void What_is_written_loads_as_the_same_model(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new EncoderDecoderFixture(name);
        using var guard = inference_mode();
        using var folder = new TemporaryFolder();
        foreach (var buffer in fixture.Model.Buffers) buffer.Value.add_(rand_like(buffer.Value));
        ModelFolder.Write(folder.Path, fixture.Model);
        using var again = ModelFolder.Load<EncoderDecoderModel>(folder.Path, Placement.Cpu);
        again.Config.Should().BeEquivalentTo(fixture.Model.Config, options => options.PreferringRuntimeMemberTypes());
        var ids = fixture.Model.DecoderInputs(fixture.Labels);
        var (first, second) = (fixture.Model.Logits(fixture.Ids, ids, fixture.Mask), again.Logits(fixture.Ids, ids, fixture.Mask));
        first.eq(second).all().item<bool>().Should().BeTrue();
    }
}
