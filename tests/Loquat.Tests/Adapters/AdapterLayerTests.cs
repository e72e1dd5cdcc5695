using Loquat.Adapters;
using Loquat.Checkpoints;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Models.Bert;
using Loquat.Models.Heads;
using Loquat.Tests.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Adapters;

/// <summary>Adapters on one affine map against the reference: what they give, their gradients, what they merge to. And which parameters BitFit trains.</summary>
public sealed class AdapterLayerTests
{
    private static readonly double _tolerance = SharedFolder.Root is null ? 1e-5 : TrainingSection.Tolerance("adapters");

    public static TheoryData<string?> LowRank => [.. TrainingSection.Cases("adapters", names => names.Contains("param.a"))];

    public static TheoryData<string?> Bottlenecks => [.. TrainingSection.Cases("adapters", names => names.Contains("down"))];

    public static TheoryData<string?> Gains => [.. TrainingSection.Cases("adapters", names => names.Contains("gain"))];

    [Theory, MemberData(nameof(LowRank))]
    public void A_low_rank_change_is_that_of_the_reference(string? name)
    {
        using var scope = NewDisposeScope();
        var t = TrainingSection.Tensors("adapters", name);
        var (weight, bias, a, b) = (Of("weight"), Of("bias"), Of("a"), Of("b"));
        var magnitude = t.ContainsKey("param.magnitude") ? Of("magnitude") : null;
        var adapter = new LoraAdapter(a, b, TrainingSection.Case("adapters", name).GetProperty("scaling").GetDouble()) { Direction = magnitude is null ? null : new(magnitude, weight, bias, transposed: false) };
        weight.Adapters.Add(adapter);
        var x = t["x"].requires_grad_(true);
        var y = Linear.Apply(x, weight, bias);
        Gradients.Close(y, t["output"], _tolerance, "output");
        y.backward([t["cotangent.output"]]);
        Gradients.Close(x.grad!, t["grad.x"], _tolerance, "x");
        foreach (var parameter in (IEnumerable<Parameter>)[weight, bias, .. adapter.Parameters]) Gradients.Close(parameter.Value.grad!, t[$"grad.{parameter.Name}"], _tolerance, parameter.Name);
        using var guard = no_grad();
        Gradients.Close(adapter.Merged(weight.Value)!, t["merged"], _tolerance, "merged");

        Parameter Of(string part) => Given(part, t[$"param.{part}"]);
    }

    [Theory, MemberData(nameof(Bottlenecks))]
    public void A_bottleneck_is_that_of_the_reference(string? name)
    {
        using var scope = NewDisposeScope();
        var t = TrainingSection.Tensors("adapters", name);
        var adapter = new BottleneckAdapter(Given("down", t["down"]), Given("down_bias", t["down_bias"]), Given("up", t["up"]), Given("up_bias", t["up_bias"]), ActivationKind.Gelu);
        var x = t["x"].requires_grad_(true);
        var y = adapter.After(x, x, x);
        Gradients.Close(y, t["output"], _tolerance, "output");
        y.backward([t["cotangent.output"]]);
        Gradients.Close(x.grad!, t["grad.x"], _tolerance, "x");
        foreach (var parameter in adapter.Parameters) Gradients.Close(parameter.Value.grad!, t[$"grad.{parameter.Name}"], _tolerance, parameter.Name);
    }

    [Theory, MemberData(nameof(Gains))]
    public void Gains_are_those_of_the_reference(string? name)
    {
        using var scope = NewDisposeScope();
        var t = TrainingSection.Tensors("adapters", name);
        var (outputs, inputs) = (Given("gain", t["gain"].unsqueeze(1)), Given("inner", t["inner"].unsqueeze(0)));
        var (weight, x) = (Given("weight", t["weight"]), t["x"].requires_grad_(true));
        var sum = zeros(1);
        foreach (var (adapter, output) in ((Ia3Adapter, string)[])[(new(outputs, ofInputs: false), "key_value"), (new(inputs, ofInputs: true), "feedforward")])
        {
            weight.Adapters.Add(adapter);
            var y = Linear.Apply(x, weight);
            weight.Adapters.Clear();
            Gradients.Close(y, t[output], _tolerance, output);
            sum = sum + (y * t[$"cotangent.{output}"]).sum();
        }
        sum.backward();
        Gradients.Close(x.grad!, t["grad.x"], _tolerance, "x");
        Gradients.Close(weight.Value.grad!, t["grad.weight"], _tolerance, "weight");
        Gradients.Close(outputs.Value.grad!.view(-1), t["grad.gain"], _tolerance, "gain");
        Gradients.Close(inputs.Value.grad!.view(-1), t["grad.inner"], _tolerance, "inner");
    }

    [Fact]
    public void BitFit_trains_the_biases_and_the_head_of_a_task()
    {
        var expected = TrainingSection.Case("adapters", "bitfit");
        var bert = new BertConfig { VocabSize = 31, HiddenSize = 8, NumHiddenLayers = 1, NumAttentionHeads = 2, IntermediateSize = 16, Head = HeadKind.SequenceClassification };
        var gpt2 = ModelFolder.ReadConfig(SharedFolder.Require("fixtures", "training", "adapters", "base_gpt2"));
        foreach (var (config, key) in ((ModelConfig, string)[])[(bert, "bert"), (gpt2, "gpt2")])
            AdapterPlan.Of(new BitfitOptions(), config).Trained.Select(p => p.Name).Should().BeEquivalentTo(expected.GetProperty(key).EnumerateArray().Select(e => e.GetString()));
    }

    private static Parameter Given(string name, Tensor values)
    {
        var parameter = new Parameter(new(name, values.shape, Initializer.Zeros, ParameterRole.Matrix), Placement.Cpu, seed: 1);
        parameter.Load(values);
        return parameter;
    }
}
