using Loquat.Text.Collection;
using Loquat.Text.Datasets;

namespace Loquat.Recipes;

/// <summary>The text and tokenizer that a recipe names.</summary>
public static class RecipeData
{
    /// <exception cref="DataException">The path is missing, or what lies there is not text.</exception>
    public static ITextCorpus ToCorpus(this DataRecipe data) => data.Path is { } path
        ? new FileTextCorpus(path, data.ValidationFraction, data.Split)
        : new StoryTextCorpus(data.StorySeed, (long)(data.StoryMegabytes * 1e6), data.ValidationFraction);

    public static TokenizerChoice ToChoice(this TokenizerRecipe tokenizer) => new()
    {
        Kind = tokenizer.Type,
        VocabSize = tokenizer.VocabSize,
        Path = tokenizer.Path,
        SamplingPasses = tokenizer.Sampling.Passes,
        Sampling = new() { Alpha = tokenizer.Sampling.Alpha, NbestSize = tokenizer.Sampling.NbestSize },
    };

    /// <summary>Training sequences in the order that the recipe asks for.</summary>
    /// <exception cref="DataException">The text is shorter than one sequence.</exception>
    public static ITokenBatches ToBatches(this Recipe recipe, TokenShard training) => recipe.Data.Sampling switch
    {
        SamplingKind.Windows => new WindowBatches(training, recipe.ContextLength, recipe.Seed),
        SamplingKind.Documents => new DocumentBatches(training, recipe.ContextLength, recipe.Seed),
        _ => new PackedBatches(training, recipe.ContextLength, recipe.Seed),
    };
}
