using Loquat.Layers;
using Loquat.Models;
using Loquat.Native;
using Loquat.Optimization;
using Loquat.Training;

namespace Loquat.Recipes;

/// <summary>The parts of training that a recipe names.</summary>
public static class RecipeTraining
{
    /// <summary>What `auto` means on this machine; the others mean themselves.</summary>
    public static Precision Resolve(this PrecisionKind precision) => precision switch
    {
        PrecisionKind.Fp32 => Precision.Float32,
        PrecisionKind.Bf16 => Precision.BFloat16,
        _ => MachineProbe.Recent().Recommended,
    };

    public static TrainingOptions ToOptions(this Recipe recipe) => new()
    {
        MaxSteps = recipe.Training.MaxSteps,
        PerDeviceTrainBatchSize = recipe.Training.PerDeviceTrainBatchSize,
        ContextLength = recipe.ContextLength,
        GradientAccumulationSteps = recipe.Training.GradientAccumulationSteps,
        BatchWarmupSteps = recipe.Training.BatchWarmupSteps,
        BatchWarmupStart = recipe.Training.BatchWarmupStart,
        MaxGradNorm = recipe.Training.MaxGradNorm,
        GradNormType = recipe.Training.GradNormType,
        MaxGradValue = recipe.Training.MaxGradValue,
        AdaptiveGradClip = recipe.Training.AdaptiveGradClip,
        GradientNoise = recipe.Training.GradientNoise,
        GradientNoiseScale = recipe.Training.GradientNoiseScale,
        EvalSteps = recipe.Training.EvalSteps,
        EvalRows = recipe.Training.EvalRows,
        SaveSteps = recipe.Training.SaveSteps,
        LoggingSteps = recipe.Training.LoggingSteps,
        EarlyStoppingPatience = recipe.Training.EarlyStoppingPatience,
        EarlyStoppingThreshold = recipe.Training.EarlyStoppingThreshold,
        Seed = recipe.Seed,
    };

    /// <summary>How the model's layers take part in training passes: which compute their activations anew, which are left out at random.</summary>
    /// <exception cref="OptionsException">The architecture does not offer it.</exception>
    internal static void Prepare(this Recipe recipe, Model model)
    {
        model.CheckpointedLayers = RecipeMemory.CheckpointedLayers(recipe, model.Config);
        (model.LayerDrop, model.DropPath) = (recipe.Training.LayerDrop, recipe.Training.DropPath);
    }

    /// <summary>The weights that the recipe mixes in; null: none.</summary>
    /// <param name="folder">Of the run.</param>
    /// <param name="begins">Whether it begins now, with a model whose weights are those.</param>
    internal static Mixout? ToMixout(this Recipe recipe, Model model, string folder, bool begins) => recipe.Training.Mixout > 0 ? new(model, recipe.Training.Mixout, Path.Combine(folder, "mixout.safetensors"), begins) : null;

    /// <summary>Steps of rising rate.</summary>
    public static long Warmup(this TrainingRecipe training) =>
        training.LrScheduler is WarmupScheduleOptions { WarmupRatio: { } ratio } ? (long)Math.Round(ratio * training.MaxSteps) : training.LrScheduler.Warmup;

    public static LearningRateSchedule ToSchedule(this TrainingRecipe training) =>
        (training.LrScheduler is WarmupScheduleOptions warm ? warm with { WarmupSteps = training.Warmup() } : training.LrScheduler).Create(training.Optimizer.LearningRate, training.MaxSteps);

    /// <summary>
    /// The optimizer over a model's parameters, each under the rule of its group, or of the recipe. What a rule of matrices cannot move goes to its other rule
    /// (<see cref="RuleOptions.Rest"/>). Biases and gains do not decay, but in a group that says so.
    /// </summary>
    /// <remarks>Gains of adapters do not decay either, though peft keeps them as matrices of one row or column.</remarks>
    /// <param name="masters">Float32 weights that a bfloat16 model was rounded from, by name; null: there are none.</param>
    /// <exception cref="OptionsException">A pattern of a group fits no parameter.</exception>
    public static Optimizer ToOptimizer(this TrainingRecipe training, Model model, Model? masters = null)
    {
        for (var i = 0; i < training.ParameterGroups.Count; i++)
        {
            if (!model.TrainedParameters.Any(p => training.ParameterGroups.FirstOrDefault(g => g.Takes(p.Spec)) == training.ParameterGroups[i]))
                throw new OptionsException($"training.parameter_groups.{i} takes no parameter that is trained and that no group before it has taken. They are named as {string.Join(", ", model.TrainedParameters.Take(3).Select(p => p.Name))}.");
        }
        return new Optimizer(model.TrainedParameters.Select(p => Grouped(training, p, masters?.Find(p.Name)?.Value, gain: p.Spec.Role == ParameterRole.Vector && model.Find(p.Name) is null)), training.Optimizer, training.ToAveraging());
    }

    private static WeightAveraging? ToAveraging(this TrainingRecipe training) => training.EmaDecay is null && training.SwaStart is null
        ? null
        : new() { EmaDecay = training.EmaDecay, EmaWarmup = training.EmaWarmup, SwaStart = training.SwaStart, SwaSteps = training.SwaSteps };

    private static OptimizerParameter Grouped(TrainingRecipe training, Parameter parameter, TorchSharp.torch.Tensor? master, bool gain)
    {
        var group = training.ParameterGroups.FirstOrDefault(g => g.Takes(parameter.Spec));
        var rule = group?.Optimizer ?? training.Optimizer;
        var rate = group?.LearningRate ?? rule.LearningRate;
        if (group?.WeightDecay is { } decay) rule = rule with { WeightDecay = decay };
        if (rule.MatricesOnly && parameter.Spec.Role != ParameterRole.Matrix) rule = rule.Rest!;
        return new OptimizerParameter(
            parameter.Name, parameter.Value, group?.WeightDecay > 0 || OptimizerParameter.Decays(parameter.Value) && !gain, rule == training.Optimizer ? null : rule, rate / training.Optimizer.LearningRate, master);
    }
}
