using Loquat.Generation;

namespace Loquat.Recipes;

/// <summary>How a recipe's model writes.</summary>
public static class RecipeGeneration
{
    public static SamplingOptions ToOptions(this GenerationRecipe generation) => new()
    {
        Temperature = generation.Temperature,
        TopK = generation.TopK,
        TopP = generation.TopP,
        NumBeams = generation.NumBeams,
        LengthPenalty = generation.LengthPenalty,
        MaxNewTokens = generation.MaxNewTokens,
    };
}
