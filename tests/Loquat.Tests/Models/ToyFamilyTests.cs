using System.ComponentModel;
using System.Text.Json.Nodes;
using Loquat.Checkpoints;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Objectives;
using Loquat.Optimization.Schedules;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Models;

/// <summary>A family and an objective that only this file knows are trained by the loop from a recipe, saved, read again and gone on with: adding one touches no other file.</summary>
public sealed class ToyFamilyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    static ToyFamilyTests()
    {
        ModelFamilies.Add(new BigramFamily());
        KnownObjectives.Add(new ReversedOptions());
    }

    [Fact]
    public void It_trains_from_a_recipe_and_comes_back_from_its_folder()
    {
        var recipe = RecipeFile.Parse(
            """
            data: {story_megabytes: 0.05}
            tokenizer: {type: byte}
            model: {model_type: toy_bigram, width: 12}
            objective: {type: toy_reversed, every: 2}
            training: {max_steps: 6, per_device_train_batch_size: 4, context_length: 16, eval_steps: 3, save_steps: 3, logging_steps: 1, optimizer: {learning_rate: 0.05}, lr_scheduler: {warmup_steps: 0}}
            """, "toy.yaml");
        var run = new RunFolder(_folder.File("run"));
        var outcome = new TrainingRun(recipe, run).Train();
        outcome.State.Step.Should().Be(6);
        var losses = RunMetrics.Read(run.Metrics).Steps.Select(step => step.Loss).ToList();
        losses[^1].Should().BeLessThan(losses[0]);
        File.ReadAllText(run.Recipe).Should().Contain("model_type: toy_bigram").And.Contain("type: toy_reversed").And.Contain("every: 2");
        using var model = ModelFolder.Load<CausalModel>(run.Best, Placement.Cpu);
        model.Parameters.Select(p => p.Name).Should().Equal("table", "head");

        // Gone on with, it is the run that never stopped.
        var whole = new RunFolder(_folder.File("whole"));
        var longer = recipe with { Training = recipe.Training with { MaxSteps = 9 } };
        new TrainingRun(longer with { Training = longer.Training with { LrScheduler = new ConstantWithWarmupOptions { WarmupSteps = longer.Training.LrScheduler.Warmup } } }, whole).Train();
        var refused = () => new TrainingRun(recipe with { Objective = new ReversedOptions { Every = 3 } }, run).Train();
        refused.Should().Throw<OptionsException>().WithMessage("*objective.every is 3, in the run 2*");
    }

    [Fact]
    public void Its_slips_are_told_as_any_other()
    {
        var parse = () => RecipeFile.Parse("model: {model_type: toy_bigram, widht: 3}\nobjective: {type: toy_reversed, every: 0}", "r.yaml");
        parse.Should().Throw<OptionsException>().WithMessage("*unknown key 'model.widht'. Did you mean 'width'?*objective.every is '0'; it must be a whole number from 1*");
        RecipeSchema.Create()["properties"]!["objective"]!.ToJsonString().Should().Contain("toy_reversed");
    }

    public void Dispose() => _folder.Dispose();

    private sealed class BigramFamily : ModelFamily
    {
        public override IReadOnlyList<string> ModelTypes => ["toy_bigram"];

        public override ModelConfig Read(ConfigReader fields) => new BigramConfig { VocabSize = fields.Integer("vocab_size"), Size = fields.Integer("width") };

        public override void Start(JsonObject keys) => Default(keys, "width", 8);
    }

    private sealed record BigramConfig : ModelConfig
    {
        public required int Size { get; init; }

        public override string ModelType => "toy_bigram";

        public override int ContextLength => int.MaxValue;

        public override int Layers => 1;

        public override int Width => Size;

        public override bool TiesHead => false;

        public override int AttentionWidth => 0;

        public override string BasePrefix => "";

        public override IEnumerable<ParameterSpec> Parameters() =>
            [new("table", [VocabSize, Size], Initializer.Normal(0.1), ParameterRole.Embedding), new("head", [VocabSize, Size], Initializer.Normal(0.1), ParameterRole.Head)];

        protected override IEnumerable<string> Faults() => NotPositive(("vocab_size", VocabSize), ("width", Size));

        public override BigramModel Build(Placement placement, ulong? seed) => new(this, placement, seed);

        public override JsonObject ToJson() => new() { ["model_type"] = ModelType, ["vocab_size"] = VocabSize, ["width"] = Size };
    }

    /// <summary>A token predicts the next by itself.</summary>
    private sealed class BigramModel(BigramConfig config, Placement placement, ulong? seed) : CausalModel(config, placement, seed)
    {
        public override Parameter TokenEmbedding => this["table"];

        public override Parameter Head => this["head"];

        public override ModelCache NewCache(long batch, long capacity) => new KvCache(0, batch, 1, capacity, 1, Placement);

        protected override Tensor Embed(Tensor ids, ForwardContext context) => EmbeddingTable.Lookup(TokenEmbedding, ids);

        protected override Tensor Blocks(Tensor x, ForwardContext context) => x.tanh();

        protected override void AccumulateEmbeddingGradients(Tensor ids, Tensor gradient, ForwardContext context) => EmbeddingTable.AccumulateGradient(TokenEmbedding, ids, gradient);
    }

    /// <summary>Every so many tokens, the one before.</summary>
    private sealed record ReversedOptions : ObjectiveOptions
    {
        [Description("Tokens between labels.")]
        [System.ComponentModel.DataAnnotations.Range(1, 100)]
        public int Every { get; init; } = 1;

        public override string Type => "toy_reversed";

        public override IReadOnlyList<ModelKind> Trains => [ModelKind.Causal];

        public override TextObjective Create(ObjectiveSetting setting) => new Reversed(setting.ContextLength, Every);

        private sealed class Reversed(int length, int every) : TextObjective
        {
            public override int TextTokens => length;

            public override TokenBatch Make(ReadOnlySpan<long> text, ReadOnlySpan<long> next, long place)
            {
                var labels = new long[text.Length];
                for (var i = 0; i < labels.Length; i++) labels[i] = i % length > 0 && i % every == 0 ? text[i - 1] : ModelBatch.Ignored;
                return new(text.Length / length, length) { InputIds = text.ToArray(), Labels = labels };
            }
        }
    }
}
