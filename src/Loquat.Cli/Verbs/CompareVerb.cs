using System.CommandLine;
using Loquat.Cli.Display;
using Loquat.Cli.Parsing;
using Loquat.Recipes;
using Loquat.Runs;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat compare RECIPE…`: trains recipes on the same tokens and puts them side by side.</summary>
internal static class CompareVerb
{
    public static Command Create()
    {
        var recipes = new Argument<string[]>("recipes") { Description = "Recipes of the same text and tokenizer.", Arity = ArgumentArity.OneOrMore }.Checked();
        var seeds = NumberOption.WithDefault("--seeds", "Runs of each recipe, with its seed and those after it: the intervals are over them. Default: 1.", 1);
        var tokens = NumberOption.Optional<long>("--tokens", "Tokens that each is trained on. Default: those of the recipe that asks for the fewest.");
        var ngram = NumberOption.WithDefault("--ngram", "The order of the n-gram baseline; 0: none. Default: 5.", 5);
        var set = new Option<string[]>("--set") { Description = "Override a value in all recipes: key.path=value. May be given several times.", AllowMultipleArgumentsPerToken = true };
        var output = PathOption.Optional("--out", "The folder of the runs, comparison.json and comparison.svg. Default: runs/comparison. Runs that stand there are gone on with.");
        var json = new Option<bool>("--json") { Description = "Print the comparison as one JSON object." };
        var verb = new Command("compare", "Train recipes on the same tokens: one table and one picture of loss against tokens, seconds, operations and parameters.") { recipes, seeds, tokens, ngram, set, output, json };
        verb.WithExamples("""
            loquat compare recipes/shakespeare-lstm.yaml recipes/shakespeare-mamba.yaml --tokens 200000
            loquat compare recipes/shakespeare-gru.yaml recipes/shakespeare-char.yaml --seeds 3 --set data.path=input.txt --out runs/gru-against-gpt2
            """);
        verb.SetAction((parsed, cancellation) =>
        {
            var folder = parsed.GetValue(output) ?? Path.Combine("runs", "comparison");
            TrainingSession.FolderAt(folder);
            var run = new ComparisonRun(new()
            {
                Recipes = [.. parsed.GetValue(recipes)!.Select(path => RecipeFile.Load(path, parsed.GetValue(set) ?? []))],
                Folder = folder,
                Seeds = parsed.GetValue(seeds),
                Tokens = parsed.GetValue(tokens),
                NgramOrder = parsed.GetValue(ngram),
            });
            var screen = new Screen(TimeProvider.System);
            var comparison = run.Run((name, recipe) =>
            {
                screen.Fact("run", $"{name}: {recipe.Training.MaxSteps:N0} steps");
                return [];
            }, cancellation);
            if (parsed.GetValue(json)) Console.Out.WriteLine(comparison.ToJson());
            else foreach (var line in ComparisonTable.Lines(comparison)) Console.Out.WriteLine(line);
            screen.Fact("picture", Path.Combine(folder, "comparison.svg"));
            return Task.FromResult(0);
        });
        return verb;
    }
}
