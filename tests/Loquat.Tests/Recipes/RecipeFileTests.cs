using System.Text.Json.Nodes;
using Loquat.Models;
using Loquat.Recipes;

namespace Loquat.Tests.Recipes;

public sealed class RecipeFileTests
{
    [Fact]
    public void A_recipe_spelled_out_is_the_recipe()
    {
        var recipe = RecipeFile.Parse("name: x\nmodel: {hidden_size: 64, num_attention_heads: 2}\ntraining: {sample_prompt: '', early_stopping_patience: 3}", "r");
        recipe.Model.Config.Width.Should().Be(64);
        RecipeFile.Parse(RecipeFile.ToYaml(recipe), "again").Should().Be(recipe);
    }

    [Fact]
    public void Json_is_a_recipe_too() =>
        RecipeFile.Parse("""{"name": "j", "training": {"max_steps": 700}}""", "r.json").Training.MaxSteps.Should().Be(700);

    [Fact]
    public void All_faults_come_at_once_with_line_value_range_and_nearest()
    {
        var parse = () => RecipeFile.Parse("trainig: {}\nmodel:\n  hidden_size: -3\n  model_type: qwen3x\n  rope_theta: [1]\n", "bad.yaml", ["training.max_steps=many"]);
        var message = parse.Should().Throw<OptionsException>().Which.Message;
        message.Should().Contain("line 1: unknown key 'trainig'. Did you mean 'training'?")
            .And.Contain("line 3: model.hidden_size is -3; it must be a whole number from 1 to")
            .And.Contain("line 4: model.model_type is \"qwen3x\"; it must be one of ").And.Contain("Did you mean 'qwen3'?")
            .And.Contain("line 5: model.rope_theta is [1]; it must be a number")
            .And.Contain("(--set): training.max_steps is 'many'");
    }

    [Fact]
    public void The_schema_knows_every_key_of_a_recipe_and_its_default()
    {
        var schema = RecipeSchema.Create();
        Check(schema, RecipeFile.ToYaml(new Recipe()).Split('\n'));
        schema["properties"]!["training"]!["properties"]!["precision"]!["enum"]!.AsArray().Select(n => n!.GetValue<string>()).Should().Equal("fp32", "bf16", "auto");
        foreach (var type in ModelFamilies.ModelTypes)
        {
            var given = schema["properties"]!["model"]!["allOf"]!.AsArray().Single(c => c!["if"]!["properties"]!["model_type"]!["const"]!.GetValue<string>() == type)!["then"]!["properties"]!.AsObject();
            foreach (var (key, _) in ModelSection.Write(RecipeFile.Parse($"model: {{model_type: {type}}}", "r").Model.Config)) if (key != "model_type") given.ContainsKey(key).Should().BeTrue($"{type} has {key}");
        }

        static void Check(JsonObject schema, string[] yaml)
        {
            var keys = new HashSet<string>();
            Collect(schema, keys);
            foreach (var line in yaml.Where(l => l.Contains(':'))) keys.Should().Contain(line.Split(':')[0].Trim());
        }

        static void Collect(JsonObject schema, HashSet<string> keys)
        {
            foreach (var (key, value) in schema["properties"]?.AsObject() ?? [])
            {
                keys.Add(key);
                Collect(value!.AsObject(), keys);
                foreach (var one in value["allOf"]?.AsArray() ?? []) Collect(one!["then"]!.AsObject(), keys);
            }
        }
    }
}
