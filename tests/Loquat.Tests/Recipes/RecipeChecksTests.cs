using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;

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
            var file = () => RecipeFile.Parse("", "r.yaml", [$"{path}={Convert.ToString(value, CultureInfo.InvariantCulture)}"]);
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
        var run = () => new TrainingRun(new Recipe { Model = new() { NumHiddenLayers = 0 }, Training = new() { MaxSteps = -1, PerDeviceTrainBatchSize = 0 } }, new RunFolder(folder.File("run")));
        run.Should().Throw<OptionsException>().WithMessage("3 faults*model.num_hidden_layers is 0*training.max_steps is -1*training.per_device_train_batch_size is 0*");
        Directory.Exists(folder.File("run")).Should().BeFalse();
    }

    [Fact]
    public void A_context_beyond_the_positions_is_refused_in_code()
    {
        var recipe = () => new Recipe { Model = new() { MaxPositionEmbeddings = 32 }, Training = new() { ContextLength = 64 } }.Validated();
        recipe.Should().Throw<OptionsException>().WithMessage("*context_length 64 is above model.max_position_embeddings 32*");
    }

    [Theory]
    [InlineData("model: {architecture: gpt2, rope_theta: 500000}", "model.rope_theta", "learns its positions")]
    [InlineData("model: {architecture: gpt2, rope_theta: 10000}", "model.rope_theta", "learns its positions")]
    [InlineData("model: {architecture: gpt2, num_key_value_heads: 2}", "model.num_key_value_heads", "gpt2")]
    [InlineData("model: {architecture: gpt2, hidden_act: relu2}", "model.hidden_act", "gelu_new")]
    [InlineData("model: {architecture: gpt2, hidden_act: silu}", "model.hidden_act", "gelu_new")]
    [InlineData("model: {architecture: gpt2, tie_word_embeddings: false}", "model.tie_word_embeddings", "gpt2")]
    [InlineData("model: {architecture: llama, dropout: 0.1}", "model.dropout", "llama")]
    [InlineData("model: {architecture: qwen3, dropout: 0.1}", "model.dropout", "qwen3")]
    [InlineData("training: {optimizer: {type: adamw, muon_learning_rate: 0.01}}", "training.optimizer.muon_learning_rate", "not muon")]
    [InlineData("training: {optimizer: {muon_learning_rate: 0.02}}", "training.optimizer.muon_learning_rate", "not muon")]
    [InlineData("training: {lr_scheduler: {type: cosine, decay_steps: 50}}", "training.lr_scheduler.decay_steps", "cosine")]
    [InlineData("training: {lr_scheduler: {type: linear, min_lr_ratio: 0.2}}", "training.lr_scheduler.min_lr_ratio", "ends at 0")]
    [InlineData("training: {lr_scheduler: {type: constant, min_lr_ratio: 0.1}}", "training.lr_scheduler.min_lr_ratio", "does not fall")]
    [InlineData("data: {split: position}", "data.split", "stories")]
    [InlineData("tokenizer: {sampling: {alpha: 0.3}}", "tokenizer.sampling.alpha", "passes is 0")]
    public void A_key_without_effect_is_refused_with_its_line(string yaml, string key, string why)
    {
        var parse = () => RecipeFile.Parse("name: x\n" + yaml, "r.yaml");
        parse.Should().Throw<OptionsException>().WithMessage($"r.yaml, line 2: {key} is *{why}*Take it out*");
        RecipeFile.Parse("name: x\n" + yaml, "r.yaml", [$"{key}=null"]).Name.Should().Be("x", "of an override that takes the key out");
    }

    [Theory]
    [InlineData("model: {architecture: gpt2, num_attention_heads: 4, num_key_value_heads: 4, hidden_act: gelu_new, tie_word_embeddings: true}")]
    [InlineData("model: {architecture: llama, dropout: 0.0}")]
    [InlineData("training: {lr_scheduler: {type: cosine, decay_steps: null, min_lr_ratio: 0.2}}")]
    [InlineData("training: {optimizer: {type: muon, muon_learning_rate: 0.01}, lr_scheduler: {type: warmup_stable_decay, decay_steps: 10}}")]
    public void What_says_what_happens_may_stand_there(string yaml) => RecipeFile.Parse(yaml, "r.yaml").Should().NotBeNull();

    [Fact]
    public void In_code_a_value_without_effect_is_refused_where_it_is_not_the_default()
    {
        var recipe = () => new Recipe { Model = new() { Architecture = ArchitectureKind.Gpt2, RopeTheta = 5000 }, Training = new() { Optimizer = new() { MuonLearningRate = 0.5 } } }.Validated();
        recipe.Should().Throw<OptionsException>().WithMessage("2 faults*model.rope_theta is '5000', but*training.optimizer.muon_learning_rate is '0.5', but*");
        new Recipe { Model = new() { Architecture = ArchitectureKind.Gpt2 } }.Validated().Should().NotBeNull();
    }

    [Fact]
    public void Whatever_a_recipe_chooses_it_can_be_written_out_and_read_again()
    {
        foreach (var architecture in Enum.GetValues<ArchitectureKind>())
            foreach (var optimizer in Enum.GetValues<OptimizerName>())
                foreach (var schedule in Enum.GetValues<SchedulerName>())
                    foreach (var path in (string?[])[null, "text.txt"])
                    {
                        var recipe = new Recipe { Data = new() { Path = path }, Model = new() { Architecture = architecture }, Training = new() { Optimizer = new() { Type = optimizer }, LrScheduler = new() { Type = schedule } } };
                        RecipeFile.Parse(RecipeFile.ToYaml(recipe.Validated()), "again").Should().Be(recipe);
                    }
    }

    private static Type Core(PropertyInfo property) => Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;

    private static IEnumerable<(string Path, PropertyInfo Property)> Keys(Type type, string path)
    {
        foreach (var property in type.GetProperties().Where(p => p.CanWrite))
        {
            var key = path.Length == 0 ? RecipeBinder.Key(property.Name) : $"{path}.{RecipeBinder.Key(property.Name)}";
            yield return (key, property);
            if (Core(property).IsClass && Core(property) != typeof(string))
                foreach (var inner in Keys(Core(property), key)) yield return inner;
        }
    }

    /// <summary>The default recipe with one value changed.</summary>
    private static Recipe With(string path, object value)
    {
        var recipe = new Recipe();
        object at = recipe;
        foreach (var key in path.Split('.')[..^1]) at = at.GetType().GetProperties().Single(p => p.CanWrite && RecipeBinder.Key(p.Name) == key).GetValue(at)!;
        at.GetType().GetProperties().Single(p => p.CanWrite && RecipeBinder.Key(p.Name) == path.Split('.')[^1]).SetValue(at, value);
        return recipe;
    }
}
