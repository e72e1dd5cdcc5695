using Loquat.Checkpoints;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Models.AttentionRnn;
using Loquat.Models.Bart;
using Loquat.Models.T5;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Models;

/// <summary>What holds for every encoder-decoder and every setting of it: padding changes nothing, caches change nothing, gradients are those of the loss, folders keep all.</summary>
public sealed class EncoderDecoderLawsTests
{
    private const int Vocabulary = 23;

    public static TheoryData<EncoderDecoderConfig> Configs =>
    [
        T5(), T5() with { DenseActFn = ActivationKind.Silu, IsGatedAct = true, ScaleDecoderOutputs = false, TieWordEmbeddings = false, NumDecoderLayers = 1 },
        Bart(), Bart() with { TieWordEmbeddings = false, ScaleEmbedding = true, ActivationFunction = ActivationKind.Relu },
        Bart() with { TieWordEmbeddings = false, ShareEncoderDecoderEmbeddings = false },
        Bart() with { SinusoidalPositions = true, ScaleEmbedding = true, ActivationFunction = ActivationKind.Silu },
        Bart() with { SinusoidalPositions = true, ShareEncoderDecoderEmbeddings = false, DecoderVocabSize = 29 },
        Rnn(MemoryScore.Bahdanau), Rnn(MemoryScore.Dot), Rnn(MemoryScore.General), Rnn(MemoryScore.Concat) with { EmbeddingSize = 16, TieWordEmbeddings = true, EncoderLayers = 2, DecoderLayers = 2 },
    ];

    [Theory, MemberData(nameof(Configs))]
    public void Padding_and_caches_change_nothing(EncoderDecoderConfig config)
    {
        using var scope = NewDisposeScope();
        using var guard = inference_mode();
        using var model = config.Build<EncoderDecoderModel>(Placement.Cpu, seed: 5);
        var text = Ids(1, 5, 3);
        var padded = cat([text, zeros([1, 3], dtype: ScalarType.Int64)], 1);
        var mask = cat([ones_like(text), zeros([1, 3], dtype: ScalarType.Int64)], 1);
        var written = Ids(1, 6, 4);
        var plain = model.Logits(text, written);
        (model.Logits(padded, written, mask) - plain).abs().max().item<float>().Should().BeLessThan(1e-5f);
        using var cache = model.NewCache(new(model.Encode(text, new ForwardContext()), null), capacity: 6);
        var pieces = new List<Tensor>();
        for (var at = 0; at < 6; at += 2) pieces.Add(model.Project(model.Decode(written.narrow(1, at, 2), new ForwardContext { Cache = cache })));
        (cat([.. pieces], 1) - plain).abs().max().item<float>().Should().BeLessThan(1e-5f);
    }

    [Theory, MemberData(nameof(Configs))]
    public void Gradients_are_those_of_the_loss(EncoderDecoderConfig config)
    {
        using var scope = NewDisposeScope();
        using var model = config.Build<EncoderDecoderModel>(Placement.Cpu, seed: 5);
        var batch = new ModelBatch { InputIds = Ids(3, 5, 1), Labels = Ids(3, 4, 2) };
        var before = model.LossAndGradients(batch, 1);
        foreach (var parameter in model.Parameters) parameter.Value.grad.Should().NotBeNull(parameter.Name);
        // A small step along the gradient changes the loss by its squared length.
        var (squared, step) = (0.0, 0.0);
        using (no_grad())
        {
            foreach (var parameter in model.Parameters) squared += parameter.Value.grad!.square().sum().item<float>();
            step = 0.02 / Math.Sqrt(squared);
            foreach (var parameter in model.Parameters) parameter.Value.add_(parameter.Value.grad!, -step);
        }
        var down = model.Loss(batch);
        using (no_grad())
            foreach (var parameter in model.Parameters) parameter.Value.add_(parameter.Value.grad!, 2 * step);
        ((model.Loss(batch) - down) / (2 * step * squared)).Should().BeApproximately(1, 0.02);
        before.Should().BeGreaterThan(0);
    }

    [Theory, MemberData(nameof(Configs))]
    public void A_folder_keeps_the_model(EncoderDecoderConfig config)
    {
        using var scope = NewDisposeScope();
        using var guard = inference_mode();
        using var folder = new TemporaryFolder();
        using var model = config.Build<EncoderDecoderModel>(Placement.Cpu, seed: 5);
        ModelFolder.Write(folder.Path, model);
        using var again = ModelFolder.Load<EncoderDecoderModel>(folder.Path, Placement.Cpu);
        again.Config.Should().BeEquivalentTo(config, options => options.PreferringRuntimeMemberTypes());
        again.Logits(Ids(2, 5, 1), Ids(2, 4, 2)).eq(model.Logits(Ids(2, 5, 1), Ids(2, 4, 2))).all().item<bool>().Should().BeTrue();
    }

    [Theory, MemberData(nameof(Configs))]
    public void What_an_encoder_decoder_does_not_take_is_refused(EncoderDecoderConfig config)
    {
        using var model = config.Build<EncoderDecoderModel>(Placement.Cpu, seed: 5);
        using var scope = NewDisposeScope();
        var batch = new ModelBatch { InputIds = Ids(2, 5, 1), Labels = Ids(2, 4, 2) };
        foreach (var wrong in (ModelBatch[])[
            batch with { TokenTypeIds = zeros_like(batch.InputIds) }, batch with { RowLabels = zeros([2], dtype: ScalarType.Int64) }, batch with { Documents = zeros_like(batch.InputIds) },
            batch with { Prefix = zeros([2], dtype: ScalarType.Int64) }, batch with { InputIds = Ids(3, 5, 1) }, batch with { InputIds = batch.InputIds + 100 }, batch with { Labels = batch.Labels + 100 },
            batch with { DecoderInputIds = batch.Labels - 50 }])
        {
            foreach (var use in (Func<double>[])[() => model.Loss(wrong), () => model.LossAndGradients(wrong, 1)]) use.Should().Throw<OptionsException>();
        }
        var nothing = () => model.Decode(batch.Labels, new ForwardContext());
        nothing.Should().Throw<OptionsException>().WithMessage("*Source or a Cache*");
    }

    private static Tensor Ids(int rows, int columns, int seed) => randint(1, Vocabulary, [rows, columns], dtype: ScalarType.Int64, generator: new Generator((ulong)seed));

    private static T5Config T5() => new() { VocabSize = Vocabulary, DModel = 16, DKv = 6, DFf = 32, NumLayers = 2, NumHeads = 2, DecoderStartTokenId = 0, PadTokenId = 0, NumDecoderLayers = 2 };

    private static AttentionRnnConfig Rnn(MemoryScore score) => new() { VocabSize = Vocabulary, HiddenSize = 16, EmbeddingSize = 12, Attention = score, DecoderStartTokenId = 0, PadTokenId = 0 };

    private static BartConfig Bart() => new()
    {
        VocabSize = Vocabulary,
        DModel = 16,
        EncoderLayers = 2,
        DecoderLayers = 1,
        EncoderAttentionHeads = 2,
        DecoderAttentionHeads = 4,
        EncoderFfnDim = 24,
        DecoderFfnDim = 32,
        MaxPositionEmbeddings = 32,
        DecoderStartTokenId = 2,
        PadTokenId = 0,
        InitStd = 0.1,
    };
}
