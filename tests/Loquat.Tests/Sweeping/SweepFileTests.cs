using System.Text.Json.Nodes;
using Loquat.Recipes;
using Loquat.Sweeping;
using Loquat.Sweeps.Pruners;
using Loquat.Sweeps.Samplers;
using Loquat.Sweeps.Spaces;

namespace Loquat.Tests.Sweeping;

/// <summary>What a sweep's file may say, and what is told of one that cannot be carried out before anything runs.</summary>
public sealed class SweepFileTests
{
    private const string Recipe = """
        recipe:
          data: {story_megabytes: 0.05}
          tokenizer: {type: byte}
          model: {model_type: gpt2, n_embd: 12, n_layer: 1, n_head: 2, n_positions: 32}
          training: {max_steps: 90, eval_steps: 10, lr_scheduler: {warmup_steps: 5}}
        """;

    private const string Space = """
        space:
          training.optimizer.learning_rate: {type: log_uniform, low: 1e-4, high: 1e-2}
        """;

    private static Sweep Parse(string text) => SweepFile.Parse(text, "sweep.yaml", ".");

    [Fact]
    public void All_of_it_is_read()
    {
        var sweep = Parse($$$"""
            name: rates
            {{{Recipe}}}
            set: {training.max_steps: 45, training.eval_steps: 5}
            space:
              training.optimizer.type: [adamw, muon]
              training.optimizer.learning_rate: {type: log_uniform, low: 1e-4, high: 1e-2}
              training.optimizer.muon_learning_rate: {type: uniform, low: 0.01, high: 0.1, when: {training.optimizer.type: muon}}
              training.per_device_train_batch_size: {type: int, low: 2, high: 16, log: true}
              model.n_layer: {type: choice, values: [1, 2], when: {training.optimizer.type: [adamw, muon]}}
            objective: {metric: bits_per_byte}
            budget: {trials: 7, tokens: 100000, minutes: 2.5}
            sampler: {type: gp, startup_trials: 4}
            pruner: {type: asha, eta: 3, rungs: 3}
            seed: 5
            checkpoints: best
            """);
        sweep.Name.Should().Be("rates");
        sweep.Base.Training.MaxSteps.Should().Be(45);
        sweep.Space!.Parameters.Select(p => p.GetType()).Should().Equal(typeof(ChoiceParameter), typeof(RealParameter), typeof(RealParameter), typeof(IntegerParameter), typeof(ChoiceParameter));
        sweep.Space.Parameters[2].When.Should().BeEquivalentTo(new SpaceCondition("training.optimizer.type", ["muon"]));
        (sweep.Objective.Metric, sweep.Objective.IsMaximized, sweep.Budget, sweep.Seed, sweep.Checkpoints).Should().Be((SweepMetric.BitsPerByte, false, new SweepBudget { Trials = 7, Tokens = 100000, Minutes = 2.5 }, 5UL, CheckpointsKept.Best));
        sweep.Sampler.Should().BeOfType<GaussianProcessSampler>().Which.StartupTrials.Should().Be(4);
        sweep.Pruner.Should().BeOfType<Asha>().Which.Rungs.Should().Be(3);
        var recipe = sweep.RecipeOf(new([new("training.optimizer.type", "muon"), new("training.optimizer.learning_rate", "0.001"), new("training.optimizer.muon_learning_rate", "0.05"), new("training.per_device_train_batch_size", "4"), new("model.n_layer", "2")]));
        (recipe.Training.Optimizer.Type, recipe.Training.PerDeviceTrainBatchSize, recipe.Model.Config.Layers).Should().Be(("muon", 4, 2));
    }

