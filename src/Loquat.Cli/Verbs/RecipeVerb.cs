using System.CommandLine;
using System.Text.Json;
using Loquat.Cli.Display;
using Loquat.Cli.Parsing;
using Loquat.Recipes;
using Loquat.Sweeping;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat recipe`: what a recipe may hold, and what one holds.</summary>
internal static class RecipeVerb
{
    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true };

    public static Command Create()
    {
        var verb = new Command("recipe", "Show the schema of recipes, or a recipe with every default spelled out.") { Schema(), Show() };
        verb.WithExamples("""
            loquat recipe schema > recipe.schema.json
            loquat recipe schema --sweep > sweep.schema.json
            loquat recipe show recipes/shakespeare-char.yaml --set model.hidden_size=256
            """);
        return verb;
    }

    private static Command Schema()
    {
        var sweep = new Option<bool>("--sweep") { Description = "The schema of sweeps." };
        var verb = new Command("schema", "Print the JSON schema of recipes, or of sweeps; editors complete and check with it.") { sweep };
        verb.SetAction(parsed => parsed.InvocationConfiguration.Output.WriteLine((parsed.GetValue(sweep) ? SweepSchema.Create() : RecipeSchema.Create()).ToJsonString(_indented)));
        return verb;
    }

    private static Command Show()
    {
        var recipe = PathOption.Argument("recipe", "A recipe (.yaml or .json).");
        var set = new Option<string[]>("--set") { Description = "Override a value: key.path=value. May be given several times.", AllowMultipleArgumentsPerToken = true };
        var verb = new Command("show", "Check a recipe and print it with every default spelled out.") { recipe, set };
        verb.SetAction(parsed =>
        {
            var read = RecipeFile.Load(parsed.GetValue(recipe)!, parsed.GetValue(set));
            parsed.InvocationConfiguration.Output.Write(RecipeFile.ToYaml(read));
            if (read.DescribeAdapter() is { } adapter) parsed.InvocationConfiguration.Output.WriteLine($"# {adapter}");
        });
        return verb;
    }
}
