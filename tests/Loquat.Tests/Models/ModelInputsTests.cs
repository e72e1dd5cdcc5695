using Loquat.Evaluation;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Models.Gpt2;
using Loquat.Models.Llama;
using static TorchSharp.torch;

namespace Loquat.Tests.Models;

/// <summary>What a model is given and does not have is refused: its kernels read by address.</summary>
public sealed class ModelInputsTests
{
    private const int Vocabulary = 19;
    private const int Context = 8;

    public static TheoryData<ModelConfig> Configs =>
    [
        new Gpt2Config { VocabSize = Vocabulary, NEmbd = 16, NLayer = 2, NHead = 2, NPositions = Context },
        new LlamaConfig { VocabSize = Vocabulary, HiddenSize = 16, NumHiddenLayers = 2, NumAttentionHeads = 2, IntermediateSize = 24, MaxPositionEmbeddings = Context },
        new LlamaConfig { VocabSize = Vocabulary, HiddenSize = 16, NumHiddenLayers = 1, NumAttentionHeads = 2, IntermediateSize = 24, MaxPositionEmbeddings = Context, Variant = LlamaVariant.Qwen3 },
    ];

    [Theory, MemberData(nameof(Configs))]
    public void A_sequence_longer_than_the_positions_is_refused_everywhere(ModelConfig config)
    {
        using var model = config.Build<CausalModel>(Placement.Cpu, 1);
        using var ids = zeros([2, Context + 1], dtype: ScalarType.Int64);
        Refused(() => model.Hidden(ids, new ForwardContext()), $"*{Context + 1} tokens*{Context} positions*");
        Refused(() => model.Logits(ids, new ForwardContext()), $"*{Context + 1} tokens*{Context} positions*");
        Refused(() => model.Loss(ids, ids, new ForwardContext()), $"*{Context + 1} tokens*{Context} positions*");
        Refused(() => model.LossAndGradients(ids, ids, 1, new ForwardContext { Training = true }), $"*{Context + 1} tokens*{Context} positions*");
        using var fitting = zeros([2, Context], dtype: ScalarType.Int64);
        model.LossAndGradients(fitting, fitting, 1, new ForwardContext { Training = true }).Should().BeGreaterThan(0);
    }

    [Theory, MemberData(nameof(Configs))]
    public void Tokens_and_labels_outside_the_vocabulary_are_refused(ModelConfig config)
    {
        using var model = config.Build<CausalModel>(Placement.Cpu, 1);
        using var good = tensor(new long[] { 0, Vocabulary - 1 }, [1, 2]);
        foreach (var id in (long[])[-1, Vocabulary, long.MaxValue, long.MinValue])
        {
            using var bad = tensor(new[] { 0, id }, [1, 2]);
            Refused(() => model.Logits(bad, new ForwardContext()), $"*token {id}*0 to {Vocabulary - 1}*");
            Refused(() => model.LossAndGradients(bad, good, 1, new ForwardContext()), $"*token {id}*");
            if (id < 0) continue;
            Refused(() => model.Loss(good, bad, new ForwardContext()), $"*label {id}*0 to {Vocabulary - 1}*");
            Refused(() => model.LossAndGradients(good, bad, 1, new ForwardContext()), $"*label {id}*");
        }
        using var ignored = tensor(new long[] { -100, 3 }, [1, 2]);
        model.Loss(good, ignored, new ForwardContext()).Should().BeGreaterThan(0);
    }

    [Theory, MemberData(nameof(Configs))]
    public void Positions_caches_shapes_and_types_that_do_not_fit_are_refused(ModelConfig config)
    {
        using var model = config.Build<CausalModel>(Placement.Cpu, 1);
        using var ids = zeros([2, 3], dtype: ScalarType.Int64);
        using var beyond = full([2, 3], Context, dtype: ScalarType.Int64);
        using var one = zeros([1, 3], dtype: ScalarType.Int64);
        using var spread = one.expand(2, 3);
        using var flat = zeros([3], dtype: ScalarType.Int64);
        using var numbers = zeros([2, 3]);
        using var small = model.NewCache(2, 2);
        using var other = model.NewCache(1, Context);
        Refused(() => model.Hidden(ids, new ForwardContext { Positions = beyond }), $"*position {Context}*0 to {Context - 1}*");
        Refused(() => model.Hidden(ids, new ForwardContext { Positions = one }), "*(1, 3)*expected (2, 3)*");
        Refused(() => model.Hidden(ids, new ForwardContext { Positions = spread }), "*contiguous*");
        Refused(() => model.Hidden(ids, new ForwardContext { Cache = small }), "*3 tokens*cache of 2*");
        Refused(() => model.Hidden(ids, new ForwardContext { Cache = other }), "*1 sequences*2 sequences*");
        Refused(() => model.Hidden(flat, new ForwardContext()), "*(3) of Int64*");
        Refused(() => model.Hidden(numbers, new ForwardContext()), "*Float32*Int64*");
        Refused(() => model.Loss(ids, one, new ForwardContext()), "*(1, 3)*(2, 3)*");
    }

