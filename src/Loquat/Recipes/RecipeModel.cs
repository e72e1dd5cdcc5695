using Loquat.Models;

namespace Loquat.Recipes;

/// <summary>The model that a recipe names, once the tokenizer is known.</summary>
public static class RecipeModel
{
    /// <param name="vocabulary">Tokens of the tokenizer.</param>
    /// <param name="endOfText">The token that ends documents, if there is one: it starts texts too.</param>
    /// <exception cref="OptionsException">The recipe gives fewer tokens than the tokenizer has.</exception>
    public static ModelConfig ToConfig(this ModelRecipe model, int vocabulary, int? endOfText)
    {
        if (model.Config.VocabSize > 0 && model.Config.VocabSize < vocabulary)
            throw new OptionsException($"model.vocab_size is {model.Config.VocabSize}; the tokenizer has {vocabulary} tokens. Give {vocabulary} or more, or leave it out.");
        return model.Config with { VocabSize = Math.Max(vocabulary, model.Config.VocabSize), BosTokenId = endOfText, EosTokenIds = endOfText is { } id ? [id] : [] };
    }
}
