using Loquat.Layers;
using Loquat.Models;
using Loquat.Models.Gpt2;
using Loquat.Models.Llama;
using Loquat.Tests.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Models;

/// <summary>The written-out training pass gives what autograd gives, over shapes that fill no register and no block evenly.</summary>
public sealed class TrainingPassTests
{
    private static ModelConfig Config(string architecture, int width, int heads, int keyValueHeads) => architecture == "gpt2"
        ? new Gpt2Config { VocabSize = 61, NEmbd = width, NLayer = 2, NHead = heads, NPositions = 160, InitializerRange = 0.2 }
        : new LlamaConfig
        {
            VocabSize = 61,
            HiddenSize = width,
            NumHiddenLayers = 2,
            NumAttentionHeads = heads,
            NumKeyValueHeads = keyValueHeads,
            IntermediateSize = 2 * width + 6,
            MaxPositionEmbeddings = 160,
            Variant = architecture == "qwen3" ? LlamaVariant.Qwen3 : LlamaVariant.Llama,
            HiddenAct = architecture == "qwen3" ? ActivationKind.Relu2 : ActivationKind.Silu,
            InitializerRange = 0.2,
        };

    [Theory]
    [InlineData("gpt2", 24, 2, 2, 1, 1, ScalarType.Float32, 1e-4)]
    [InlineData("gpt2", 64, 2, 2, 3, 21, ScalarType.Float32, 1e-4)]
    [InlineData("gpt2", 60, 3, 3, 2, 150, ScalarType.Float32, 1e-4)]
    [InlineData("llama", 48, 4, 2, 3, 40, ScalarType.Float32, 1e-4)]
    [InlineData("qwen3", 64, 4, 1, 2, 133, ScalarType.Float32, 1e-4)]
    [InlineData("qwen3", 40, 2, 2, 5, 7, ScalarType.Float32, 1e-4)]
    [InlineData("gpt2", 64, 2, 2, 3, 32, ScalarType.BFloat16, 6e-2)]
    [InlineData("qwen3", 64, 4, 2, 3, 32, ScalarType.BFloat16, 6e-2)]
    public void Loss_and_gradients_are_those_of_autograd(string architecture, int width, int heads, int keyValueHeads, int batch, int tokens, ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var model = Config(architecture, width, heads, keyValueHeads).Build<CausalModel>(new Placement(CPU, type), seed: 3);
        using var generator = new Generator(7);
        var ids = randint(61, [batch, tokens], ScalarType.Int64, generator: generator);
        var labels = randint(61, [batch, tokens], ScalarType.Int64, generator: generator);
        labels[0, 0] = -100;

        // A context that names its positions is autograd's.
        var positions = arange(tokens, dtype: ScalarType.Int64).expand(batch, tokens).contiguous();
        var expectedLoss = model.LossAndGradients(ids, labels, 0.1, new ForwardContext { Training = true, Positions = positions });
        var expected = model.Parameters.Select(p => p.Value.grad!.clone()).ToList();
        model.ZeroGradients();
        var loss = model.LossAndGradients(ids, labels, 0.1, new ForwardContext { Training = true });
        loss.Should().BeApproximately(expectedLoss, tolerance * Math.Max(1, expectedLoss));
        for (var i = 0; i < expected.Count; i++) Gradients.Close(model.Parameters[i].Value.grad!, expected[i], tolerance, model.Parameters[i].Name);

        // A second micro-batch adds.
        model.LossAndGradients(ids, labels, 0.1, new ForwardContext { Training = true });
        for (var i = 0; i < expected.Count; i++) Gradients.Close(model.Parameters[i].Value.grad!, expected[i] * 2, tolerance, model.Parameters[i].Name);
    }

    public static TheoryData<string> Variants => ["scale", "inverse", "untied", "gelu", "biases"];

    /// <summary>Settings that a config may bring, by the written-out pass or by autograd: both ways of the same model agree, and every parameter has a gradient.</summary>
    [Theory, MemberData(nameof(Variants))]
    public void Settings_of_other_configurations_train_too(string variant)
    {
        var gpt2 = (Gpt2Config)Config("gpt2", 24, 2, 2);
        ModelConfig config = variant switch
        {
            "scale" => gpt2 with { ScaleAttnWeights = false },
            "inverse" => gpt2 with { ScaleAttnByInverseLayerIdx = true },
            "untied" => gpt2 with { TieWordEmbeddings = false },
            "gelu" => gpt2 with { ActivationFunction = ActivationKind.Gelu },
            _ => (LlamaConfig)Config("llama", 24, 2, 2) with { AttentionBias = true, MlpBias = true },
        };
        using var scope = NewDisposeScope();
        using var model = config.Build<CausalModel>(Placement.Cpu, seed: 3);
        using var generator = new Generator(7);
        var ids = randint(61, [2, 19], ScalarType.Int64, generator: generator);
        var positions = arange(19, dtype: ScalarType.Int64).expand(2, 19).contiguous();
        var expected = model.LossAndGradients(ids, ids, 0.1, new ForwardContext { Training = true, Positions = positions });
        var gradients = model.Parameters.Select(p => p.Value.grad!.clone()).ToList();
        model.ZeroGradients();
        model.LossAndGradients(ids, ids, 0.1, new ForwardContext { Training = true }).Should().BeApproximately(expected, 1e-3);
        for (var i = 0; i < gradients.Count; i++)
        {
            Gradients.Close(model.Parameters[i].Value.grad!, gradients[i], 1e-4, model.Parameters[i].Name);
            // A bias of keys moves all scores of a query alike.
            if (!model.Parameters[i].Name.Contains("k_proj.bias", StringComparison.Ordinal)) gradients[i].abs().max().item<float>().Should().BeGreaterThan(0, model.Parameters[i].Name);
        }
    }

    [Fact]
    public void The_same_batch_gives_the_same_bits()
    {
        using var scope = NewDisposeScope();
        using var model = Config("qwen3", 64, 4, 2).Build<CausalModel>(Placement.Cpu, seed: 3);
        using var generator = new Generator(7);
        var ids = randint(61, [4, 100], ScalarType.Int64, generator: generator);
        float[][] Run()
        {
            model.ZeroGradients();
            model.LossAndGradients(ids, ids, 0.01, new ForwardContext { Training = true });
            return [.. model.Parameters.Select(p => p.Value.grad!.data<float>().ToArray())];
        }
        var first = Run();
        Run().Should().BeEquivalentTo(first, options => options.WithStrictOrdering());
    }
}
