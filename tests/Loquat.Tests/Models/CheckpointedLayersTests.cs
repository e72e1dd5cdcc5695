using Loquat.Adapters;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Planning;
using Loquat.Recipes;
using Loquat.Tests.Layers;
using static TorchSharp.torch;

namespace Loquat.Tests.Models;

/// <summary>Layers that compute their activations anew give the gradients of those that keep them, dropout included.</summary>
public sealed class CheckpointedLayersTests
{
    private const int Vocabulary = 61;

    [Theory]
    [InlineData("model_type: gpt2, n_embd: 16, n_layer: 3, n_head: 2, n_positions: 32")]
    [InlineData("model_type: gpt2, n_embd: 16, n_layer: 3, n_head: 2, n_positions: 32, resid_pdrop: 0.2, attn_pdrop: 0.1, embd_pdrop: 0.1")]
    [InlineData("model_type: qwen3, hidden_size: 16, num_hidden_layers: 3, num_attention_heads: 2, num_key_value_heads: 1, intermediate_size: 24")]
    [InlineData("model_type: llama, hidden_size: 16, num_hidden_layers: 3, num_attention_heads: 2, num_key_value_heads: 2, intermediate_size: 24, attention_dropout: 0.3")]
    [InlineData("model_type: gemma3_text, hidden_size: 16, num_hidden_layers: 3, num_attention_heads: 2, num_key_value_heads: 1, head_dim: 8, intermediate_size: 24, sliding_window: 4, layer_types: [sliding_attention, full_attention, sliding_attention]")]
    [InlineData("model_type: gpt_neox, hidden_size: 16, num_hidden_layers: 3, num_attention_heads: 2, intermediate_size: 24, hidden_dropout: 0.2")]
    [InlineData("model_type: bert, architectures: [BertForMaskedLM], hidden_size: 16, num_hidden_layers: 3, num_attention_heads: 2, intermediate_size: 24, hidden_dropout_prob: 0.2, attention_probs_dropout_prob: 0.2")]
    [InlineData("model_type: modernbert, architectures: [ModernBertForMaskedLM], hidden_size: 16, num_hidden_layers: 3, num_attention_heads: 2, intermediate_size: 24, mlp_dropout: 0.2, local_attention: 4")]
    [InlineData("model_type: t5, d_model: 16, d_kv: 8, d_ff: 24, num_layers: 2, num_decoder_layers: 3, num_heads: 2, dropout_rate: 0.2")]
    [InlineData("model_type: bart, d_model: 16, encoder_layers: 2, decoder_layers: 3, encoder_attention_heads: 2, decoder_attention_heads: 2, encoder_ffn_dim: 24, decoder_ffn_dim: 24, max_position_embeddings: 32, dropout: 0.2, decoder_layerdrop: 0.4")]
    public void Gradients_are_those_of_layers_that_keep_what_they_computed(string keys)
    {
        using var scope = NewDisposeScope();
        using var model = Config(keys).Build(Placement.Cpu, seed: 3);
        using var generator = new Generator(7);
        Tensor Ids() => randint(5, Vocabulary, [3, 9], ScalarType.Int64, generator: generator);
        var mask = ones(3, 9, dtype: ScalarType.Int64);
        if (model is not CausalModel) mask[1, 7] = mask[1, 8] = 0;
        var batch = new ModelBatch { InputIds = Ids(), Labels = Ids(), AttentionMask = model is CausalModel ? null : mask, DecoderInputIds = model is EncoderDecoderModel ? Ids() : null };
        var expected = Run(model, batch, 0);
        foreach (var layers in (int[])[1, 2, int.MaxValue])
        {
            var found = Run(model, batch, layers);
            found.Loss.Should().Be(expected.Loss);
            for (var i = 0; i < expected.Gradients.Count; i++)
            {
                // What all layers of a decoder read collects their gradients in another order.
                if (model is EncoderDecoderModel) Gradients.Close(found.Gradients[i], expected.Gradients[i], 1e-5, model.Parameters[i].Name);
                else found.Gradients[i].equal(expected.Gradients[i]).all().item<bool>().Should().BeTrue(model.Parameters[i].Name);
            }
        }
    }

