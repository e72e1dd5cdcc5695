using Loquat.Generation;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Models.AttentionRnn;
using Loquat.Models.Bart;
using Loquat.Models.Llama;
using Loquat.Models.T5;
using Loquat.Tests.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Generation;

/// <summary>Texts written from others: greedy and beams of the reference, what must and must not come, and beams of causal models.</summary>
public sealed class EncoderDecoderGenerationTests
{
    private const int Vocabulary = 31;
    private static readonly int[] _text = [3, 4, 5, 6, 7];

    public static TheoryData<string?> Fixtures => [.. EncoderDecoderFixture.All()];

    public static TheoryData<ModelConfig> Configs =>
    [
        new T5Config { VocabSize = Vocabulary, DModel = 16, DKv = 8, DFf = 32, NumLayers = 2, NumHeads = 2, DecoderStartTokenId = 0, EosTokenIds = [1] },
        Bart(false), Bart(true), Recurrent(MemoryScore.Bahdanau), Recurrent(MemoryScore.General),
        new LlamaConfig { VocabSize = Vocabulary, HiddenSize = 16, NumHiddenLayers = 2, NumAttentionHeads = 2, IntermediateSize = 24, MaxPositionEmbeddings = 32 },
    ];

    [Theory, MemberData(nameof(Fixtures))]
    public void Greedy_and_four_beams_are_those_of_the_reference(string? name)
    {
        using var fixture = new EncoderDecoderFixture(name);
        fixture.RequireWhole();
        foreach (var (kind, beams) in ((string, int)[])[("greedy", 1), ("beam4", 4)])
        {
            var expected = fixture.ExpectedJson.GetProperty(kind);
            for (var row = 0; row < expected.GetArrayLength(); row++)
            {
                var ids = expected[row].EnumerateArray().Select(e => e.GetInt32()).ToList();
                var options = new SamplingOptions { Temperature = 0, NumBeams = beams, MaxNewTokens = ids.Count - 1 };
                new TokenGenerator(fixture.Model).Generate(Read(fixture, row), options).Should().Equal(ids.Skip(1), $"{kind} of row {row}");
            }
        }
    }

    [Theory, MemberData(nameof(Configs))]
    public void Beams_score_what_they_say(ModelConfig config)
    {
        using var model = config.Build(Placement.Cpu, seed: 3);
        var options = new SamplingOptions { Temperature = 0, NumBeams = 4, NumReturnSequences = 3, LengthPenalty = 0.7, MaxNewTokens = 6, EosTokenIds = [] };
        var found = new TokenGenerator(model).GenerateMany(_text, options);
        found.Should().HaveCount(3);
        found.Select(f => f.Score).Should().BeInDescendingOrder();
        foreach (var one in found) one.Score.Should().BeApproximately(Score(model, one.Ids) / Math.Pow(one.Ids.Count, 0.7), 1e-4);
        var greedy = new TokenGenerator(model).Generate(_text, options with { NumBeams = 1, NumReturnSequences = 1 }).ToList();
        // Nothing that a beam of one finds is better than what four find, where the greedy text stayed among them.
        found[0].Score.Should().BeGreaterThanOrEqualTo(Score(model, greedy) / Math.Pow(6, 0.7) - 0.3);
    }

    [Theory, MemberData(nameof(Configs))]
    public void What_must_come_comes_and_what_must_not_does_not(ModelConfig config)
    {
        using var model = config.Build(Placement.Cpu, seed: 3);
        foreach (var beams in (int[])[1, 3])
        {
            var generator = new TokenGenerator(model);
            List<int> Write(SamplingOptions options) => [.. generator.Generate(_text, options with { Temperature = 0, NumBeams = beams, MaxNewTokens = 10 })];
            var plain = Write(new());
            plain.Should().HaveCount(10);
            Write(new() { BadWordsIds = [[plain[0]]] }).Should().NotContain(plain[0]);
            Write(new() { SuppressTokens = [plain[0], plain[^1]] }).Should().NotContain([plain[0], plain[^1]]);
            Write(new() { BeginSuppressTokens = [plain[0]] })[0].Should().NotBe(plain[0]);
            var once = Write(new() { NoRepeatNgramSize = 2 });
            once.Zip(once.Skip(1)).Should().OnlyHaveUniqueItems();
            Write(new() { NoRepeatNgramSize = 1 }).Should().OnlyHaveUniqueItems();
            Write(new() { ForcedEosTokenIds = [9], EosTokenIds = [] })[^1].Should().Be(9);
            var early = plain[0];
            Write(new() { EosTokenIds = [early], MinNewTokens = 5 }).Count.Should().BeGreaterThanOrEqualTo(5);
            if (model is EncoderDecoderModel)
            {
                Write(new() { ForcedBosTokenId = 17 })[0].Should().Be(17);
                Write(new() { EncoderNoRepeatNgramSize = 1 }).Should().NotIntersectWith(_text);
                Write(new() { MinLength = 6, EosTokenIds = [early] }).Count.Should().BeGreaterThanOrEqualTo(5);
            }
        }
    }

