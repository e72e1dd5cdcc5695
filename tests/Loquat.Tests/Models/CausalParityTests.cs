using Loquat.Layers;
using Loquat.Models;
using Loquat.Tests.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Models;

/// <summary>Every causal fixture of an architecture that Loquat builds: logits, loss, gradients, greedy continuation, left padding.</summary>
public sealed class CausalParityTests
{
    public static TheoryData<string?> Fixtures => [.. CausalFixture.Known()];

    [Theory, MemberData(nameof(Fixtures))]
    public void Logits_are_those_of_the_reference(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new CausalFixture(name);
        using var guard = inference_mode();
        var ids = CausalFixture.Ids(fixture.Json("inputs.json").GetProperty("input_ids"));
        var logits = fixture.Model.Logits(ids, new ForwardContext());
        (logits - fixture.Expected["logits"]).abs().max().item<float>().Should().BeLessThan(1e-5f);
    }

    [Theory, MemberData(nameof(Fixtures))]
    public void Loss_and_gradients_are_those_of_the_reference(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new CausalFixture(name);
        var inputs = fixture.Json("inputs.json");
        var ids = CausalFixture.Ids(inputs.GetProperty("input_ids"));
        var labels = CausalFixture.Shifted(CausalFixture.Ids(inputs.GetProperty("labels")));
        var counted = labels.ge(0).sum().item<long>();
        var loss = fixture.Model.LossAndGradients(ids, labels, 1.0 / counted, new ForwardContext { Training = true }) / counted;
        loss.Should().BeApproximately(fixture.ExpectedJson.GetProperty("loss").GetDouble(), 1e-5);
        foreach (var parameter in fixture.Model.Parameters)
            Gradients.Close(parameter.Value.grad!, fixture.Expected[$"grad.{parameter.Name}"], 1e-4, parameter.Name);
        fixture.Model.Loss(ids, labels, new ForwardContext()).Should().BeApproximately(loss * counted, 1e-3);
    }

    [Theory, MemberData(nameof(Fixtures))]
    public void Greedy_continuation_is_that_of_the_reference_with_and_without_cache(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new CausalFixture(name);
        using var guard = inference_mode();
        var expected = fixture.ExpectedJson.GetProperty("greedy").EnumerateArray().Select(e => e.GetInt64()).ToArray();
        const int Prompt = 7;
        using var cache = fixture.Model.NewCache(1, expected.Length);
        var cached = expected.Take(Prompt).ToList();
        var whole = expected.Take(Prompt).ToList();
        var fresh = cached.ToArray();
        while (cached.Count < expected.Length)
        {
            var fast = fixture.Model.Logits(tensor(fresh, [1, fresh.Length]), new ForwardContext { Cache = cache }).select(1, fresh.Length - 1);
            var slow = fixture.Model.Logits(tensor(whole.ToArray(), [1, whole.Count]), new ForwardContext()).select(1, whole.Count - 1);
            (fast - slow).abs().max().item<float>().Should().BeLessThan(1e-5f);
            fresh = [fast.argmax().item<long>()];
            cached.Add(fresh[0]);
            whole.Add(slow.argmax().item<long>());
        }
        cached.Should().Equal(expected);
        whole.Should().Equal(expected);
    }

    [Theory, MemberData(nameof(Fixtures))]
    public void Left_padding_changes_nothing_for_the_tokens(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new CausalFixture(name);
        using var guard = inference_mode();
        var ids = CausalFixture.Ids(fixture.ExpectedJson.GetProperty("padded_input"));
        var mask = CausalFixture.Ids(fixture.ExpectedJson.GetProperty("padded_mask"));
        var positions = (mask.cumsum(1) - 1).clamp(min: 0);
        var logits = fixture.Model.Logits(ids, new ForwardContext { AttentionMask = mask, Positions = positions });
        // The reference keeps the columns without padding.
        var expected = fixture.Expected["padded_logits"];
        var kept = logits.narrow(1, logits.shape[1] - expected.shape[1], expected.shape[1]);
        (kept - expected).abs().max().item<float>().Should().BeLessThan(1e-5f);
    }
}
