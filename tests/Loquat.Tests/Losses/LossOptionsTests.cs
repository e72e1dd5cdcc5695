using CsCheck;
using Loquat.Layers;
using Loquat.Losses;
using Loquat.Models;
using Loquat.Models.Bert;
using Loquat.Models.Gpt2;
using Loquat.Models.Heads;
using Loquat.Models.T5;
using Loquat.Objectives;
using Loquat.Tests.Layers;
using Loquat.Tests.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Losses;

/// <summary>Options of the loss in every kind of model and in every objective; what they mean for numbers of any size.</summary>
public sealed class LossOptionsTests
{
    private const int Vocabulary = 37;

    public static TheoryData<string> Types => [.. KnownObjectives.Types.Where(type => !KnownObjectives.Find(type)!.IsTask)];

    private static LossOptions All => new() { LabelSmoothing = 0.2, ZLoss = 0.01, ClassWeights = [.. Enumerable.Range(0, Vocabulary).Select(i => 0.5f + i % 3)] };

    [Fact]
    public void The_kernel_and_the_operations_agree_for_any_size_and_options() => Gen.Select(Gen.Int[1, 40], Gen.Int[2, 80], Gen.Double[0, 0.9], Gen.Double[0, 0.1], Gen.Bool).Sample((rows, classes, smoothing, z, weighted) =>
    {
        using var scope = NewDisposeScope();
        var options = new LossOptions { LabelSmoothing = smoothing, ZLoss = z, ClassWeights = weighted ? [.. Enumerable.Range(0, classes).Select(i => i % 4 * 0.7f)] : null };
        var hidden = Gradients.Random(ScalarType.Float32, rows, rows, classes) * 3;
        var labels = arange(0, rows, dtype: ScalarType.Int64) * 7 % (classes + 1) - 1;
        using var head = new Parameter(new("head", [classes, classes], Initializer.Zeros, ParameterRole.Head), Placement.Cpu, 1);
        using (no_grad()) head.Value.copy_(eye(classes));
        var gradient = empty_like(hidden);
        var loss = VocabularyHead.CrossEntropy(hidden, head, labels, 0.5, gradient, options: options);
        var leaf = hidden.clone().requires_grad_(true);
        var expected = CrossEntropyLoss.Each(leaf, labels, options).sum();
        (expected * 0.5).backward();
        loss.Should().BeApproximately(expected.item<float>(), 1e-5 * Math.Max(1, Math.Abs(loss)));
        Gradients.Close(gradient, leaf.grad!, 1e-5, "gradient");
    }, iter: 60);

    public static TheoryData<ModelConfig> Configs =>
    [
        // GPT-2 has a written-out training pass.
        new Gpt2Config { VocabSize = Vocabulary, NEmbd = 16, NLayer = 1, NHead = 2, NPositions = 16 },
        new T5Config { VocabSize = Vocabulary, DModel = 16, DKv = 8, DFf = 24, NumLayers = 1, NumHeads = 2, DecoderStartTokenId = 0, DropoutRate = 0 },
        Bert(HeadKind.MaskedLanguage), Bert(HeadKind.TokenClassification),
    ];

    [Theory, MemberData(nameof(Configs))]
    public void Training_honors_them_and_scoring_does_not_know_them(ModelConfig config)
    {
        using var scope = NewDisposeScope();
        using var model = config.Build(Placement.Cpu, seed: 3);
        var ids = arange(0, 16, dtype: ScalarType.Int64).view(2, 8) % Vocabulary;
        var labels = (ids * 5 + 3) % Vocabulary;
        var plain = new ModelBatch { InputIds = ids, Labels = labels };
        var shaped = plain with { LossOptions = All };
        model.Loss(shaped).Should().Be(model.Loss(plain));
        var loss = model.LossAndGradients(shaped, 1);
        loss.Should().NotBeApproximately(model.LossAndGradients(plain, 1), 0.1);
        model.ZeroGradients();
        using var logits = Logits(model, ids, labels);
        CrossEntropyLoss.Each(logits.reshape(-1, logits.shape[^1]), labels.reshape(-1), All).sum().item<float>().Should().BeApproximately((float)loss, 1e-3f);
        var wrong = () => model.LossAndGradients(plain with { LossOptions = new() { ClassWeights = [1, 2] } }, 1);
        wrong.Should().Throw<OptionsException>().WithMessage("*weights for 2 classes*");
    }

