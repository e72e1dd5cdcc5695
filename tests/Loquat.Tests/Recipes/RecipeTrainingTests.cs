using Loquat.Checkpoints;
using Loquat.Evaluation;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Models.Llama;
using Loquat.Objectives;
using Loquat.Optimization;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Text.Datasets;
using Loquat.Training;

namespace Loquat.Tests.Recipes;

/// <summary>Every optimizer and schedule that a recipe can name trains, and a run that was stopped and resumed is the run that never stopped, bit for bit.</summary>
public sealed class RecipeTrainingTests : IDisposable
{
    private static readonly LlamaConfig _config = new()
    {
        VocabSize = 16,
        HiddenSize = 8,
        NumHiddenLayers = 1,
        NumAttentionHeads = 1,
        IntermediateSize = 16,
        MaxPositionEmbeddings = 8,
        Variant = LlamaVariant.Qwen3,
        TieWordEmbeddings = true,
    };

    private readonly TemporaryFolder _folder = new();
    private readonly TokenShard _shard;

    public RecipeTrainingTests()
    {
        using var writer = new TokenShardWriter(_folder.File("tokens"), 16, 0);
        for (var document = 0; document < 20; document++)
            writer.Write([.. Enumerable.Range(0, 40).Select(i => (i * (document % 3 + 1)) % 16)], 40);
        writer.Complete();
        _shard = TokenShard.Open(_folder.File("tokens"));
    }

    /// <summary>Every rule that training can give what it needs.</summary>
    public static TheoryData<string> Rules => [.. KnownRules.Types.Where(type => KnownRules.Find(type)!.Curvature != CurvatureEstimate.HessianDiagonal)];

    public static TheoryData<string> Schedules => [.. KnownSchedules.Types];

    [Theory, MemberData(nameof(Rules))]
    public void Every_optimizer_trains_and_resumes(string type) => Resumes($"optimizer: {{type: {type}}}, lr_scheduler: {{type: constant}}");

    [Theory, MemberData(nameof(Schedules))]
    public void Every_schedule_trains_and_resumes(string type) =>
        Resumes($"lr_scheduler: {{type: {type}{(KnownSchedules.Find(type) is WarmupScheduleOptions ? ", warmup_steps: 2" : "")}}}");

    [Theory]
    [InlineData("gradient_checkpointing: true")]
    [InlineData("ema_decay: 0.5")]
    [InlineData("ema_decay: 0.9, ema_warmup: true")]
    [InlineData("swa_start: 3, swa_steps: 2")]
    [InlineData("max_grad_value: 0.01, grad_norm_type: infinity")]
    [InlineData("adaptive_grad_clip: 0.01, gradient_noise: 0.01")]
    [InlineData("gradient_accumulation_steps: 2, gradient_noise_scale: true")]
    [InlineData("optimizer: {type: sophia_g, hessian_update_steps: 2}")]
    [InlineData("optimizer: {type: soap, precondition_frequency: 2}")]
    [InlineData("optimizer: {type: adafactor, relative_step: true, scale_parameter: true, beta1: 0.9}, lr_scheduler: {type: constant}")]
    [InlineData("lr_scheduler: {type: reduce_lr_on_plateau, patience: 0, threshold: 0.5}, eval_steps: 1")]
    [InlineData("parameter_groups: [{roles: [embedding], learning_rate: 0.1, weight_decay: 0}, {names: ['*mlp*'], optimizer: {type: lion}}, {roles: [vector], optimizer: {type: sgd, momentum: 0}}]")]
    public void What_else_a_recipe_says_of_steps_resumes(string yaml) => Resumes(yaml);

    [Theory]
    [InlineData("ema_decay: 0.5, swa_start: 1", "ema_decay and training.swa_start each keep an average")]
    [InlineData("ema_decay: 0.5, optimizer: {type: schedule_free_adamw}", "ema_decay and training.optimizer.type each keep an average")]
    [InlineData("ema_warmup: true", "training.ema_warmup is 'true', but there is no ema_decay")]
    [InlineData("swa_start: 1000000", "no weights would count")]
    [InlineData("gradient_noise_scale: true", "raise training.gradient_accumulation_steps")]
    [InlineData("optimizer: {type: sophia_h}", "Choose sophia_g")]
    [InlineData("early_stopping_threshold: 0.1", "there is no early_stopping_patience")]
    public void What_cannot_be_honored_is_refused(string yaml, string message)
    {
        var parse = () => RecipeFile.Parse($"training: {{{yaml}}}", "r.yaml");
        parse.Should().Throw<OptionsException>().WithMessage($"*{message}*");
    }

    [Fact]
    public void Groups_have_their_own_rates_and_decays()
    {
        var training = RecipeFile.Parse("training: {optimizer: {learning_rate: 0.01}, parameter_groups: [{roles: [embedding], learning_rate: 0.05}, {names: ['*norm*'], weight_decay: 0.5}, {roles: [matrix], optimizer: {type: muon, learning_rate: 0.02}}]}", "r").Training;
        using var model = _config.Build<CausalModel>(Placement.Cpu, seed: 1);
        using var optimizer = training.ToOptimizer(model);
        OptimizerParameter Of(string part) => optimizer.Parameters.First(p => p.Name.Contains(part, StringComparison.Ordinal));
        Of("embed").LearningRateFactor.Should().Be(5);
        (Of("norm").WeightDecay, Of("norm").Rule!.WeightDecay).Should().Be((true, 0.5));
        Of("mlp").Rule!.Type.Should().Be("muon");
        Of("mlp").LearningRateFactor.Should().Be(2);
        var nowhere = () => (training with { ParameterGroups = new([new() { Names = new(["nothing.*"]), LearningRate = 1 }]) }).ToOptimizer(model);
        nowhere.Should().Throw<OptionsException>().WithMessage("training.parameter_groups.0 takes no parameter*");
    }

