using System.Text.Json.Nodes;
using Loquat.Checkpoints;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Models.Bert;
using Loquat.Models.Heads;
using Loquat.Models.ModernBert;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Models;

/// <summary>Heads of every family: what they are trained on, that their gradients are those of differences, how files with other heads are read.</summary>
public sealed class EncoderHeadTests
{
    private const int Vocabulary = 37, Tokens = 9, Rows = 3;

    public static IEnumerable<EncoderConfig> Backbones =>
    [
        .. Enum.GetValues<BertVariant>().Select(variant => new BertConfig
        {
            Variant = variant,
            VocabSize = Vocabulary,
            HiddenSize = 16,
            NumHiddenLayers = 2,
            NumAttentionHeads = 2,
            IntermediateSize = 24,
            MaxPositionEmbeddings = 20,
            EmbeddingSize = variant == BertVariant.Electra ? 12 : null,
            PadTokenId = 1,
            InitializerRange = 0.3,
        }),
        new ModernBertConfig
        {
            VocabSize = Vocabulary,
            HiddenSize = 16,
            NumHiddenLayers = 3,
            NumAttentionHeads = 2,
            IntermediateSize = 24,
            MaxPositionEmbeddings = 20,
            IsLocal = [false, true, true],
            LocalAttention = 4,
            InitializerRange = 0.3,
            AttentionBias = true,
            MlpBias = true,
            NormBias = true,
            ClassifierBias = true,
            ClassifierPooling = RowState.Mean,
        },
    ];

    /// <summary>Every head that every family has; the classifier with each kind of labels; tied and not.</summary>
    public static TheoryData<string> Heads => [.. Backbones.SelectMany(backbone => backbone.Heads.Select(head => $"{backbone.ModelType} {head.Kind}")).Where(name => !name.EndsWith("None", StringComparison.Ordinal)),
        .. Backbones.SelectMany(backbone => (string[])[$"{backbone.ModelType} SequenceClassification Regression", $"{backbone.ModelType} SequenceClassification MultiLabelClassification", $"{backbone.ModelType} MaskedLanguage untied"])];

    [Theory, MemberData(nameof(Heads))]
    public void Gradients_of_a_head_are_those_of_differences(string which)
    {
        using var scope = NewDisposeScope();
        var config = Config(which);
        using var model = config.Build<EncoderModel>(Placement.Cpu, seed: 4);
        var batch = Batch(model);
        model.LossAndGradients(batch, 1);
        foreach (var parameter in model.Parameters)
        {
            var gradient = parameter.Value.grad!;
            gradient.Should().NotBeNull(parameter.Name);
            using var guard = no_grad();
            // Along the gradient itself the loss rises by its squared length, whatever the direction of single elements.
            var length = gradient.norm().item<float>();
            if (length < 1e-4) continue;
            var step = gradient * (5e-4 / length);
            parameter.Value.add_(step);
            var up = model.Loss(batch);
            parameter.Value.sub_(step * 2);
            var down = model.Loss(batch);
            parameter.Value.add_(step);
            ((up - down) / 1e-3).Should().BeApproximately(length, 0.02 * length + 2e-3, parameter.Name);
        }
    }

    [Theory, MemberData(nameof(Heads))]
    public void A_row_weighs_what_it_is_to_weigh_and_labels_that_do_not_count_count_nothing(string which)
    {
        using var scope = NewDisposeScope();
        using var model = Config(which).Build<EncoderModel>(Placement.Cpu, seed: 4);
        var batch = Batch(model);
        if (batch.RowLabels is not null)
        {
            var both = model.Loss(batch with { RowWeight = 3 });
            var tokens = model.Loss(batch with { RowLabels = null });
            (both - tokens).Should().BeApproximately(3 * (model.Loss(batch with { RowWeight = 1 }) - tokens), 1e-3);
        }
        if (batch.Labels.is_floating_point()) return;
        var none = batch with { Labels = full_like(batch.Labels, -100), RowLabels = null };
        model.Loss(none).Should().Be(0);
        model.LossAndGradients(none, 1).Should().Be(0);
        foreach (var wrong in (ModelBatch[])[batch with { Labels = batch.Labels + 1000 }, batch with { Labels = batch.Labels.to(ScalarType.Int32) }, batch with { Labels = batch.Labels.narrow(0, 0, 1) }])
            FluentActions.Invoking(() => model.Loss(wrong)).Should().Throw<OptionsException>().Which.Message.Should().Contain("label");
    }