    [Theory, MemberData(nameof(Configs))]
    public void Several_prompts_at_once_give_what_each_gives_alone(ModelConfig config)
    {
        using var model = config.Build(Placement.Cpu, seed: 3);
        int[][] prompts = [_text, [9], [11, 12], [3, 14, 15, 9, 2, 6, 5]];
        foreach (var options in (SamplingOptions[])[
            new() { Temperature = 0, NumBeams = 4, MaxNewTokens = 7, EosTokenIds = [2, 5, 8, 13] }, new() { Temperature = 0, NumBeams = 3, MaxNewTokens = 5, LengthPenalty = 0.6, EosTokenIds = [1, 4], EarlyStopping = EarlyStopping.True },
            new() { Temperature = 1, NumBeams = 2, MaxNewTokens = 5, Seed = 4 }, new() { Temperature = 0, MaxNewTokens = 5, EosTokenIds = [3] }])
        {
            var generator = new TokenGenerator(model);
            var alone = prompts.Select(prompt => options.NumBeams > 1 ? generator.GenerateMany(prompt, options)[0].Ids : [.. generator.Generate(prompt, options)]).ToList();
            var together = generator.GenerateEach(prompts, options);
            for (var i = 0; i < prompts.Length; i++) together[i].Ids.Should().Equal(alone[i], $"prompt {i} with {options.NumBeams} beams");
        }
        new TokenGenerator(model).GenerateEach([], new SamplingOptions()).Should().BeEmpty();
    }

    [Theory, MemberData(nameof(Configs))]
    public void Texts_end_where_positions_or_the_most_tokens_do(ModelConfig config)
    {
        using var model = config.Build(Placement.Cpu, seed: 3);
        var beams = new SamplingOptions { Temperature = 0, NumBeams = 2, MaxNewTokens = 100, EosTokenIds = [] };
        var room = model is EncoderDecoderModel ? Math.Min(100, config.ContextLength - 1) : config.ContextLength - _text.Length;
        new TokenGenerator(model).Generate(_text, beams).Should().HaveCount(room);
        new TokenGenerator(model).Generate(_text, beams with { MaxLength = 8 }).Should().HaveCount(model is EncoderDecoderModel ? 7 : 3);
    }

    [Theory, MemberData(nameof(Configs))]
    public void Tensors_do_not_pile_up(ModelConfig config)
    {
        using var model = config.Build(Placement.Cpu, seed: 3);
        long Live(int beams)
        {
            foreach (var _ in new TokenGenerator(model).Generate(_text, new SamplingOptions { Temperature = 0, NumBeams = beams, MaxNewTokens = 12 })) { }
            return DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        }
        foreach (var beams in (int[])[1, 4])
        {
            var first = Live(beams);
            Live(beams).Should().Be(first);
        }
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused()
    {
        using var model = ((EncoderDecoderConfig)Configs.First().Data).Build<EncoderDecoderModel>(Placement.Cpu, 1);
        foreach (var (options, name) in ((SamplingOptions, string)[])[
            (new() { NumBeams = 0 }, "num_beams"), (new() { NumBeams = 2, NumReturnSequences = 3 }, "num_return_sequences"), (new() { Temperature = 0, NumReturnSequences = 2 }, "num_return_sequences"),
            (new() { LengthPenalty = double.NaN }, "length_penalty"), (new() { NoRepeatNgramSize = -1 }, "no_repeat_ngram_size"), (new() { BadWordsIds = [[]] }, "bad_words_ids"),
            (new() { BadWordsIds = [[Vocabulary]] }, "bad_words_ids"), (new() { ForcedBosTokenId = Vocabulary }, "forced_bos_token_id"), (new() { TypicalP = 0 }, "typical_p")])
        {
            var act = () => new TokenGenerator(model).Generate(_text, options);
            act.Should().Throw<OptionsException>().WithMessage($"*{name}*");
        }
    }

    private static AttentionRnnConfig Recurrent(MemoryScore score) =>
        new() { VocabSize = Vocabulary, HiddenSize = 16, EmbeddingSize = 12, Attention = score, InitStd = 1, DecoderStartTokenId = 0, PadTokenId = 0, EncoderLayers = 2, DecoderLayers = 2 };

    private static BartConfig Bart(bool sinusoidal) => new()
    {
        VocabSize = Vocabulary,
        DModel = 16,
        EncoderLayers = 2,
        DecoderLayers = 2,
        EncoderAttentionHeads = 2,
        DecoderAttentionHeads = 4,
        EncoderFfnDim = 24,
        DecoderFfnDim = 32,
        MaxPositionEmbeddings = 32,
        SinusoidalPositions = sinusoidal,
        ScaleEmbedding = sinusoidal,
        InitStd = 0.2,
        DecoderStartTokenId = 2,
        PadTokenId = 0,
    };

    private static List<int> Read(EncoderDecoderFixture fixture, int row)
    {
        using var scope = NewDisposeScope();
        var (ids, mask) = (fixture.Ids[row].data<long>().ToArray(), fixture.Mask[row].data<long>().ToArray());
        return [.. ids.Where((_, i) => mask[i] == 1).Select(id => (int)id)];
    }

    /// <summary>The sum of the log-probabilities of what was written.</summary>
    private static double Score(Model model, IReadOnlyList<int> written)
    {
        using var guard = inference_mode();
        using var scope = NewDisposeScope();
        Tensor Row(IEnumerable<int> ids) => tensor(ids.Select(id => (long)id).ToArray()).unsqueeze(0);
        var logits = model is EncoderDecoderModel two
            ? two.Logits(Row(_text), Row([two.Config is EncoderDecoderConfig config ? config.DecoderStart : 0, .. written.SkipLast(1)]))
            : ((CausalModel)model).Logits(Row([.. _text, .. written.SkipLast(1)]), new ForwardContext()).narrow(1, _text.Length - 1, written.Count);
        return logits.log_softmax(-1).gather(2, Row(written).unsqueeze(2)).sum().item<float>();
    }
}
