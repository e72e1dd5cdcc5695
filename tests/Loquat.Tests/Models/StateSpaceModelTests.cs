using Loquat.Checkpoints;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Models.Mamba;
using Loquat.Models.Rwkv;
using Loquat.Tests.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Models;

/// <summary>Mamba and RWKV-4 as language models: equal to their equations written plainly, with = without a carried state, padding, packed documents, folders, published sizes.</summary>
public sealed class StateSpaceModelTests
{
    public static TheoryData<string> Variants => ["mamba", "mamba_biased", "mamba_mish", "rwkv", "rwkv_wide", "rwkv_tied"];

    private static ModelConfig Config(string variant) => variant switch
    {
        "mamba" => new MambaConfig { VocabSize = 37, HiddenSize = 12, NumHiddenLayers = 2, StateSize = 5 },
        "mamba_biased" => new MambaConfig { VocabSize = 37, HiddenSize = 20, NumHiddenLayers = 2, StateSize = 3, UseBias = true, UseConvBias = false, TieWordEmbeddings = false, IntermediateSize = 70, TimeStepRank = 4 },
        "mamba_mish" => new MambaConfig { VocabSize = 37, HiddenSize = 12, NumHiddenLayers = 2, HiddenAct = ActivationKind.Mish, ConvKernel = 3, ConstantTimeSteps = true, RescalePrenormResidual = true },
        "rwkv" => new RwkvConfig { VocabSize = 37, HiddenSize = 12, NumHiddenLayers = 2 },
        "rwkv_tied" => new RwkvConfig { VocabSize = 37, HiddenSize = 12, NumHiddenLayers = 1, TieWordEmbeddings = true },
        _ => new RwkvConfig { VocabSize = 37, HiddenSize = 12, NumHiddenLayers = 3, AttentionHiddenSize = 20, IntermediateSize = 30, RescaleEvery = 0 },
    };

    /// <summary>A model none of whose parameters is 0, as RWKV's projections are at the start.</summary>
    private static CausalModel Build(string variant)
    {
        var model = Config(variant).Build<CausalModel>(Placement.Cpu, seed: 3);
        using var guard = no_grad();
        foreach (var (parameter, i) in model.Parameters.Select((p, i) => (p, i)))
            if (parameter.Value.abs().max().item<float>() < 1e-3) parameter.Load(0.4 * Gradients.Random(ScalarType.Float32, i, parameter.Spec.Shape));
        return model;
    }

    private static Tensor Ids(long batch, long tokens, int seed = 7)
    {
        using var generator = new Generator((ulong)seed);
        return randint(37, [batch, tokens], ScalarType.Int64, generator: generator);
    }

    [Theory, MemberData(nameof(Variants))]
    public void Logits_and_gradients_are_those_of_the_equations(string variant)
    {
        using var scope = NewDisposeScope();
        using var model = Build(variant);
        var ids = Ids(2, 21);
        // Each parameter as a leaf of its own, and the embedding looked up within autograd.
        var leaves = model.Parameters.ToDictionary(p => p.Name, p => p.Value.detach().clone().requires_grad_(true));
        var logits = model.Config is MambaConfig mamba ? PlainMamba.Logits(mamba, leaves, ids) : PlainRwkv.Logits((RwkvConfig)model.Config, leaves, ids);
        using (no_grad()) Gradients.Close(model.Logits(ids, new ForwardContext()), logits, 2e-5, "logits");
        var loss = nn.functional.cross_entropy(logits.view(-1, 37), ids.view(-1), reduction: nn.Reduction.Sum);
        (loss * 0.1).backward();
        model.LossAndGradients(ids, ids, 0.1, new ForwardContext { Training = true }).Should().BeApproximately(loss.item<float>(), 1e-3);
        foreach (var parameter in model.Parameters) Gradients.Close(parameter.Value.grad!, leaves[parameter.Name].grad!, 1e-4, parameter.Name);
    }

    [Theory, MemberData(nameof(Variants))]
    public void A_text_read_in_pieces_is_the_text_read_whole(string variant)
    {
        using var scope = NewDisposeScope();
        using var guard = inference_mode();
        using var model = Build(variant);
        var ids = Ids(2, 40);
        var whole = model.Logits(ids, new ForwardContext());
        using var state = model.NewCache(2, 1);
        var pieces = new List<Tensor>();
        foreach (var (start, length) in ((long, long)[])[(0, 19), (19, 1), (20, 1), (21, 2), (23, 17)])
            pieces.Add(model.Logits(ids.narrow(1, start, length), new ForwardContext { Cache = state }));
        Gradients.Close(cat(pieces, 1), whole, 2e-5, "logits");
        state.Length.Should().Be(40);

        // Rows of a beam go on from others; a state goes back to the beginning only.
        state.Reorder([1, 1, 0]);
        var next = model.Logits(ids.index_select(0, tensor([1L, 1, 0])).narrow(1, 0, 2), new ForwardContext { Cache = state });
        (next[0] - next[1]).abs().max().item<float>().Should().BeLessThan(1e-5f);
        FluentActions.Invoking(() => state.Truncate(3)).Should().Throw<OptionsException>().WithMessage("*cannot go back*");
        state.Truncate(0);
        Gradients.Close(model.Logits(ids.index_select(0, tensor([1L, 1, 0])), new ForwardContext { Cache = state })[2], whole[0], 2e-5, "from the beginning");
    }

