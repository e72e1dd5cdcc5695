using Loquat.Adapters;
using Loquat.Checkpoints;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Reporting;

namespace Loquat.Recipes;

/// <summary>The adapter that a recipe names, on the model that it begins with.</summary>
public static class RecipeAdapter
{
    /// <summary>The model folder that the adapter stands on; null: the recipe names no adapter.</summary>
    /// <exception cref="CheckpointException">It is not there, or an adapter itself.</exception>
    public static string? AdapterBase(this Recipe recipe)
    {
        if (recipe.Adapter is null || recipe.Model.From is not { } from) return null;
        var folder = Path.GetFullPath(RunFolder.ModelOf(from));
        return AdapterFolder.Is(folder)
            ? throw new CheckpointException($"model.from: {from} is an adapter; another one stands on whole weights. Merge it into its model first: loquat adapters merge {from} --out FOLDER.")
            : folder;
    }

    /// <summary>Puts adapters on a model, one behind the other: folders of peft, or runs that trained one, of which the best checkpoint is taken.</summary>
    /// <exception cref="CheckpointException">A folder holds no adapter, or one of another model.</exception>
    public static void AddAdapters(this Model model, IEnumerable<string> paths)
    {
        foreach (var path in paths)
        {
            var folder = RunFolder.ModelOf(path);
            if (!AdapterFolder.Is(folder)) throw new CheckpointException($"{path}: holds no adapter ({AdapterFolder.ConfigFile}), but a model of its own. Give it in place of the model, without --adapter.");
            AdapterFolder.Add(model, folder);
        }
    }

    /// <summary>How much of the model learns: "lora: 12,288 of 3,000,000 parameters (0.41 %)"; null: the recipe names no adapter.</summary>
    /// <param name="config">Of the model; null: that of `model.from`.</param>
    public static string? DescribeAdapter(this Recipe recipe, ModelConfig? config = null)
    {
        if (recipe.Adapter is not { } options) return null;
        if ((config ?? (recipe.AdapterBase() is { } folder ? ModelFolder.ReadConfig(folder) : null)) is not { } model || recipe.PlanAdapter(model) is not { } plan) return null;
        var (trained, all) = (plan.Count, model.ParameterCount());
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{options.Type}: {trained:N0} parameters are trained, beside the {all:N0} of the model ({100.0 * trained / all:0.00} %){(options.Quantization == QuantizationKind.None ? "" : $", which are kept in {options.Quantization.ToString().ToLowerInvariant()}")}");
    }

    /// <summary>Gives a model the weights of `model.from` and puts the adapter on it.</summary>
    /// <returns>Null: the recipe names none, and nothing was done.</returns>
    internal static Adapter? AddAdapter(this Recipe recipe, Model model)
    {
        if (recipe.Adapter is not { } options || recipe.AdapterBase() is not { } folder) return null;
        ModelFolder.LoadWeights(folder, model);
        return Adapter.Add(model, options, recipe.Seed);
    }

    /// <summary>Puts the adapter on a model with the head of a task, which is trained and saved along.</summary>
    /// <returns>Null: the recipe names none.</returns>
    internal static Adapter? AddAdapterAndHead(this Recipe recipe, EncoderModel model) =>
        recipe.Adapter is { } options && recipe.AdapterBase() is { } folder ? Adapter.Add(model, options.WithHead(model.Config, folder), recipe.Seed) : null;

    /// <summary>What the recipe's adapter learns; null: the recipe names none.</summary>
    /// <param name="config">Of the model, with its head.</param>
    /// <exception cref="OptionsException">The model cannot have it.</exception>
    public static AdapterPlan? PlanAdapter(this Recipe recipe, ModelConfig config) => recipe.Adapter is not { } options ? null
        : AdapterPlan.Of(recipe.Objective.IsTask && recipe.AdapterBase() is { } folder ? options.WithHead(config, folder) : options, config);

    private static AdapterOptions WithHead(this AdapterOptions options, ModelConfig config, string folder) =>
        options with { ModulesToSave = new([.. options.ModulesToSave.Union(TaskHead.Modules(config, ModelFolder.Missing(folder, config)))]) };
}
