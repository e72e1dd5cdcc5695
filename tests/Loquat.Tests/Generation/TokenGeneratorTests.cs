using Loquat.Generation;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Models.Gpt2;
using Loquat.Models.Llama;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Generation;

public sealed class TokenGeneratorTests
{
    private static readonly int[] Prompt = [3, 1, 4, 1, 5, 9, 2, 6];

    public static TheoryData<string> Architectures => ["gpt2", "llama", "qwen3", "gemma2"];

    private static CausalModel Build(string architecture, int context = 64)
    {
        // Weights ten times the usual: a model at its start is so sure of nothing that any error would pass.
        ModelConfig config = architecture == "gpt2"
            ? new Gpt2Config { VocabSize = 97, NEmbd = 32, NLayer = 3, NHead = 4, NPositions = context, InitializerRange = 0.2 }
            : new LlamaConfig
            {
                VocabSize = 97,
                HiddenSize = 32,
                NumHiddenLayers = 3,
                NumAttentionHeads = 4,
                NumKeyValueHeads = 2,
                IntermediateSize = 48,
                MaxPositionEmbeddings = context,
                Variant = architecture switch { "qwen3" => LlamaVariant.Qwen3, "gemma2" => LlamaVariant.Gemma2, _ => LlamaVariant.Llama },
                SlidingWindow = architecture == "gemma2" ? 5 : null,
                FinalLogitSoftcapping = architecture == "gemma2" ? 2 : null,
                InitializerRange = 0.2,
            };
        return config.Build<CausalModel>(Placement.Cpu, seed: 5);
    }

    /// <summary>Every step looks at all tokens again.</summary>
    private static List<int> GenerateWithoutCache(CausalModel model, SamplingOptions options)
    {
        using var guard = no_grad();
        var ids = new List<int>(Prompt);
        var sampler = new Sampler(options);
        for (var made = 0; made < options.MaxNewTokens; made++)
        {
            using var scope = NewDisposeScope();
            var logits = model.Logits(tensor([.. ids.Select(i => (long)i)], [1, ids.Count]), new ForwardContext());
            ids.Add(sampler.Next(logits[0, -1].contiguous().data<float>().ToArray(), ids.ToArray()));
        }
        return ids[Prompt.Length..];
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Cached_generation_equals_recomputing_everything(string architecture)
    {
        using var model = Build(architecture);
        foreach (var options in (SamplingOptions[])[
            SamplingOptions.Greedy with { MaxNewTokens = 40 },
            new() { MaxNewTokens = 40, Seed = 3, Temperature = 0.8, TopK = 20, TopP = 0.95, MinP = 0.01, RepetitionPenalty = 1.1 }])
        {
            var generated = new TokenGenerator(model).Generate(Prompt, options).ToList();
            generated.Should().Equal(GenerateWithoutCache(model, options));
            generated.Distinct().Count().Should().BeGreaterThan(1);
        }
    }

    [Fact]
    public void Generation_goes_on_beyond_the_context()
    {
        using var model = Build("gpt2", context: 16);
        new TokenGenerator(model).Generate(Prompt, new SamplingOptions { MaxNewTokens = 50 }).Should().HaveCount(50);
        new TokenGenerator(model).Generate([.. Enumerable.Repeat(1, 40)], new SamplingOptions { MaxNewTokens = 5 }).Should().HaveCount(5);
    }

    [Fact]
    public void A_cache_that_grows_on_the_way_changes_nothing()
    {
        using var model = Build("llama", context: 2000);
        var options = SamplingOptions.Greedy with { MaxNewTokens = 700 };
        var whole = new TokenGenerator(model).Generate(Prompt, options).ToList();
        whole.Should().HaveCount(700);
        // Continued from a prompt that fills the first room by itself, the text goes on as it did.
        new TokenGenerator(model).Generate([.. Prompt, .. whole.Take(600)], options with { MaxNewTokens = 100 }).Should().Equal(whole.Skip(600));
    }

    [Fact]
    public void Prompt_and_continuation_together_keep_to_the_longest_length()
    {
        using var model = Build("gpt2");
        new TokenGenerator(model).Generate(Prompt, SamplingOptions.Greedy with { MaxLength = Prompt.Length + 5 }).Should().HaveCount(5);
        new TokenGenerator(model).Generate(Prompt, SamplingOptions.Greedy with { MaxLength = 2 }).Should().BeEmpty();
    }

    [Fact]
    public void Where_the_rotation_changes_with_the_length_cached_keys_are_made_anew()
    {
        var rope = new RopeParameters
        {
            RopeType = RopeType.Longrope,
            OriginalMaxPositionEmbeddings = 12,
            Factor = 4,
            ShortFactor = [1, 1, 1, 1],
            LongFactor = [4, 3, 2, 5],
        };
        using var model = new LlamaConfig
        {
            VocabSize = 97,
            HiddenSize = 32,
            NumHiddenLayers = 2,
            NumAttentionHeads = 4,
            IntermediateSize = 48,
            MaxPositionEmbeddings = 48,
            RopeParameters = rope,
            InitializerRange = 0.2,
        }.Build<CausalModel>(Placement.Cpu, seed: 5);
        var options = SamplingOptions.Greedy with { MaxNewTokens = 30 };
        new TokenGenerator(model).Generate(Prompt, options).Should().Equal(GenerateWithoutCache(model, options));
    }

    [Fact]
    public void An_end_token_ends_the_text_and_is_not_part_of_it()
    {
        using var model = Build("qwen3");
        var all = new TokenGenerator(model).Generate(Prompt, SamplingOptions.Greedy with { MaxNewTokens = 30 }).ToList();
        var end = all[10];
        new TokenGenerator(model).Generate(Prompt, SamplingOptions.Greedy with { MaxNewTokens = 30, EosTokenIds = [end] })
            .Should().Equal(all.Take(all.IndexOf(end)));
    }

    [Fact]
    public void Tensors_do_not_pile_up()
    {
        using var model = Build("gpt2");
        var live = new List<long>();
        foreach (var _ in new TokenGenerator(model).Generate(Prompt, new SamplingOptions { MaxNewTokens = 20 }))
            live.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        live[^1].Should().Be(live[9]);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(97)]
    public void A_token_outside_the_vocabulary_is_named(int id)
    {
        using var model = Build("gpt2");
        var act = () => new TokenGenerator(model).Generate([1, id], SamplingOptions.Greedy);
        act.Should().Throw<OptionsException>().WithMessage($"*token {id}*0 to 96*");
    }

    [Fact]
    public void An_empty_prompt_is_an_error()
    {
        using var model = Build("gpt2");
        var act = () => new TokenGenerator(model).Generate([], SamplingOptions.Greedy);
        act.Should().Throw<OptionsException>().WithMessage("*no tokens*");
    }
}
