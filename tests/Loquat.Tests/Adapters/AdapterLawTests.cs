using Loquat.Adapters;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Recipes;
using Loquat.Tests.Layers;
using Loquat.Tests.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Adapters;

/// <summary>Adapters on every family: what holds of them whatever the architecture.</summary>
public sealed class AdapterLawTests
{
    public static TheoryData<string?> Causal => [.. CausalFixture.Known()];

    /// <summary>No family leaves a map out of the seam: whatever an adapter stands on changes what the model says, and learns.</summary>
    [Theory, MemberData(nameof(Causal))]
    public void Every_map_that_takes_an_adapter_learns(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new CausalFixture(name);
        var model = fixture.Model;
        if (!model.Config.Parameters().Any(model.Config.TakesAdapter))
        {
            FluentActions.Invoking(() => Adapter.Add(model, new LoraOptions(), 1)).Should().Throw<OptionsException>();
            return;
        }
        var ids = CausalFixture.Ids(fixture.Json("inputs.json").GetProperty("input_ids"));
        Tensor Logits()
        {
            using var guard = no_grad();
            return model.Logits(ids, new ForwardContext());
        }
        var before = Logits();
        var adapter = Adapter.Add(model, new LoraOptions { R = 2, LoraAlpha = 16, UseDora = true }, 1);
        adapter.Plan.Maps.Select(map => map.Map.Weight.Name).Should().BeEquivalentTo(model.Parameters.Where(p => model.Config.TakesAdapter(p.Spec)).Select(p => p.Name));
        // B starts at 0: nothing is changed yet, and B has a gradient, A none.
        Gradients.Close(Logits(), before, 1e-5, "at the start");
        var labels = CausalFixture.Shifted(ids);
        model.LossAndGradients(ids, labels, 0.1, new ForwardContext { Training = true });
        foreach (var b in adapter.Parameters.Where(p => p.Name.Contains("lora_B", StringComparison.Ordinal))) Learns(b);

        using (no_grad())
            foreach (var b in adapter.Parameters.Where(p => p.Name.Contains("lora_B", StringComparison.Ordinal))) b.Load(Gradients.Random(ScalarType.Float32, 5, b.Spec.Shape) * 0.05);
        model.ZeroGradients();
        model.LossAndGradients(ids, labels, 0.1, new ForwardContext { Training = true });
        foreach (var parameter in adapter.Parameters) Learns(parameter);
        var after = Logits();
        (after - before).abs().max().item<float>().Should().BeGreaterThan(1e-4f);
        adapter.Merge();
        Gradients.Close(Logits(), after, 1e-4, "merged");

        // Experts that no token chooses have no gradient.
        void Learns(Parameter parameter)
        {
            if (parameter.Value.grad is not { } gradient)
            {
                parameter.Name.Should().Contain("experts");
                return;
            }
            gradient.isfinite().all().item<bool>().Should().BeTrue(parameter.Name);
            if (!parameter.Name.Contains("experts", StringComparison.Ordinal)) gradient.abs().max().item<float>().Should().BeGreaterThan(0, parameter.Name);
        }
    }

    /// <summary>The written-out training pass gives way to autograd; both tell the same: with dW the pass's gradient of the merged weight, dB = s dW Aᵀ and dA = s Bᵀ dW.</summary>
    [Theory, MemberData(nameof(Causal))]
    public void Gradients_are_those_that_the_pass_of_the_merged_weights_gives(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new CausalFixture(name);
        var model = fixture.Model;
        if (model.Config.ModelType is not ("llama" or "gpt2" or "qwen3")) return;   // those with a pass of their own
        var ids = CausalFixture.Ids(fixture.Json("inputs.json").GetProperty("input_ids"));
        var adapter = Adapter.Add(model, new LoraOptions { R = 2, LoraAlpha = 6 }, 1);
        foreach (var b in adapter.Parameters.Where(p => p.Name.Contains("lora_B", StringComparison.Ordinal))) b.Load(Gradients.Random(ScalarType.Float32, 5, b.Spec.Shape) * 0.05);
        var loss = model.LossAndGradients(ids, CausalFixture.Shifted(ids), 0.1, new ForwardContext { Training = true });
        var kept = adapter.Plan.Maps.Select((map, i) => (map.Map, A: adapter.Parameters[2 * i].Value.detach().clone(), B: adapter.Parameters[2 * i + 1].Value.detach().clone(), Da: adapter.Parameters[2 * i].Value.grad!.clone(), Db: adapter.Parameters[2 * i + 1].Value.grad!.clone())).ToList();
        adapter.Merge();
        model.IsPlain.Should().BeTrue();
        model.LossAndGradients(ids, CausalFixture.Shifted(ids), 0.1, new ForwardContext { Training = true }).Should().BeApproximately(loss, 1e-4 * loss);
        using var guard = no_grad();
        foreach (var (map, a, b, da, db) in kept)
        {
            var dw = model[map.Weight.Name].Value.grad!;
            if (map.Transposed) dw = dw.t();
            Gradients.Close(db, 3 * dw.matmul(a.t()), 1e-3, map.Module);
            Gradients.Close(da, 3 * b.t().matmul(dw), 1e-3, map.Module);
        }
    }

