using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Loquat.Adapters;
using Loquat.Distillation;
using Loquat.Models;
using Loquat.Models.Llama;
using Loquat.Objectives;
using Loquat.Optimization;
using Loquat.Optimization.Rules;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;
using Loquat.Text.Collection;

namespace Loquat.Tests.Recipes;

/// <summary>A recipe built in code is checked as a file is.</summary>
public sealed class RecipeChecksTests
{
    /// <summary>Every key of a recipe with a range, by its path.</summary>
    public static TheoryData<string> Ranged => [.. Keys(typeof(Recipe), "").Where(k => k.Property.GetCustomAttribute<RangeAttribute>() is not null).Select(k => k.Path)];

    public static TheoryData<string> Choices => [.. Keys(typeof(Recipe), "").Where(k => Core(k.Property).IsEnum).Select(k => k.Path)];

    [Theory, MemberData(nameof(Ranged))]
    public void A_value_out_of_its_range_is_refused_in_code_and_in_a_file(string path)
    {
        var property = Keys(typeof(Recipe), "").Single(k => k.Path == path).Property;
        var range = property.GetCustomAttribute<RangeAttribute>()!;
        List<double> bad = [Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture) - 1, Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture) * 2 + 1];
        if (Core(property) == typeof(double)) bad.AddRange([double.NaN, double.PositiveInfinity, double.NegativeInfinity]);
        foreach (var number in bad)
        {
            if (Core(property) == typeof(int) && Math.Abs(number) > int.MaxValue) continue;
            var value = Convert.ChangeType(number, Core(property), CultureInfo.InvariantCulture);
            var code = () => With(path, value).Validated();
            code.Should().Throw<OptionsException>().WithMessage($"*{path} is {Convert.ToString(value, CultureInfo.InvariantCulture)}; it must be *from {range.Minimum} to*");
            string[] named = path.StartsWith("objective.", StringComparison.Ordinal) ? ["objective.type=causal"] : [];
            var file = () => RecipeFile.Parse("", "r.yaml", [.. named, $"{path}={Convert.ToString(value, CultureInfo.InvariantCulture)}"]);
            file.Should().Throw<OptionsException>().WithMessage($"*{path} is '*'; it must be *from {range.Minimum} to*");
        }
    }

    [Theory, MemberData(nameof(Choices))]
    public void A_choice_that_does_not_exist_is_refused(string path)
    {
        var type = Core(Keys(typeof(Recipe), "").Single(k => k.Path == path).Property);
        var code = () => With(path, Enum.ToObject(type, 99)).Validated();
        code.Should().Throw<OptionsException>().WithMessage($"*{path} is '99'; it must be one of *");
    }

    [Fact]
    public void Nothing_may_be_missing()
    {
        var model = () => (new Recipe() with { Model = null! }).Validated();
        model.Should().Throw<OptionsException>().WithMessage("model is null*");
        var name = () => (new Recipe() with { Name = null! }).Validated();
        name.Should().Throw<OptionsException>().WithMessage("name is null*");
    }

    [Fact]
    public void A_run_of_such_a_recipe_is_not_made_and_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        var run = () => new TrainingRun(new Recipe { Model = LlamaConfig.Decoder(layers: 0, width: 64, context: 64), Training = new() { MaxSteps = -1, PerDeviceTrainBatchSize = 0 } }, new RunFolder(folder.File("run")));
        run.Should().Throw<OptionsException>().WithMessage("2 faults*training.max_steps is -1*training.per_device_train_batch_size is 0*");
        Directory.Exists(folder.File("run")).Should().BeFalse();
    }

    [Fact]
    public void A_context_beyond_the_positions_is_refused_in_code()
    {
        var recipe = () => new Recipe { Model = LlamaConfig.Decoder(layers: 1, width: 64, context: 32), Training = new() { ContextLength = 64 } }.Validated();
        recipe.Should().Throw<OptionsException>().WithMessage("*context_length 64 is above the 32 positions of the model (model.max_position_embeddings)*");
    }

    [Theory]
    [InlineData("training: {optimizer: {type: adamw, muon_learning_rate: 0.01}}", "training.optimizer.muon_learning_rate", "belongs to muon")]
    [InlineData("training: {optimizer: {muon_learning_rate: 0.02}}", "training.optimizer.muon_learning_rate", "the optimizer is adamw")]
    [InlineData("training: {optimizer: {type: sgd, momentum: 0, nesterov: true}}", "training.optimizer.nesterov", "momentum is 0")]
    [InlineData("training: {lr_scheduler: {type: cosine, decay_steps: 50}}", "training.lr_scheduler.decay_steps", "belongs to warmup_stable_decay")]
    [InlineData("training: {lr_scheduler: {type: linear, min_lr_ratio: 0.2}}", "training.lr_scheduler.min_lr_ratio", "the schedule is linear")]
    [InlineData("training: {lr_scheduler: {type: constant, min_lr_ratio: 0.1}}", "training.lr_scheduler.min_lr_ratio", "belongs to nanogpt_cosine")]
    [InlineData("data: {split: position}", "data.split", "stories")]
    [InlineData("tokenizer: {sampling: {alpha: 0.3}}", "tokenizer.sampling.alpha", "passes is 0")]
    [InlineData("tokenizer: {type: character, vocab_size: 300}", "tokenizer.vocab_size", "that the text has")]
    [InlineData("tokenizer: {path: tokenizer.json, vocab_size: 300}", "tokenizer.vocab_size", "gives the tokenizer")]
    [InlineData("tokenizer: {path: tokenizer.json, type: unigram}", "tokenizer.type", "gives the tokenizer")]
    [InlineData("data: {path: texts, story_megabytes: 3}", "data.story_megabytes", "gives the text")]
    [InlineData("data: {path: texts, story_seed: 3}", "data.story_seed", "gives the text")]
    public void A_key_without_effect_is_refused_with_its_line(string yaml, string key, string why)
    {
        var parse = () => RecipeFile.Parse(Text(), "r.yaml");
        parse.Should().Throw<OptionsException>().WithMessage($"r.yaml, line 2: {key} is *{why}*Take it out*");
        RecipeFile.Parse(Text(), "r.yaml", [$"{key}=null"]).Name.Should().Be("x", "of an override that takes the key out");

        string Text() => "name: x\n" + yaml;
    }

    [Theory]
    [InlineData("data: {story_megabytes: 3, story_seed: 4}", "data.path=texts")]
    [InlineData("tokenizer: {vocab_size: 300, type: unigram}", "tokenizer.path=tokenizer.json")]
    [InlineData("tokenizer: {vocab_size: 300}", "tokenizer.type=character")]
    public void An_override_takes_the_place_of_keys_of_the_file(string yaml, string setting)
    {
        RecipeFile.Parse(yaml, "r.yaml", [setting]).Should().Be(RecipeFile.Parse("name: run", "r.yaml", [setting]));
        var both = () => RecipeFile.Parse("name: x", "r.yaml", ["data.story_seed=4", "data.path=texts"]);
        both.Should().Throw<OptionsException>().WithMessage("*data.story_seed is '4', but data.path gives the text*");
    }

    [Theory]
    [InlineData("training: {lr_scheduler: {decay_steps: null, min_lr_ratio: 0.2}}")]
    [InlineData("training: {optimizer: {type: muon, muon_learning_rate: 0.01}, lr_scheduler: {type: warmup_stable_decay, decay_steps: 10}}")]
    public void What_says_what_happens_may_stand_there(string yaml) => RecipeFile.Parse(yaml, "r.yaml").Should().NotBeNull();

    [Fact]
    public void In_code_a_value_without_effect_is_refused_where_it_is_not_the_default()
    {
        var recipe = () => new Recipe { Data = new() { Split = SplitKind.Position }, Training = new() { Optimizer = new SgdOptions { Momentum = 0, Dampening = 0.5 } } }.Validated();
        recipe.Should().Throw<OptionsException>().WithMessage("2 faults*training.optimizer.dampening is '0.5', but*data.split is*");
    }

    [Theory]
    [InlineData("model: {model_type: gpt2, rope_theta: 500000}", "unknown key 'model.rope_theta'")]
    [InlineData("model: {model_type: gpt2, n_embed: 64}", "unknown key 'model.n_embed'. Did you mean 'n_embd'?")]
    [InlineData("model: {hidden_size: 64, num_attention_heads: 3}", "Nearest valid: 63")]
    [InlineData("model: {architecture: gpt2}", "model.architecture is called model_type")]
    [InlineData("model: {model_type: gpt2, dropout: 0.1}", "model.dropout is called embd_pdrop")]
    [InlineData("model: {bos_token_id: 3}", "model.bos_token_id is 3; it must be left out")]
    [InlineData("model: {rope_theta: -1}", "model.rope_theta is -1; it must be a number above 0")]
    [InlineData("model: {hidden_size: '64'}", "model.hidden_size is \"64\"; it must be a whole number")]
    [InlineData("model: {rope_parameters: {rope_type: yarm}}", "rope_parameters.rope_type is \"yarm\"; it must be one of")]
    [InlineData("model: {rope_theta: 0,5}", "write a decimal point, 0.5")]
    public void A_key_of_the_model_that_its_config_does_not_have_is_refused_with_its_line(string yaml, string message)
    {
        var parse = () => RecipeFile.Parse("name: x\n" + yaml.Replace("0,5", "'0,5'", StringComparison.Ordinal), "r.yaml");
        parse.Should().Throw<OptionsException>().WithMessage($"*{message}*");
    }

    [Fact]
    public void A_larger_vocabulary_than_the_tokenizers_is_honored_and_a_smaller_one_refused()
    {
        var model = RecipeFile.Parse("model: {vocab_size: 512}", "r").Model;
        model.ToConfig(500, 3).VocabSize.Should().Be(512);
        var act = () => model.ToConfig(513, 3);
        act.Should().Throw<OptionsException>().WithMessage("model.vocab_size is 512; the tokenizer has 513 tokens*");
        RecipeFile.Parse("{}", "r").Model.ToConfig(500, 3).VocabSize.Should().Be(500);
    }

    [Fact]
    public void Whatever_a_recipe_chooses_it_can_be_written_out_and_read_again()
    {
        // Every architecture with one optimizer, and every optimizer and schedule with one architecture.
        foreach (var architecture in ModelFamilies.ModelTypes)
            foreach (var optimizer in KnownRules.Types.Select(type => KnownRules.Find(type)!))
                foreach (var schedule in KnownSchedules.Types.Select(type => KnownSchedules.Find(type)!))
                    foreach (var path in (string?[])[null, "text.txt"])
                    {
                        if (optimizer.Type == "sophia_h") continue; // for programs that bring estimates of the Hessian; a recipe is refused
                        if (architecture != ModelSection.DefaultType && (optimizer.Type != "muon" || schedule.Type != "linear")) continue;
                        var model = RecipeFile.Parse($"model: {{model_type: {architecture}}}", "r").Model;
                        var recipe = new Recipe { Data = new() { Path = path }, Model = model, Objective = KnownObjectives.UsualOf(model.Config.Kind), Training = new() { Optimizer = optimizer, LrScheduler = schedule, ParameterGroups = new([new() { Roles = new(["embedding"]), LearningRate = 0.1 }, new() { Names = new(["*.mlp.*"]), Optimizer = new LionOptions() }]) } };
                        RecipeFile.Parse(RecipeFile.ToYaml(recipe.Validated()), "again").Should().Be(recipe);
                    }
    }

    [Fact]
    public void Another_optimizer_on_the_command_line_lets_go_of_the_keys_of_the_old_one()
    {
        var file = "training: {optimizer: {type: muon, momentum: 0.9, muon_learning_rate: 0.01, weight_decay: 0.3}, lr_scheduler: {warmup_steps: 7, min_lr_ratio: 0.2}}";
        var training = RecipeFile.Parse(file, "r", ["training.optimizer.type=adamw", "training.lr_scheduler.type=linear"]).Training;
        training.Optimizer.Should().Be(new AdamWOptions { WeightDecay = 0.3 });
        training.LrScheduler.Warmup.Should().Be(7);
        var both = () => RecipeFile.Parse(file, "r", ["training.optimizer.muon_learning_rate=1", "training.optimizer.type=adamw"]);
        both.Should().Throw<OptionsException>().WithMessage("*muon_learning_rate is '1', but the optimizer is adamw*");
        var typo = () => RecipeFile.Parse("training: {optimizer: {type: muon, momentun: 0.9}}", "r", ["training.optimizer.type=adamw"]);
        typo.Should().Throw<OptionsException>().WithMessage("*unknown key 'training.optimizer.momentun'*");
    }

    [Theory]
    [InlineData("training: {optimizer: {type: lionn}}", "training.optimizer.type is 'lionn'; it must be one of *Did you mean 'lion'?")]
    [InlineData("training: {optimizer: {type: lion, adam_beta3: 1}}", "unknown key 'training.optimizer.adam_beta3'. Did you mean 'adam_beta")]
    [InlineData("training: {optimizer: {type: lion, adam_beta1: 2}}", "training.optimizer.adam_beta1 is '2'; it must be a number from 0 to")]
    [InlineData("training: {lr_scheduler: {type: cosine, min_lr_ratio: 0.1}}", "the schedule is cosine; the key belongs to nanogpt_cosine, warmup_stable_decay")]
    [InlineData("training: {optimizer: {type: adafactor, relative_step: true}}", "training.lr_scheduler.type is nanogpt_cosine, but the optimizer decides the rate")]
    [InlineData("training: {parameter_groups: [{learning_rate: 1}]}", "training.parameter_groups.0 names neither roles nor names")]
    [InlineData("training: {parameter_groups: [{roles: [matrx], weight_decay: 0}]}", "roles holds 'matrx'; allowed: matrix, *Did you mean 'matrix'?")]
    [InlineData("training: {parameter_groups: [{roles: [matrix]}]}", "training.parameter_groups.0 changes nothing")]
    [InlineData("training: {parameter_groups: [{roles: [matrix], optimizer: {type: sgd, momentun: 1}}]}", "unknown key 'training.parameter_groups.0.optimizer.momentun'. Did you mean 'momentum'?")]
    [InlineData("training: {parameter_groups: {roles: matrix}}", "training.parameter_groups must be a list")]
    public void Slips_in_optimizers_schedules_and_groups_are_told(string yaml, string message)
    {
        var parse = () => RecipeFile.Parse("name: x\n" + yaml, "r.yaml");
        parse.Should().Throw<OptionsException>().WithMessage($"*{message}*");
    }

    private static Type Core(PropertyInfo property) => Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;

    private static IEnumerable<(string Path, PropertyInfo Property)> Keys(Type type, string path)
    {
        foreach (var property in type.GetProperties().Where(p => p.CanWrite))
        {
            var key = path.Length == 0 ? RecipeBinder.Key(property.Name) : $"{path}.{RecipeBinder.Key(property.Name)}";
            yield return (key, property);
            if (Core(property).IsClass && Core(property) != typeof(string) && Core(property) != typeof(ModelConfig))
                foreach (var inner in Keys(Core(property), key)) yield return inner;
        }
    }

    /// <summary>The default recipe with one value changed.</summary>
    private static Recipe With(string path, object value)
    {
        var recipe = path.Split('.')[0] switch { "adapter" => new Recipe { Adapter = new LoraOptions() }, "distillation" => new Recipe { Distillation = new ForwardKlOptions { Teacher = "teacher" } }, _ => new Recipe() };
        object at = recipe;
        foreach (var key in path.Split('.')[..^1]) at = at.GetType().GetProperties().Single(p => p.CanWrite && RecipeBinder.Key(p.Name) == key).GetValue(at)!;
        at.GetType().GetProperties().Single(p => p.CanWrite && RecipeBinder.Key(p.Name) == path.Split('.')[^1]).SetValue(at, value);
        return recipe;
    }
}
