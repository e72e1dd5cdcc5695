using Loquat.FineTuning.Examples;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Text.Tokenization;

namespace Loquat.FineTuning;

/// <summary>The tokenizer of a run on examples: that of the model which it begins with, the file that the recipe names, or one learned from the training texts.</summary>
internal static class TaskTokenizer
{
    public static string PathIn(RunFolder folder) => Path.Combine(folder.Data, "tokenizer.json");

    /// <param name="begun">Whether the run has made steps, with the tokenizer that stands in its folder. What an attempt of another recipe has left there is not taken.</param>
    public static Tokenizer Prepare(Recipe recipe, RunFolder folder, IReadOnlyList<Example> train, bool begun, CancellationToken cancellation)
    {
        var path = PathIn(folder);
        if (begun && File.Exists(path)) return Tokenizer.Load(path);
        var tokenizer = RowEncoder.WithSpecialTokens(recipe.Tokenizer.Path is { } given ? Tokenizer.Load(given) : Learn(recipe, train, cancellation));
        Directory.CreateDirectory(folder.Data);
        tokenizer.Save(path);
        return tokenizer;
    }

    /// <summary>Removes it, and its folder where nothing else is in there.</summary>
    public static void Delete(RunFolder folder)
    {
        if (!Directory.Exists(folder.Data)) return;
        File.Delete(PathIn(folder));
        if (!Directory.EnumerateFileSystemEntries(folder.Data).Any()) Directory.Delete(folder.Data);
    }

    // A few texts may not have as many tokens as the recipe would like.
    private static Tokenizer Learn(Recipe recipe, IReadOnlyList<Example> train, CancellationToken cancellation) => TokenizerTraining.Train(
        recipe.Tokenizer.Type,
        train.SelectMany(example => ((string?[])[example.Text, example.Pair, example.Rejected]).OfType<string>()),
        new TokenizerTrainingOptions { VocabSize = recipe.Tokenizer.VocabSize, SpecialTokens = recipe.Objective.SpecialTokens, AllowFewerTokens = true },
        new() { Cancellation = cancellation });
}