    public static TheoryData<string, string> Faults => new()
    {
        { $"{Recipe}", "sweep.yaml: space is missing*" },
        { $"{Space}", "sweep.yaml: recipe is missing*" },
        { $"{Recipe}\n{Space}\nbugdet: {{trials: 3}}", "sweep.yaml, line *: unknown key 'bugdet'. Did you mean 'budget'?" },
        { $"{Recipe}\n{Space}\nbudget: {{trails: 3}}", "*unknown key 'budget.trails'. Did you mean 'trials'?" },
        { $"{Recipe}\n{Space}\nbudget: {{trials: 0}}", "*budget.trials is '0'; it must be a whole number from 1*" },
        { $"{Recipe}\n{Space}\nsampler: {{type: tpee}}", "*sampler.type is 'tpee'; it must be one of grid, random, sobol, tpe, gp, cma_es, population. Did you mean 'tpe'?" },
        { $"{Recipe}\n{Space}\nsampler: {{type: random, candidates: 3}}", "*sampler.candidates is '3', but the sampler is random; the key belongs to tpe.*" },
        { $"{Recipe}\n{Space}\npruner: {{type: asha, eta: 1}}", "*pruner.eta is '1'; it must be a whole number from 2*" },
        { $"{Recipe}\nspace: {{}}", "*the space is empty*" },
        { $"{Recipe}\nspace: {{training.learning_rate: {{type: uniform, low: 0, high: 1}}}}", "space: training.learning_rate: the recipe refuses 0: *unknown key 'training.learning_rate'*" },
        { $"{Recipe}\nspace: {{training.max_steps: {{type: int, low: 20, high: 10}}}}", "*training.max_steps begins at 20, above its end 10." },
        { $"{Recipe}\nspace: {{training.max_steps: {{type: it, low: 20, high: 10}}}}", "*training.max_steps: type is 'it'; it must be one of choice, int, uniform, log_uniform.*Did you mean 'int'?" },
        { $"{Recipe}\nspace: {{training.max_steps: {{type: int, low: 20, hihg: 40}}}}", "*training.max_steps: unknown key 'hihg'. Did you mean 'high'?" },
        { $"{Recipe}\nspace: {{training.max_steps: {{type: int, low: 2.5, high: 40}}}}", "*training.max_steps: low is '2.5'; it must be a whole number.*" },
        { $"{Recipe}\nspace: {{training.max_steps: 40}}", "*training.max_steps must be a list of choices, or hold type, low and high. A value for all trials stands in set." },
        { $"{Recipe}\nspace: {{training.ema_decay: {{type: uniform, low: 0.5, high: 1.5}}}}", "*training.ema_decay: the recipe refuses 1.5: *" },
        { $"{Recipe}\nspace: {{model.n_layer: [1, 2], training.seed: {{type: int, low: 1, high: 2, when: {{model.n_layers: 1}}}}}}", "*model.n_layers is no key of the space that stands before it." },
        { $"{Recipe}\nspace: {{tokenizer.type: [byte, character]}}", "objective.metric is loss, but trials differ in tokenizer.type*bits_per_byte." },
        { $"{Recipe}\n{Space}\nobjective: {{metric: score}}", "objective.metric is score, but the recipe's objective, causal,*" },
        { $"{Recipe}\n{Space}\npruner: {{type: asha}}", "pruner asha: trials are judged at steps 3, 10, 30, 90, but the recipe evaluates every 10 steps*eval_steps to 3*" },
        { $"{Recipe}\n{Space}\nset: {{training.optimizer.learning_rate: 1}}", "training.optimizer.learning_rate is in the space and in set.*" },
        { $"{Recipe}\n{Space}\ntest_path: nowhere.txt", "test_path: nowhere.txt: there is no such file or folder." },
        { $"{Recipe}\n{Space}\nstorage: 'postgres://:::'", "*is no address of a database*" },
        { $"recipe: nowhere.yaml\n{Space}", "sweep.yaml, line 1: recipe: nowhere.yaml: cannot be read*" },
    };

    [Theory, MemberData(nameof(Faults))]
    public void What_cannot_be_is_told(string text, string message) => FluentActions.Invoking(() => Parse(text)).Should().Throw<OptionsException>().WithMessage(message);

    /// <summary>Three heads fit a width of 12, not one of 8: one that a trial can be told of is no fault of the sweep.</summary>
    [Fact]
    public void A_value_that_some_combination_allows_is_no_fault() =>
        Parse($"{Recipe}\nspace: {{model.n_embd: [8, 12], model.n_head: [2, 3]}}").Space!.Parameters.Should().HaveCount(2);

    [Fact]
    public void The_schema_knows_every_key_and_its_default()
    {
        var properties = SweepSchema.Create()["properties"]!.AsObject();
        properties.Select(p => p.Key).Should().Equal("name", "recipe", "set", "space", "objective", "test_path", "budget", "sampler", "pruner", "seed", "storage", "checkpoints");
        properties.Should().OnlyContain(p => p.Value!["description"] != null);
        properties["budget"]!["properties"]!["trials"]!["default"]!.GetValue<long>().Should().Be(new SweepBudget().Trials);
        properties["sampler"]!["properties"]!["type"]!["enum"]!.AsArray().Select(t => t!.GetValue<string>()).Should().Equal(Sampler.Names);
        JsonNode.DeepEquals(SweepSchema.Create(), SweepSchema.Create()).Should().BeTrue();
    }

    [Fact]
    public void A_recipe_built_in_code_is_searched_too()
    {
        var sweep = new Sweep { Recipe = RecipeFile.Parse("training: {max_steps: 10, lr_scheduler: {warmup_steps: 1}}", "r"), Space = new([new ChoiceParameter("training.optimizer.type", ["adamw", "muon"])]) };
        sweep.RecipeOf(new([new("training.optimizer.type", "muon")])).Training.Optimizer.Type.Should().Be("muon");
    }
}
