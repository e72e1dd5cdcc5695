using Loquat.Models;
using Loquat.Text.Tokenization;

namespace Loquat.Recipes;

/// <summary>The model that a recipe names, once the tokenizer is known.</summary>
public static class RecipeModel
{
    /// <param name="vocabulary">Tokens of the tokenizer.</param>
    /// <param name="endOfText">The token that ends documents, if there is one: it starts texts too.</param>
    /// <exception cref="OptionsException">The recipe gives fewer tokens than the tokenizer has.</exception>
    public static ModelConfig ToConfig(this ModelRecipe model, int vocabulary, int? endOfText) => model.Config.For(new TokenRoles(vocabulary, endOfText));

    /// <inheritdoc cref="ToConfig(ModelRecipe, int, int?)"/>
    public static ModelConfig ToConfig(this ModelRecipe model, Tokenizer tokenizer) => model.Config.For(TokenRoles.Of(tokenizer));
}
