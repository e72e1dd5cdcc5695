using Loquat.Recipes;

namespace Loquat.Sweeping;

/// <summary>A recipe as it is written, so that what a trial changes meets what the file says and not defaults spelled out: another optimizer lets go of the keys of the old one.</summary>
/// <param name="Text">YAML or JSON.</param>
/// <param name="Name">The file's name, for errors.</param>
public sealed record RecipeSource(string Text, string Name)
{
    /// <exception cref="OptionsException">The file cannot be read, or is no recipe.</exception>
    public static RecipeSource File(string path)
    {
        RecipeFile.Load(path);
        return new(System.IO.File.ReadAllText(path), path);
    }

    public static implicit operator RecipeSource(Recipe recipe) => new(RecipeFile.ToYaml(recipe), recipe.Name);

    /// <summary>The recipe with values of its keys changed.</summary>
    /// <param name="settings">Each `key.path=value`.</param>
    /// <exception cref="OptionsException">What comes of it is no recipe; the message names all faults.</exception>
    public Recipe With(IEnumerable<string> settings) => RecipeFile.Parse(Text, Name, settings);
}