    [Theory, MemberData(nameof(Types))]
    public void Every_objective_takes_them_from_its_options(string type)
    {
        var setting = Tokens.Setting(48);
        var options = KnownObjectives.Find(type)!;
        options.For(setting).LossOptions.IsPlain.Should().BeTrue();
        if (!options.PredictsClasses)
        {
            var refused = () => (options with { ZLoss = 1e-4 }).For(setting);
            refused.Should().Throw<OptionsException>().WithMessage($"objective.label_smoothing, z_loss*{type}*");
            return;
        }
        var objective = (options with { LabelSmoothing = 0.1, ZLoss = 1e-4, ClassWeights = "a=2.5 b=0" }).For(setting);
        (objective.LossOptions.LabelSmoothing, objective.LossOptions.ZLoss).Should().Be((0.1, 1e-4));
        objective.LossOptions.ClassWeights!.Take(3).Should().Equal(2.5f, 0, 1);
        var text = Enumerable.Range(0, objective.TextTokens).Select(i => (long)(i % Tokens.Ordinary)).ToArray();
        var batch = objective.Make(text, text, 0);
        objective.Weight(batch).Should().BeApproximately(batch.Labels.Where(label => label >= 0).Sum(label => label == 0 ? 2.5 : label == 1 ? 0 : 1), 1e-9);
        foreach (var (weights, fault) in ((string, string)[])[("a", "no weight of a token"), ("a=x", "no weight of a token"), ("a=-1", "no weight of a token"), ("nothere=1", "has no token 'nothere'")])
        {
            var act = () => (options with { ClassWeights = weights }).For(setting);
            act.Should().Throw<OptionsException>().WithMessage($"objective.class_weights:*{fault}*");
        }
    }

    [Fact]
    public void A_head_whose_loss_has_no_such_thing_refuses_them()
    {
        using var scope = NewDisposeScope();
        using var model = (Bert(HeadKind.ReplacedTokenDetection) with { Variant = BertVariant.Electra }).Build(Placement.Cpu, seed: 3);
        var ids = arange(0, 16, dtype: ScalarType.Int64).view(2, 8);
        var act = () => model.LossAndGradients(new ModelBatch { InputIds = ids, Labels = ids % 2, LossOptions = new() { LabelSmoothing = 0.1 } }, 1);
        act.Should().Throw<OptionsException>().WithMessage("label_smoothing*replaced*");
    }

    private static BertConfig Bert(HeadKind head) => new()
    {
        VocabSize = Vocabulary,
        HiddenSize = 16,
        NumHiddenLayers = 1,
        NumAttentionHeads = 2,
        IntermediateSize = 24,
        MaxPositionEmbeddings = 16,
        Head = head,
        Labels = EncoderConfig.Numbered(head == HeadKind.TokenClassification ? Vocabulary : 2),
        HiddenDropoutProb = 0,
        AttentionProbsDropoutProb = 0,
    };

    private static Tensor Logits(Model model, Tensor ids, Tensor labels) => model switch
    {
        CausalModel causal => causal.Logits(ids, new ForwardContext()),
        EncoderModel encoder => encoder.Logits(ids, new ForwardContext()).Tokens!,
        EncoderDecoderModel two => two.Logits(ids, two.DecoderInputs(labels)),
        _ => throw new ArgumentOutOfRangeException(nameof(model)),
    };
}