    public static TheoryData<string, AdapterOptions> Beside => new(
        from model in (string[])["{model_type: gpt2, n_embd: 16, n_layer: 2, n_head: 2, n_positions: 32}", "{model_type: qwen3, hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 32, max_position_embeddings: 32}"]
        from adapter in (AdapterOptions[])[new LoraOptions { R = 2 }, new PrefixTuningOptions { NumVirtualTokens = 3 }, new PromptTuningOptions { NumVirtualTokens = 3 }]
        select (model, adapter));

    /// <summary>Preferences and rewards weigh labels one by one: what learns beside the weights learns from them too.</summary>
    [Theory, MemberData(nameof(Beside))]
    public void Weighed_gradients_are_those_of_the_adapter(string name, AdapterOptions options)
    {
        using var scope = NewDisposeScope();
        using var model = (CausalModel)(RecipeFile.Parse($"model: {name}", "m.yaml").Model.Config with { VocabSize = 40 }).Build(Placement.Cpu, 3);
        var adapter = Adapter.Add(model, options, 1);
        foreach (var parameter in adapter.Parameters) parameter.Load(Gradients.Random(ScalarType.Float32, 5, parameter.Spec.Shape) * 0.05);
        var ids = arange(0, 24, dtype: ScalarType.Int64).view(2, 12) % 40;
        var batch = new ModelBatch { InputIds = ids, Labels = (ids * 5 + 3) % 40 };
        model.LossAndGradients(batch, 0.1);
        var expected = adapter.Parameters.Select(p => p.Value.grad!.clone()).ToList();
        model.ZeroGradients();
        model.WeighedGradients(batch, losses => [.. losses.Select(_ => 0.1f)]);
        foreach (var (parameter, gradient) in adapter.Parameters.Zip(expected))
        {
            gradient.abs().max().item<float>().Should().BePositive(parameter.Name);
            Gradients.Close(parameter.Value.grad!, gradient, 1e-4, parameter.Name);
        }
    }

    [Theory, MemberData(nameof(Causal))]
    public void Adapters_add_up_and_leave_one_by_one(string? name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new CausalFixture(name);
        var model = fixture.Model;
        if (!model.Config.Parameters().Any(model.Config.TakesAdapter)) return;
        var ids = CausalFixture.Ids(fixture.Json("inputs.json").GetProperty("input_ids"));
        using var guard = no_grad();
        var plain = model.Logits(ids, new ForwardContext());
        var first = Adapter.Add(model, new LoraOptions { R = 2 }, 1);
        var second = Adapter.Add(model, new BottleneckOptions { BottleneckSize = 4, TargetModules = new TextList(["all-linear"]) }, 2);
        foreach (var parameter in first.Parameters.Concat(second.Parameters)) parameter.Load(Gradients.Random(ScalarType.Float32, 5, parameter.Spec.Shape) * 0.05);
        var both = model.Logits(ids, new ForwardContext());
        first.SetActive(false);
        var one = model.Logits(ids, new ForwardContext());
        first.SetActive(true);
        second.SetActive(false);
        var other = model.Logits(ids, new ForwardContext());
        foreach (var (a, b) in ((Tensor, Tensor)[])[(plain, one), (plain, other), (one, other), (both, one), (both, other)]) (a - b).abs().max().item<float>().Should().BeGreaterThan(1e-5f);
        second.Dispose();
        first.Dispose();
        model.Logits(ids, new ForwardContext()).eq(plain).all().item<bool>().Should().BeTrue();
    }

    [Theory]
    [InlineData(QuantizationKind.Int8, 0.02)]
    [InlineData(QuantizationKind.Nf4, 0.2)]
    public void Over_quantized_weights_the_model_says_nearly_the_same_and_the_adapter_learns(QuantizationKind kind, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var model = new Loquat.Models.Llama.LlamaConfig { VocabSize = 61, HiddenSize = 64, NumHiddenLayers = 2, NumAttentionHeads = 4, IntermediateSize = 96, MaxPositionEmbeddings = 64, InitializerRange = 0.1 }.Build<CausalModel>(Placement.Cpu, seed: 3);
        var ids = randint(61, [2, 24], ScalarType.Int64, generator: new Generator(7));
        var before = model.Loss(ids, CausalFixture.Shifted(ids), new ForwardContext());
        var adapter = Adapter.Add(model, new LoraOptions { Quantization = kind }, 1);
        model.Parameters.Where(p => p.Quantized is not null).Select(p => p.Name).Should().BeEquivalentTo(model.Parameters.Where(p => model.Config.TakesAdapter(p.Spec)).Select(p => p.Name));
        var loss = model.LossAndGradients(ids, CausalFixture.Shifted(ids), 0.1, new ForwardContext { Training = true });
        loss.Should().BeApproximately(before, tolerance * before);
        foreach (var b in adapter.Parameters.Where(p => p.Name.Contains("lora_B", StringComparison.Ordinal))) b.Value.grad!.abs().max().item<float>().Should().BeGreaterThan(0);
        FluentActions.Invoking(adapter.Merge).Should().Throw<OptionsException>().WithMessage("*without quantization*");
    }
}