    [Fact]
    public void A_model_without_a_head_says_so_and_a_head_starts_from_the_seed_only_where_asked()
    {
        using var scope = NewDisposeScope();
        foreach (var backbone in Backbones)
        {
            using var folder = new TemporaryFolder();
            using (var bare = backbone.Build<EncoderModel>(Placement.Cpu, seed: 4))
            {
                ModelFolder.Write(folder.Path, bare);
                FluentActions.Invoking(() => bare.Loss(new() { InputIds = zeros(1, 4, dtype: ScalarType.Int64), Labels = zeros(1, 4, dtype: ScalarType.Int64) })).Should().Throw<OptionsException>().Which.Message.Should().Contain("no head");
            }
            using var first = ModelFolder.LoadWithHead(folder.Path, Placement.Cpu, Three, seed: 7);
            using var second = ModelFolder.LoadWithHead(folder.Path, Placement.Cpu, Three, seed: 7);
            using var third = ModelFolder.LoadWithHead(folder.Path, Placement.Cpu, Three, seed: 8);
            first.Logits(zeros(2, 4, dtype: ScalarType.Int64), new()).Rows!.shape.Should().Equal(2, 3);
            foreach (var parameter in first.Parameters)
            {
                parameter.Value.eq(second[parameter.Name].Value).all().item<bool>().Should().BeTrue(parameter.Name);
                if (!first.Config.IsOfHead(parameter.Name)) parameter.Value.eq(third[parameter.Name].Value).all().item<bool>().Should().BeTrue(parameter.Name);
            }
            var output = first.Parameters.Last(p => p.Spec.Role == ParameterRole.Output);
            output.Value.eq(third[output.Name].Value).all().item<bool>().Should().BeFalse();
            // The configuration alone does not make a head.
            var json = JsonNode.Parse(File.ReadAllText(folder.File("config.json")))!.AsObject();
            json["architectures"] = new JsonArray(backbone.ClassName + "ForTokenClassification");
            File.WriteAllText(folder.File("config.json"), json.ToJsonString());
            FluentActions.Invoking(() => ModelFolder.Load(folder.Path, Placement.Cpu)).Should().Throw<CheckpointException>().Which.Message.Should().Contain("head");
        }

        static EncoderConfig Three(EncoderConfig config) => config with { Head = HeadKind.SequenceClassification, Labels = ["bad", "so-so", "good"] };
    }

