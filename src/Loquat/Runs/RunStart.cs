using Loquat.Native;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Training;

namespace Loquat.Runs;

/// <summary>How a run begins or goes on in its folder, whatever it learns from.</summary>
internal static class RunStart
{
    /// <summary>What stands in the folder: its lock and the steps made; null where there is no checkpoint to go on from.</summary>
    public static (RecipeLock Lock, long Step)? Begun(RunFolder folder) =>
        new CheckpointStore(folder.Checkpoints, null).ReadState() is { } state && File.Exists(folder.Recipe) ? (RecipeLock.Read(folder.Recipe), state.Step) : null;

    /// <summary>Writes the lock, and takes over which libraries multiply in this run.</summary>
    /// <param name="dataKey">Of the data of this run.</param>
    /// <returns>The recipe to go on with.</returns>
    /// <exception cref="OptionsException">It changes what the steps made depend on.</exception>
    public static Recipe WriteLock(RunFolder folder, Recipe recipe, string? dataKey)
    {
        RecipeLock locked;
        if (Begun(folder) is { } begun)
        {
            locked = begun.Lock.GoOn(recipe, begun.Step) with { DataKey = begun.Lock.DataKey ?? dataKey };
        }
        else
        {
            var precision = recipe.Training.Precision.Resolve() == Precision.BFloat16 ? PrecisionKind.Bf16 : PrecisionKind.Fp32;
            locked = RecipeLock.Begin(recipe with { Training = recipe.Training with { Precision = precision } }, dataKey);
        }
        locked.Save(folder.Recipe);
        if (locked.Libraries is { } libraries) Products.Choice = libraries;
        return locked.Recipe;
    }
}