    [Fact]
    public void The_average_of_the_weights_is_evaluated_and_saved_and_the_weights_train_on()
    {
        var averaged = Train("averaged", "ema_decay: 0.9, optimizer: {learning_rate: 0.05}", steps: 6);
        var plain = Train("plain", "optimizer: {learning_rate: 0.05}", steps: 6);
        averaged.Losses.Should().Equal(plain.Losses, "an average changes no step");
        averaged.Evaluations.Should().NotEqual(plain.Evaluations);
        using var best = ModelFolder.Load<CausalModel>(_folder.File("averaged/best"), Placement.Cpu);
        Evaluator(_shard).Evaluate(best, 2).Loss.Should().BeApproximately(averaged.Evaluations.Min(), 1e-6);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Overfitting_is_told_where_only_the_training_text_is_learned(bool noise)
    {
        using var other = Noise("other", seed: 7);
        using var own = Noise("own", seed: 8);
        var heard = noise
            ? Train("noise", "optimizer: {learning_rate: 0.05}, lr_scheduler: {type: constant}", steps: 120, own, Evaluator(other), Evaluator(own), evalSteps: 10)
            : Train("pattern", "optimizer: {learning_rate: 0.02}, lr_scheduler: {type: constant}", steps: 60, _shard, Evaluator(_shard), Evaluator(_shard), evalSteps: 10);
        var last = heard.Results[^1];
        last.TrainingLoss.Should().NotBeNull();
        if (noise)
        {
            last.OverfittingSince.Should().Be(heard.State!.BestStep);
            last.Gap!.Value.Should().BeGreaterThan(last.GapInterval!.Value);
            OverfittingNote.Of(last).Should().StartWith($"overfitting since step {heard.State.BestStep}: ");
        }
        else
        {
            heard.Results.Should().OnlyContain(result => result.OverfittingSince == null);
        }
    }

    /// <summary>Tokens by chance: what is learned of them helps nowhere else.</summary>
    private TokenShard Noise(string name, int seed)
    {
        var random = new Random(seed);
        using var writer = new TokenShardWriter(_folder.File(name), 16, 0);
        for (var document = 0; document < 4; document++) writer.Write([.. Enumerable.Range(0, 40).Select(_ => random.Next(16))], 40);
        writer.Complete();
        return TokenShard.Open(_folder.File(name));
    }

    private void Resumes(string yaml)
    {
        var whole = Train("whole", yaml, steps: 7);
        Train("parts", yaml, steps: 3);
        var second = Train("parts", yaml, steps: 7);
        second.Losses.Should().Equal(whole.Losses.Skip(3));
        second.State!.Should().BeEquivalentTo(whole.State, options => options.Excluding(state => state!.Seconds));
        using var one = SafetensorsFile.Open(_folder.File("whole/last/optimizer.safetensors"));
        using var two = SafetensorsFile.Open(_folder.File("parts/last/optimizer.safetensors"));
        two.Entries.Keys.Should().BeEquivalentTo(one.Entries.Keys);
        foreach (var name in one.Entries.Keys)
        {
            using var left = one.Load(name);
            using var right = two.Load(name);
            left.Equals(right).Should().BeTrue(name);
        }
        whole.Losses.Should().OnlyContain(loss => double.IsFinite(loss));
    }

    private Heard Train(string name, string yaml, long steps) => Train(name, yaml, steps, _shard, Evaluator(_shard), watched: null);

    private Heard Train(string name, string yaml, long steps, TokenShard text, IEvaluator evaluator, IEvaluator? watched, int evalSteps = 3)
    {
        // Steps are told to the loop alone: a schedule knows those of the whole run.
        var recipe = RecipeFile.Parse($"seed: 3\ntraining: {{max_steps: 7, per_device_train_batch_size: 2, context_length: 8, {(yaml.Contains("eval_steps", StringComparison.Ordinal) ? "" : $"eval_steps: {evalSteps}, ")}save_steps: 100, {yaml}}}", "r.yaml", yaml.Contains("lr_scheduler", StringComparison.Ordinal) ? [] : ["training.lr_scheduler.warmup_steps=2"]);
        using var model = _config.Build<CausalModel>(Placement.Cpu, seed: 1);
        using var optimizer = recipe.Training.ToOptimizer(model);
        var heard = new Heard();
        var objective = new CausalOptions().Create(new(null!, _config, 8, 3));
        heard.State = new TrainingLoop(
            model, objective, optimizer, recipe.Training.ToSchedule(), new TextBatches(objective, new PackedBatches(text, 8, seed: 1)), evaluator, new CheckpointStore(_folder.File(name), null), [heard],
            recipe.ToOptions() with { MaxSteps = steps }, TimeProvider.System, watched: watched).Run(TestContext.Current.CancellationToken);
        return heard;
    }

    private static PerplexityEvaluator Evaluator(TokenShard shard) => new(new EvaluationRows(i => shard[i], shard.DocumentEnds.ToArray(), 8, endOfText: null), shard.Header.TextBytes);

    public void Dispose()
    {
        _shard.Dispose();
        _folder.Dispose();
    }

    private sealed class Heard : ITrainingReporter
    {
        public List<double> Losses { get; } = [];

        public List<EvaluationResult> Results { get; } = [];

        public IEnumerable<double> Evaluations => Results.Select(result => result.Loss);

        public TrainingState? State { get; set; }

        public void Step(StepReport report) => Losses.Add(report.Loss);

        public void Evaluated(long step, EvaluationResult result, bool better) => Results.Add(result);
    }
}
