using Loquat.Models.Gpt2;
using Loquat.Models.Llama;
using Loquat.Optimization.Rules;
using Loquat.Planning;

namespace Loquat.Tests.Planning;

public sealed class RunSizingTests
{
    private static readonly MachineFigures Machine = new() { Float32Gflops = 130, BFloat16Gflops = 900, MemoryGBPerSecond = 30, MemoryBytes = 8L << 30 };

    [Theory]
    [InlineData(10)]
    [InlineData(60)]
    [InlineData(600)]
    [InlineData(36000)]
    public void A_run_fits_its_time_and_memory_and_uses_most_of_the_time(double seconds)
    {
        var run = RunSizing.Choose(Budget(seconds));
        run.Seconds.Should().BeInRange(0.9 * seconds, seconds);
        run.MemoryBytes.Should().BeLessThan(Machine.MemoryBytes);
        run.Shape.AttentionWidth.Should().Be(run.Shape.Width);
        run.Reasons.Should().NotBeEmpty();
    }

    [Fact]
    public void More_time_and_faster_machines_train_larger_models_on_more_text()
    {
        var runs = new[] { 10.0, 60, 600, 6000 }.Select(s => RunSizing.Choose(Budget(s))).ToArray();
        runs.Select(r => r.Shape.KaplanParameters).Should().BeInAscendingOrder();
        runs.Select(r => r.Tokens).Should().BeInAscendingOrder();
        RunSizing.Choose(Budget(60) with { BFloat16 = true }).Shape.KaplanParameters.Should().BeGreaterThanOrEqualTo(runs[1].Shape.KaplanParameters);
    }

    [Fact]
    public void A_small_text_gives_a_sentence_about_repetition()
    {
        var run = RunSizing.Choose(Budget(600) with { UniqueTokens = 300_000 });
        run.Reasons.Should().Contain(r => r.Contains("times"));
    }

    [Fact]
    public void A_measured_step_changes_the_number_of_steps()
    {
        var run = RunSizing.Choose(Budget(100));
        var slower = run.WithMeasuredStep(2 * run.Step.Seconds, 100);
        slower.Steps.Should().BeInRange(run.Steps / 2 - 1, run.Steps / 2 + 1);
        slower.Seconds.Should().BeInRange(90, 100);
        slower.Reasons.Should().HaveCount(run.Reasons.Count + 1);
        var never = () => run.WithMeasuredStep(0, 100);
        never.Should().Throw<OptionsException>();
    }

    [Fact]
    public void What_cannot_fit_says_what_would_help()
    {
        var choose = () => RunSizing.Choose(Budget(0.01));
        choose.Should().Throw<OptionsException>().WithMessage("*more time*");
        var none = () => RunSizing.Choose(Budget(0));
        none.Should().Throw<OptionsException>().WithMessage("*allowed*");
    }

    [Fact]
    public void Counts_before_building_equal_the_configured_tensors()
    {
        var gpt2 = new Gpt2Config { VocabSize = 65, NEmbd = 48, NLayer = 3, NHead = 4, NPositions = 32, NInner = 100 };
        var llama = new LlamaConfig
        {
            VocabSize = 300,
            HiddenSize = 64,
            NumHiddenLayers = 2,
            NumAttentionHeads = 4,
            NumKeyValueHeads = 2,
            HeadDim = 24,
            IntermediateSize = 160,
            MaxPositionEmbeddings = 64,
            Variant = LlamaVariant.Qwen3,
        };
        ModelShape.Of(gpt2).Parameters().Total.Should().Be(gpt2.ParameterCount());
        ModelShape.Of(llama).Parameters().Total.Should().Be(llama.ParameterCount());
        var tied = llama with { TieWordEmbeddings = true, Variant = LlamaVariant.Llama };
        ModelShape.Of(tied).Parameters().Total.Should().Be(tied.ParameterCount());
        foreach (var config in new Loquat.Models.ModelConfig[] { gpt2, llama, tied })
            ModelShape.Of(config).Forward(20).Total.Should().Be(2 * 20 * config.ProductsPerToken(20), config.ModelType);
    }

    [Fact]
    public void A_forecast_is_never_below_the_limit_of_the_machine()
    {
        var shape = ModelShape.Gpt2(12, 12, 768, 50257, 1024);
        var step = Forecast.Step(shape, 4, 64, Machine);
        step.Seconds.Should().BeGreaterThan(4 * shape.Forward(64).Training / (Machine.Float32Gflops * 1e9));
        step.Optimizer.Should().BeApproximately(shape.Parameters().Total * 32 / 30e9, 1e-9);
        Forecast.Step(shape, 4, 64, Machine, bfloat16: true).Seconds.Should().BeLessThan(step.Seconds);
    }

    [Fact]
    public void Muon_costs_products_that_do_not_depend_on_the_batch()
    {
        // One square and one 4 : 1 matrix of width 8, and a fused 3 : 1: by hand, 4 l s² + 2 s³ each.
        var shape = ModelShape.Gpt2(layers: 2, heads: 2, width: 8, vocabulary: 10, context: 4);
        shape.NewtonSchulzFlops(5).Should().Be(2 * 5 * (8 * 8 * 8) * ((4 * 3 + 2) + (4 + 2) + 2 * (4 * 4 + 2)));
        var machine = Machine with { Float32Gflops = 100 };
        var step = (int batch, MuonOptions? muon) => Forecast.Step(shape, batch, 4, machine, muon: muon).Optimizer;
        step(1, new MuonOptions()).Should().Be(step(64, new MuonOptions())).And.BeGreaterThan(step(1, null));
        RunSizing.Choose(Budget(60) with { Muon = new MuonOptions() }).Seconds.Should().BeInRange(54, 60);
    }

    [Fact]
    public void Repeated_text_is_worth_less_than_fresh_text_but_something()
    {
        ScalingLaw.EffectiveTokens(100, 80).Should().Be(80);
        ScalingLaw.EffectiveTokens(100, 400).Should().BeInRange(350, 400);
        ScalingLaw.EffectiveTokens(100, 1e9).Should().BeApproximately(1640, 1);
    }

    private static RunBudget Budget(double seconds) => new() { TrainingSeconds = seconds, Machine = Machine, Vocabulary = 2048, Context = 128 };
}