    [Theory, MemberData(nameof(Heads))]
    public void A_file_with_another_head_is_read_for_its_backbone(string which)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var model = Config(which).Build<EncoderModel>(Placement.Cpu, seed: 4);
        ModelFolder.Write(folder.Path, model);
        using var again = ModelFolder.Load<EncoderModel>(folder.Path, Placement.Cpu);
        again.Head.Kind.Should().Be(model.Head.Kind);
        again.Config.Labels.Should().Equal(model.Config.Labels);
        var json = JsonNode.Parse(File.ReadAllText(folder.File("config.json")))!.AsObject();
        json["architectures"] = new JsonArray(model.Config.ClassName + "Model");
        File.WriteAllText(folder.File("config.json"), json.ToJsonString());
        using var bare = ModelFolder.Load<EncoderModel>(folder.Path, Placement.Cpu);
        var ids = zeros(1, 5, dtype: ScalarType.Int64) + 5;
        using var guard = inference_mode();
        bare.Hidden(ids, new()).eq(model.Hidden(ids, new())).all().item<bool>().Should().BeTrue();
    }

    [Theory]
    [InlineData("architectures", "[\"BertLMHeadModel\"]")]
    [InlineData("architectures", "[\"RobertaForMaskedLM\"]")]
    [InlineData("architectures", "[\"BertForMultipleChoice\"]")]
    [InlineData("position_embedding_type", "\"relative_key\"")]
    [InlineData("is_decoder", "true")]
    [InlineData("add_cross_attention", "true")]
    [InlineData("hidden_size", "17")]
    [InlineData("pad_token_id", "37")]
    [InlineData("id2label", "{\"0\": \"a\", \"2\": \"b\"}")]
    [InlineData("num_labels", "7")]
    [InlineData("problem_type", "\"ranking\"")]
    [InlineData("hidden_dropout_prob", "1.5")]
    [InlineData("layer_types", "[\"full_attention\"]")]
    public void What_is_not_built_is_refused_by_name(string key, string value)
    {
        using var folder = new TemporaryFolder();
        var json = ((BertConfig)Backbones.First() with { Head = HeadKind.SequenceClassification }).ToJson();
        json[key] = JsonNode.Parse(value);
        File.WriteAllText(folder.File("config.json"), json.ToJsonString());
        FluentActions.Invoking(() => ModelConfigFile.Read(folder.File("config.json"))).Should().Throw<CheckpointException>().Which.Message.Should().Contain(key);
    }

    [Fact]
    public void Old_names_are_read()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var model = (Backbones.First() with { Head = HeadKind.MaskedLanguage }).Build<EncoderModel>(Placement.Cpu, seed: 4);
        ModelFolder.Write(folder.Path, model);
        SafetensorsWriter.Write(folder.File("model.safetensors"),
        [
            .. model.Parameters.Select(p => (p.Name.Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal).Replace("LayerNorm.bias", "LayerNorm.beta", StringComparison.Ordinal), p.Value)),
            ("cls.predictions.decoder.weight", model.Parameters[0].Value),
            ("cls.seq_relationship.weight", zeros(2, 16)),
            ("cls.seq_relationship.bias", zeros(2)),
            ("bert.embeddings.position_ids", arange(20).unsqueeze(0).to(ScalarType.Float32)),
        ]);
        using var again = ModelFolder.Load<EncoderModel>(folder.Path, Placement.Cpu);
        foreach (var parameter in model.Parameters) parameter.Value.eq(again[parameter.Name].Value).all().item<bool>().Should().BeTrue(parameter.Name);
    }

    private static EncoderConfig Config(string which)
    {
        var words = which.Split(' ');
        var config = Backbones.Single(backbone => backbone.ModelType == words[0]) with { Head = Enum.Parse<HeadKind>(words[1]) };
        if (words.Length == 2) return config;
        if (words[2] == "untied") return config is BertConfig bert ? bert with { TieWordEmbeddings = false } : (ModernBertConfig)config with { TieWordEmbeddings = false };
        return config with { ProblemType = Enum.Parse<ProblemType>(words[2]), Labels = EncoderConfig.Numbered(words[2] == "Regression" ? 1 : 3) };
    }

    private static ModelBatch Batch(EncoderModel model)
    {
        using var generator = new Generator(11);
        var ids = randint(3, Vocabulary, [Rows, Tokens], ScalarType.Int64, generator: generator);
        var mask = ones(Rows, Tokens, dtype: ScalarType.Int64);
        // Within reach of a token for local attention: rows of padding alone attend evenly, with gradients that differences do not see.
        ids[1, TensorIndex.Slice(7)] = 1;
        mask[1, TensorIndex.Slice(7)] = 0;
        var chosen = randint(2, [Rows, Tokens], ScalarType.Int64, generator: generator);
        var kinds = model.Config.Labels.Count;
        var labels = model.Head.Kind switch
        {
            HeadKind.MaskedLanguage or HeadKind.Pretraining => ids.masked_fill(chosen.eq(0).logical_or(mask.eq(0)), -100),   // the row of padding is not trained by what reads it
            HeadKind.TokenClassification => randint(kinds, [Rows, Tokens], ScalarType.Int64, generator: generator).masked_fill(mask.eq(0), -100),
            HeadKind.ReplacedTokenDetection => chosen,
            HeadKind.QuestionAnswering => randint(Tokens, [Rows, 2], ScalarType.Int64, generator: generator),
            HeadKind.SequenceClassification when model.Config.ProblemType == ProblemType.Regression => randn([Rows], generator: generator),
            HeadKind.SequenceClassification when model.Config.ProblemType == ProblemType.MultiLabelClassification => randint(2, [Rows, kinds], ScalarType.Float32, generator: generator),
            _ => randint(2, [Rows], ScalarType.Int64, generator: generator),
        };
        return new()
        {
            InputIds = ids,
            AttentionMask = mask,
            TokenTypeIds = model.Config.TokenTypes > 1 ? chosen : null,
            Labels = labels,
            RowLabels = model.Head.Kind == HeadKind.Pretraining ? randint(2, [Rows], ScalarType.Int64, generator: generator) : null,
            RowWeight = 1.5,
        };
    }
}