    [Fact]
    public void Adapters_drop_the_same_again()
    {
        using var scope = NewDisposeScope();
        using var model = Config("model_type: qwen3, hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 2, num_key_value_heads: 1, intermediate_size: 24").Build(Placement.Cpu, seed: 3);
        var adapter = Adapter.Add(model, new LoraOptions { R = 2, LoraDropout = 0.4 }, 1);
        foreach (var parameter in adapter.Parameters) parameter.Load(Gradients.Random(ScalarType.Float32, 5, parameter.Spec.Shape));
        using var generator = new Generator(7);
        var batch = new ModelBatch { InputIds = randint(5, Vocabulary, [3, 9], ScalarType.Int64, generator: generator), Labels = randint(5, Vocabulary, [3, 9], ScalarType.Int64, generator: generator) };
        (double, List<Tensor>) Learn(int layers)
        {
            foreach (var parameter in adapter.Parameters) parameter.Value.grad = null;
            return (Run(model, batch, layers).Loss, [.. adapter.Parameters.Select(p => p.Value.grad!.clone())]);
        }
        var (loss, gradients) = Learn(0);
        var (again, others) = Learn(2);
        again.Should().Be(loss);
        for (var i = 0; i < gradients.Count; i++) others[i].equal(gradients[i]).all().item<bool>().Should().BeTrue(adapter.Parameters[i].Name);
    }

    [Theory]
    [InlineData("model_type: mamba, hidden_size: 16, num_hidden_layers: 1")]
    [InlineData("model_type: mixtral, hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2, num_key_value_heads: 1, intermediate_size: 24, num_local_experts: 2")]
    public void A_model_that_cannot_says_so(string keys)
    {
        using var model = Config(keys).Build(Placement.Cpu, seed: 3);
        var set = () => model.CheckpointedLayers = 1;
        set.Should().Throw<OptionsException>().WithMessage($"gradient checkpointing is not offered for {model.Config.ModelType}*");
    }

    [Fact]
    public void As_few_layers_as_the_memory_allows_compute_anew()
    {
        Recipe With(string training) => RecipeFile.Parse($"model: {{model_type: gpt2, n_embd: 64, n_layer: 6, n_head: 2, n_positions: 128}}\ntraining: {{per_device_train_batch_size: 64{training}}}", "r.yaml");
        var config = With("").Model.ToConfig(1000, null);
        var state = MemoryPlan.Of(config.ParameterCount(), TrainingPrecision.Float32, 2).Total;
        double Bytes(int layers) => state + ActivationPlan.Bytes(ModelShape.Find(config)!, 64, 128, 4, checkpointed: layers);
        for (var layers = 0; layers <= 6; layers++)
        {
            if (layers == 1) continue;   // one layer alone saves nothing: it is there whole while it is computed anew
            RecipeMemory.CheckpointedLayers(With(FormattableString.Invariant($", max_memory: {Math.Ceiling(Bytes(layers) / 1e3):F0}KB")), config).Should().Be(layers);
        }
        Bytes(6).Should().BeLessThan(0.5 * Bytes(0));
        RecipeMemory.CheckpointedLayers(With(", gradient_checkpointing: true"), config).Should().BeGreaterThanOrEqualTo(6);
        var little = () => RecipeMemory.CheckpointedLayers(With(", max_memory: 1MB"), config);
        little.Should().Throw<OptionsException>().WithMessage("training.max_memory is 1MB, but training needs about*");
        var odd = () => With(", max_memory: 8");
        odd.Should().Throw<OptionsException>().WithMessage("*training.max_memory is '8'*8GB*");
    }

    [Theory]
    [InlineData("8GB", 8e9)]
    [InlineData("7.5 gib", 7.5 * 1024 * 1024 * 1024)]
    [InlineData("800MB", 8e8)]
    [InlineData("8", null)]
    [InlineData("0GB", null)]
    [InlineData("7,5GB", null)]
    public void Sizes_are_read_as_people_write_them(string text, double? bytes) => RecipeMemory.LimitOf(text).Should().Be((long?)bytes);

    private static ModelConfig Config(string keys) => RecipeFile.Parse($"model: {{{keys}}}", "r.yaml").Model.ToConfig(Vocabulary, null);

    private static (double Loss, List<Tensor> Gradients) Run(Model model, ModelBatch batch, int checkpointed)
    {
        model.ZeroGradients();
        model.CheckpointedLayers = checkpointed;
        using var draws = Randomness.From(11);
        var loss = model.LossAndGradients(batch, 0.1);
        return (loss, [.. model.Parameters.Select(p => p.Value.grad?.clone() ?? zeros_like(p.Value))]);
    }
}