    [Theory, MemberData(nameof(Variants))]
    public void Padding_and_documents_before_a_text_change_nothing(string variant)
    {
        using var scope = NewDisposeScope();
        using var guard = inference_mode();
        using var model = Build(variant);
        var (first, second) = (Ids(1, 5), Ids(1, 28, seed: 8));
        var expected = model.Logits(second, new ForwardContext());
        var both = cat([first, second], 1);
        var mask = cat([zeros_like(first), ones_like(second)], 1);
        var padded = model.Logits(both, new ForwardContext { AttentionMask = mask, Positions = (mask.cumsum(1) - 1).clamp(min: 0) });
        Gradients.Close(padded.narrow(1, 5, 28), expected, 2e-5, "padded");
        Gradients.Close(model.Logits(both, new ForwardContext { Documents = mask }).narrow(1, 5, 28), expected, 2e-5, "packed");

        // Padded rows that go on.
        using var state = model.NewCache(1, 1);
        model.Logits(both.narrow(1, 0, 12), new ForwardContext { AttentionMask = mask.narrow(1, 0, 12), Cache = state });
        Gradients.Close(model.Logits(both.narrow(1, 12, 21), new ForwardContext { AttentionMask = mask, Cache = state }), expected.narrow(1, 7, 21), 2e-5, "padded, in pieces");
        var right = () => model.Logits(both.narrow(1, 12, 21), new ForwardContext { AttentionMask = mask.flip(1), Cache = state });
        right.Should().Throw<OptionsException>().WithMessage("*padded on the left*");
    }

    [Theory, MemberData(nameof(Variants))]
    public void Packed_documents_have_the_gradients_of_each(string variant)
    {
        using var scope = NewDisposeScope();
        using var model = Build(variant);
        var (first, second) = (Ids(1, 17), Ids(1, 17, seed: 8));
        foreach (var text in (Tensor[])[first, second]) model.LossAndGradients(text, text, 0.1, new ForwardContext { Training = true });
        var expected = model.Parameters.Select(p => p.Value.grad!.clone()).ToList();
        model.ZeroGradients();
        var both = cat([first, second], 1);
        model.LossAndGradients(both, both, 0.1, new ForwardContext { Training = true, Documents = cat([zeros_like(first), ones_like(first)], 1) });
        for (var i = 0; i < expected.Count; i++) Gradients.Close(model.Parameters[i].Value.grad!, expected[i], 1e-4, model.Parameters[i].Name);
    }

    [Theory, MemberData(nameof(Variants))]
    public void Truncated_backpropagation_goes_on_from_the_state_of_the_batch_before(string variant)
    {
        using var scope = NewDisposeScope();
        using var model = Build(variant);
        var ids = Ids(2, 12);
        var whole = model.Loss(ids, ids, new ForwardContext());
        using var state = model.NewCache(2, 1);
        var first = model.LossAndGradients(ids.narrow(1, 0, 5), ids.narrow(1, 0, 5), 0.1, new ForwardContext { Training = true, Cache = state });
        (first + model.LossAndGradients(ids.narrow(1, 5, 7), ids.narrow(1, 5, 7), 0.1, new ForwardContext { Training = true, Cache = state })).Should().BeApproximately(whole, 1e-3);
        model.Parameters.Should().OnlyContain(p => p.Value.grad!.isfinite().all().item<bool>());
    }

