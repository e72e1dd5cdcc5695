using System.Reflection;
using Loquat.Native;
using Loquat.Text.Files;

namespace Loquat.Recipes;

/// <summary>
/// `recipe.lock.yaml`: the recipe of a run with every default spelled out, and, as comments, what it ran on. It is itself a recipe.
/// </summary>
public static class RecipeLock
{
    public static void Write(string path, Recipe recipe)
    {
        var version = typeof(RecipeLock).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
        var text = $"""
            # loquat {version}, libtorch {Libtorch.Version}, {(Libtorch.HasCuda ? "cuda" : "cpu")}, {Libtorch.Threads} threads
            # {Processors.Name}

            """.ReplaceLineEndings("\n") + RecipeFile.ToYaml(recipe);
        AtomicFolder.WriteFile(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>The recipe that a run goes on with: the one it was started with, which the given one must equal.</summary>
    /// <exception cref="OptionsException">They differ; the message names the keys.</exception>
    public static Recipe Resume(string path, Recipe given)
    {
        var locked = RecipeFile.Load(path);
        if (given.Training.Precision == PrecisionKind.Auto)
            given = given with { Training = given.Training with { Precision = locked.Training.Precision } };
        if (given == locked) return locked;
        string[] Lines(Recipe recipe) => RecipeFile.Flatten(recipe);
        var (before, now) = (Lines(locked), Lines(given));
        var differences = now.Except(before).Select(line => $"now {line}").Concat(before.Except(now).Select(line => $"then {line}"));
        throw new OptionsException(
            $"{path}: the run was started with another recipe: {string.Join("; ", differences)}. Resume with the recipe it was started with, or start another run with --out.");
    }
}
