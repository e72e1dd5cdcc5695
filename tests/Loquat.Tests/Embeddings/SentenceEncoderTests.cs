using System.Text.Json;
using Loquat.Checkpoints;
using Loquat.Embeddings;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Models.Bert;
using Loquat.Text.Tokenization;
using Loquat.Tests.Reference;
using Microsoft.Extensions.AI;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Embeddings;

/// <summary>Embeddings of real models are the reference's; every pooling is what slow code gives; modules, prompts and limits are honored or refused.</summary>
public sealed class SentenceEncoderTests
{
    private const string Texts = "expected.json";

    public static TheoryData<string?> Real => [.. SharedFolder.FoldersWith(Texts, "fixtures", "real")];

    [Theory, MemberData(nameof(Real))]
    public async Task Embeddings_of_a_real_model_are_the_reference(string? name)
    {
        var fixture = SharedFolder.Require("fixtures", "real", name ?? Texts);
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(fixture, Texts), TestContext.Current.CancellationToken));
        string[] texts = [.. json.RootElement.GetProperty("texts").EnumerateArray().Select(text => text.GetString()!)];
        var ids = json.RootElement.GetProperty("ids").EnumerateArray().Select(row => row.EnumerateArray().Select(id => id.GetInt32()).ToArray()).ToList();
        var folder = SharedFolder.Require("data", "models", name!);
        var tokenizer = Tokenizer.Load(folder);
        using var scope = NewDisposeScope();
        var expected = SimpleSafetensors.Read(Path.Combine(fixture, "expected.safetensors"));
        for (var i = 0; i < texts.Length; i++) tokenizer.With(new() { MaxLength = ids[i].Length }, null).Encode(texts[i]).Ids.Should().Equal(ids[i]);

        // The reference cuts where its ids end.
        using var encoder = SentenceEncoder.Load(folder, Placement.Cpu, null, ids.Max(row => row.Length));
        var vectors = encoder.Embed(texts, batchSize: 17);
        Closest(vectors, expected["embeddings"]).Should().BeGreaterThan(1 - 1e-5);
        using var alone = tensor(encoder.Embed([texts[0]])[0]);
        (alone - tensor(vectors[0])).abs().max().item<float>().Should().BeLessThan(1e-5f);

        // States themselves, where there are some.
        if (expected.TryGetValue("last_hidden_state_first3", out var states))
        {
            using var guard = inference_mode();
            for (var row = 0; row < states.shape[0]; row++)
            {
                var length = ids[row].Length;
                var hidden = ((EncoderModel)encoder.Model).Hidden(tensor(ids[row].Select(id => (long)id).ToArray(), [1, length]), new());
                (hidden[0] - states[row].narrow(0, 0, length)).abs().max().item<float>().Should().BeLessThan(2e-5f);
            }
        }

        // Through the interface of Microsoft.Extensions.AI.
        using var generator = SentenceEmbeddingGenerator.Load(folder);
        var embeddings = await generator.GenerateAsync(texts.Take(5), cancellationToken: TestContext.Current.CancellationToken);
        embeddings.Count.Should().Be(5);
        embeddings.Usage!.InputTokenCount.Should().Be(ids.Take(5).Sum(row => row.Length));
        for (var i = 0; i < 5; i++) (tensor(embeddings[i].Vector.ToArray()) - tensor(vectors[i])).abs().max().item<float>().Should().BeLessThan(1e-5f);
        generator.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelDimensions.Should().Be(encoder.Dimension);
        await FluentActions.Awaiting(() => generator.GenerateAsync(["a"], new() { Dimensions = 7 })).Should().ThrowAsync<OptionsException>();
        await FluentActions.Awaiting(() => generator.GenerateAsync(["a"], new() { ModelId = "other" })).Should().ThrowAsync<OptionsException>();
    }

    public static TheoryData<PoolingMode> Modes => [.. Enum.GetValues<PoolingMode>()];

    [Theory, MemberData(nameof(Modes))]
    public void A_pooling_is_what_slow_code_gives(PoolingMode mode)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        var hidden = randn([4, 6, 3], generator: generator);
        var mask = tensor(new long[] { 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0 }, [4, 6]);
        using var pooled = new Pooling { Modes = [mode] }.Apply(hidden, mask);
        for (var row = 0; row < 4; row++)
        {
            var tokens = Enumerable.Range(0, 6).Where(t => mask[row, t].item<long>() == 1).ToList();
            for (var e = 0; e < 3; e++)
            {
                double At(int t) => hidden[row, t, e].item<float>();
                var slow = mode switch
                {
                    PoolingMode.Cls => At(tokens[0]),
                    PoolingMode.LastToken => At(tokens[^1]),
                    PoolingMode.Max => tokens.Max(At),
                    PoolingMode.Mean => tokens.Average(At),
                    PoolingMode.MeanSqrtLen => tokens.Sum(At) / Math.Sqrt(tokens.Count),
                    _ => tokens.Sum(t => At(t) * (t + 1)) / tokens.Sum(t => t + 1),
                };
                pooled[row, e].item<float>().Should().BeApproximately((float)slow, 1e-5f);
            }
        }
    }

    [Fact]
    public void Modules_prompts_and_limits_of_a_folder_are_honored()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        Write(folder);
        string[] texts = ["the cat sat", "A", "a dog ran far away from the cat that sat"];
        using var plain = SentenceEncoder.Load(folder.Path, Placement.Cpu);
        plain.Dimension.Should().Be(16);

        Module(folder, "modules.json", """[{"type": "sentence_transformers.models.Transformer", "path": ""}, {"type": "x.Pooling", "path": "1_Pooling"}, {"type": "x.Dense", "path": "2_Dense"}, {"type": "x.Normalize", "path": "3_Normalize"}]""");
        Module(folder, "1_Pooling/config.json", """{"word_embedding_dimension": 16, "pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true, "pooling_mode_lasttoken": true, "include_prompt": false}""");
        Module(folder, "2_Dense/config.json", """{"in_features": 48, "out_features": 5, "bias": true, "activation_function": "torch.nn.modules.activation.Tanh"}""");
        using var generator = new Generator(3);
        var (weight, bias) = (randn([5, 48], generator: generator), randn([5], generator: generator));
        SafetensorsWriter.Write(folder.File("2_Dense/model.safetensors"), [("linear.weight", weight), ("linear.bias", bias)]);
        Module(folder, "sentence_bert_config.json", """{"max_seq_length": 9, "do_lower_case": true}""");
        Module(folder, "config_sentence_transformers.json", """{"prompts": {"query": "the dog ", "none": ""}, "default_prompt_name": null, "similarity_fn_name": "cosine", "__version__": {}}""");
        using var whole = SentenceEncoder.Load(folder.Path, Placement.Cpu);
        (whole.Dimension, whole.MaxSequenceLength).Should().Be((5, 9));

        foreach (var prompt in (string?[])[null, "query"])
        {
            var vectors = whole.Embed(texts, prompt, batchSize: 2);
            for (var i = 0; i < texts.Length; i++)
            {
                var text = (prompt is null ? "" : "the dog ") + texts[i].ToLowerInvariant();
                var ids = Tokenizer.Load(folder.Path).With(new() { MaxLength = 9 }, null).Encode(text).Ids.Select(id => (long)id).ToArray();
                var mask = Enumerable.Range(0, ids.Length).Select(at => prompt is null || at >= 8 ? 1L : 0L).ToArray();   // "the dog " has 8 characters
                using var guard = inference_mode();
                var hidden = ((EncoderModel)whole.Model).Hidden(tensor(ids, [1, ids.Length]), new());
                var pooled = new Pooling { Modes = [PoolingMode.Cls, PoolingMode.Mean, PoolingMode.LastToken] }.Apply(hidden, tensor(mask, [1, mask.Length]));
                var y = (pooled.matmul(weight.t()) + bias).tanh();
                (y / y.norm() - tensor(vectors[i])).abs().max().item<float>().Should().BeLessThan(1e-5f);
            }
        }
        FluentActions.Invoking(() => whole.Embed(texts, "passage")).Should().Throw<OptionsException>().WithMessage("*query*");
        FluentActions.Invoking(() => whole.Embed(texts, batchSize: 0)).Should().Throw<OptionsException>();
        FluentActions.Invoking(() => SentenceEncoder.Load(folder.Path, Placement.Cpu, null, 500)).Should().Throw<OptionsException>();
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        FluentActions.Invoking(() => whole.Embed(texts, cancellation: stop.Token)).Should().Throw<OperationCanceledException>();
    }

    [Theory]
    [InlineData("modules.json", """[{"type": "x.Transformer", "path": ""}, {"type": "x.CNN", "path": ""}]""", "CNN")]
    [InlineData("modules.json", """[{"type": "x.Transformer", "path": ""}, {"type": "x.Normalize", "path": ""}]""", "Pooling")]
    [InlineData("modules.json", """[{"type": "x.Transformer", "path": "../other"}]""", "beside modules.json")]
    [InlineData("modules.json", "{}", "modules.json")]
    [InlineData("1_Pooling/config.json", """{"word_embedding_dimension": 17, "pooling_mode_mean_tokens": true}""", "word_embedding_dimension is 17")]
    [InlineData("1_Pooling/config.json", """{"pooling_mode_mean_tokens": false}""", "no pooling_mode is true")]
    [InlineData("1_Pooling/config.json", """{"pooling_mode_median_tokens": true, "pooling_mode_mean_tokens": true}""", "pooling_mode_median_tokens")]
    [InlineData("1_Pooling/config.json", """{"pooling_mode": "median"}""", "pooling_mode")]
    [InlineData("sentence_bert_config.json", """{"max_seq_length": 0}""", "max_seq_length")]
    [InlineData("config_sentence_transformers.json", """{"prompts": {"a": "b"}, "default_prompt_name": "c"}""", "default_prompt_name")]
    public void What_is_not_built_is_refused_by_name(string file, string json, string message)
    {
        using var folder = new TemporaryFolder();
        Write(folder);
        Module(folder, "modules.json", """[{"type": "x.Transformer", "path": ""}, {"type": "x.Pooling", "path": "1_Pooling"}]""");
        Module(folder, "1_Pooling/config.json", """{"pooling_mode_mean_tokens": true}""");
        using (SentenceEncoder.Load(folder.Path, Placement.Cpu)) { }
        Module(folder, file, json);
        FluentActions.Invoking(() => SentenceEncoder.Load(folder.Path, Placement.Cpu)).Should().Throw<CheckpointException>().Which.Message.Should().Contain(message);
    }

    /// <summary>A model of characters.</summary>
    private static void Write(TemporaryFolder folder)
    {
        var tokenizer = CharacterTokenizer.Train(["abcdefghijklmnopqrstuvwxyz A"]);
        tokenizer.Save(folder.File("tokenizer.json"));
        using var model = new BertConfig { VocabSize = tokenizer.VocabSize, HiddenSize = 16, NumHiddenLayers = 2, NumAttentionHeads = 2, IntermediateSize = 24, MaxPositionEmbeddings = 64, InitializerRange = 0.3 }.Build(Placement.Cpu, seed: 2);
        ModelFolder.Write(folder.Path, model);
    }

    private static void Module(TemporaryFolder folder, string file, string json)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder.File(file))!);
        File.WriteAllText(folder.File(file), json);
    }

    /// <summary>The least cosine between vectors of the same text.</summary>
    private static double Closest(float[][] vectors, Tensor expected) => Enumerable.Range(0, vectors.Length)
        .Min(i => nn.functional.cosine_similarity(tensor(vectors[i]).to(ScalarType.Float64).unsqueeze(0), expected[i].to(ScalarType.Float64).unsqueeze(0), 1).item<double>());
}