    [Theory, MemberData(nameof(Variants))]
    public void A_folder_gives_the_same_model(string variant)
    {
        using var scope = NewDisposeScope();
        using var model = Build(variant);
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("config.json"), model.Config.ToJson().ToJsonString());
        // As base models are published: without the head, and with the name that the authors of Mamba gave to the embedding.
        SafetensorsWriter.Write(folder.File("model.safetensors"), [.. model.Parameters.Select(p => (p.Name.Replace("backbone.embeddings", "backbone.embedding", StringComparison.Ordinal), p.Value))]);
        using var loaded = ModelFolder.Load<CausalModel>(folder.Path, Placement.Cpu);
        loaded.Config.ToJson().ToJsonString().Should().Be(model.Config.ToJson().ToJsonString());
        var ids = Ids(2, 5);
        (loaded.Logits(ids, new ForwardContext()) - model.Logits(ids, new ForwardContext())).abs().max().item<float>().Should().Be(0);
    }

    [Fact]
    public void Bfloat16_computes_nearly_the_same()
    {
        using var scope = NewDisposeScope();
        foreach (var variant in (string[])["mamba", "rwkv"])
        {
            using var model = Build(variant);
            using var half = Config(variant).Build<CausalModel>(new Placement(CPU, ScalarType.BFloat16), seed: 3);
            foreach (var parameter in model.Parameters) half[parameter.Name].Load(parameter.Value);
            var ids = Ids(2, 20);
            var expected = model.LossAndGradients(ids, ids, 0.1, new ForwardContext { Training = true });
            half.LossAndGradients(ids, ids, 0.1, new ForwardContext { Training = true }).Should().BeApproximately(expected, 0.02 * expected);
        }
    }

    [Theory]
    [InlineData("""{"model_type": "mamba", "vocab_size": 5, "hidden_size": 4, "num_hidden_layers": 1, "rms_norm": false}""", "*rms_norm is false*")]
    [InlineData("""{"model_type": "mamba", "vocab_size": 5, "hidden_size": 4, "num_hidden_layers": 1, "time_step_rank": "all"}""", "*time_step_rank*")]
    [InlineData("""{"model_type": "mamba", "vocab_size": 5, "hidden_size": 4, "num_hidden_layers": 1, "n_groups": 2}""", "*n_groups is 2*does not know*")]
    [InlineData("""{"model_type": "rwkv", "vocab_size": 5, "hidden_size": 4, "num_hidden_layers": 1, "rescale_every": -1}""", "*rescale_every is -1*")]
    [InlineData("""{"model_type": "rwkv", "vocab_size": 5, "hidden_size": 4, "num_hidden_layers": 1, "head_size": 64}""", "*head_size is 64*does not know*")]
    public void What_is_not_built_is_refused_by_name(string json, string message) =>
        FluentActions.Invoking(() => ConfigText.Read(json)).Should().Throw<CheckpointException>().WithMessage(message);

    private const string Mamba130M = """
        {"model_type": "mamba", "architectures": ["MambaForCausalLM"], "vocab_size": 50280, "hidden_size": 768, "d_model": 768, "d_inner": 1536, "intermediate_size": 1536, "num_hidden_layers": 24, "n_layer": 24,
        "state_size": 16, "conv_kernel": 4, "expand": 2, "time_step_rank": 48, "use_bias": false, "use_conv_bias": true, "hidden_act": "silu", "layer_norm_epsilon": 1e-05, "initializer_range": 0.1,
        "time_step_min": 0.001, "time_step_max": 0.1, "time_step_floor": 0.0001, "time_step_scale": 1.0, "time_step_init_scheme": "random", "rescale_prenorm_residual": false, "residual_in_fp32": true,
        "rms_norm": true, "fused_add_norm": true, "ssm_cfg": {}, "pad_vocab_size_multiple": 8, "use_cache": true, "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0, "torch_dtype": "float32"}
        """;

    private const string Rwkv169M = """
        {"model_type": "rwkv", "architectures": ["RwkvForCausalLM"], "vocab_size": 50277, "hidden_size": 768, "num_hidden_layers": 12, "attention_hidden_size": 768, "intermediate_size": 3072,
        "context_length": 1024, "layer_norm_epsilon": 1e-05, "rescale_every": 6, "tie_word_embeddings": false, "bos_token_id": 0, "eos_token_id": 0, "use_cache": true, "torch_dtype": "float32"}
        """;

    [Theory]
    [InlineData(Mamba130M, 129_135_360, "backbone.layers.23.mixer.x_proj.weight", "80 1536")]
    [InlineData(Mamba130M, 129_135_360, "backbone.layers.0.mixer.conv1d.weight", "1536 1 4")]
    [InlineData(Rwkv169M, 169_342_464, "rwkv.blocks.11.feed_forward.value.weight", "768 3072")]
    [InlineData(Rwkv169M, 169_342_464, "rwkv.blocks.0.attention.time_mix_key", "1 1 768")]
    public void Counts_names_and_shapes_are_the_published_ones(string json, long count, string name, string shape)
    {
        var config = ConfigText.Read(json);
        config.ParameterCount().Should().Be(count);
        string.Join(' ', config.Parameters().Single(spec => spec.Name == name).Shape).Should().Be(shape);
    }

    [Fact]
    public void They_start_as_their_papers_say()
    {
        using var scope = NewDisposeScope();
        using var mamba = Config("mamba").Build(Placement.Cpu, seed: 3);
        mamba["backbone.layers.1.mixer.A_log"].Value[3].data<float>().ToArray().Should().Equal(Enumerable.Range(1, 5).Select(n => (float)Math.Log(n)));
        var steps = nn.functional.softplus(mamba["backbone.layers.0.mixer.dt_proj.bias"].Value);
        steps.min().item<float>().Should().BeInRange(0.00099f, 0.1001f);
        steps.max().item<float>().Should().BeInRange(steps.min().item<float>() * 2, 0.1001f);

        using var rwkv = Config("rwkv").Build(Placement.Cpu, seed: 3);
        var key = rwkv["rwkv.blocks.0.feed_forward.key.weight"].Value;                                   // (48, 12): gain √4
        (key.t().matmul(key) - 4 * eye(12)).abs().max().item<float>().Should().BeLessThan(1e-5f);
        rwkv["rwkv.blocks.1.attention.output.weight"].Value.abs().max().item<float>().Should().Be(0);
        var decay = rwkv["rwkv.blocks.1.attention.time_decay"].Value;
        (decay[0].item<float>(), decay[11].item<float>()).Should().Be((-5f, 3f));
    }
}