    [Fact]
    public void The_rotation_itself_keeps_to_its_tables()
    {
        using var scope = NewDisposeScope();
        using var rotary = new RotaryEmbedding(8, Context, new RopeParameters(), CPU);
        using var x = ones(1, 4, 2, 8);
        Refused(() => rotary.Apply(x, null, Context - 3, null, 1e-6), $"*position {Context} in tables of {Context}*");
        Refused(() => rotary.Apply(x, tensor(new long[] { 0, 1, 2, -1 }).view(1, 4), 0, null, 1e-6), "*position -1*");
        rotary.Apply(x, null, Context - 4, null, 1e-6).shape.Should().Equal(1, 4, 2, 8);
    }

    [Theory]
    [MemberData(nameof(Impossible))]
    public void A_configuration_built_in_code_that_cannot_be_is_refused(ModelConfig config, string field) => Refused(() => config.Build<CausalModel>(Placement.Cpu, 1), $"*{field}*");

    public static TheoryData<ModelConfig, string> Impossible
    {
        get
        {
            var gpt2 = new Gpt2Config { VocabSize = Vocabulary, NEmbd = 16, NLayer = 2, NHead = 2, NPositions = Context };
            var llama = new LlamaConfig { VocabSize = Vocabulary, HiddenSize = 16, NumHiddenLayers = 2, NumAttentionHeads = 2, IntermediateSize = 24, MaxPositionEmbeddings = Context };
            var cases = new TheoryData<ModelConfig, string>();
            foreach (var size in (int[])[0, -1])
            {
                cases.Add(gpt2 with { VocabSize = size }, "vocab_size");
                cases.Add(gpt2 with { NEmbd = size }, "n_embd");
                cases.Add(gpt2 with { NLayer = size }, "n_layer");
                cases.Add(gpt2 with { NHead = size }, "n_head");
                cases.Add(gpt2 with { NPositions = size }, "n_positions");
                cases.Add(gpt2 with { NInner = size }, "n_inner");
                cases.Add(llama with { HiddenSize = size }, "hidden_size");
                cases.Add(llama with { NumHiddenLayers = size }, "num_hidden_layers");
                cases.Add(llama with { NumAttentionHeads = size }, "num_attention_heads");
                cases.Add(llama with { NumKeyValueHeads = size }, "num_key_value_heads");
                cases.Add(llama with { HeadDim = size }, "head_dim");
                cases.Add(llama with { IntermediateSize = size }, "intermediate_size");
                cases.Add(llama with { MaxPositionEmbeddings = size }, "max_position_embeddings");
            }
            cases.Add(gpt2 with { NHead = 3 }, "multiple of n_head");
            cases.Add(gpt2 with { ResidPdrop = double.NaN }, "resid_pdrop");
            cases.Add(gpt2 with { EmbdPdrop = 1.5 }, "embd_pdrop");
            cases.Add(gpt2 with { LayerNormEpsilon = double.PositiveInfinity }, "layer_norm_epsilon");
            cases.Add(llama with { NumAttentionHeads = 3 }, "multiple of num_attention_heads");
            cases.Add(llama with { NumAttentionHeads = 2, NumKeyValueHeads = 3 }, "multiple of num_key_value_heads");
            cases.Add(llama with { HeadDim = 5 }, "even");
            cases.Add(llama with { RopeParameters = new() { RopeTheta = double.NaN } }, "rope_theta");
            cases.Add(llama with { RopeParameters = new() { RopeTheta = -1 } }, "rope_theta");
            cases.Add(llama with { RmsNormEps = double.NaN }, "rms_norm_eps");
            cases.Add(llama with { InitializerRange = -0.1 }, "initializer_range");
            return cases;
        }
    }

    [Fact]
    public void Rows_and_batches_of_an_evaluation_are_positive()
    {
        Refused(() => new EvaluationRows(_ => 0, [4], 0, null), "*0 tokens*");
        using var model = new Gpt2Config { VocabSize = Vocabulary, NEmbd = 16, NLayer = 1, NHead = 2, NPositions = Context }.Build<CausalModel>(Placement.Cpu, 1);
        var evaluator = new PerplexityEvaluator(new EvaluationRows(_ => 0, [2L * Context], Context, null), 16);
        Refused(() => evaluator.Evaluate(model, 0), "*0 rows*");
        Refused(() => evaluator.Evaluate(model, 1, maxRows: 0), "*0 rows*");
        var longer = new PerplexityEvaluator(new EvaluationRows(_ => 0, [2L * Context], Context + 1, null), 16);
        Refused(() => longer.Evaluate(model, 1), $"*{Context + 1} tokens*");
    }

    private static void Refused(Action action, string message) => action.Should().Throw<OptionsException>().WithMessage(message);

    private static void Refused(Func<object?> action, string message) => action.Should().Throw<OptionsException>().WithMessage(message);
}
