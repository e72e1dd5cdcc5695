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
        _ => MachineProbe.Cached().Recommended,
    };

    public static TrainingOptions ToOptions(this Recipe recipe) => new()
    {
        MaxSteps = recipe.Training.MaxSteps,
        PerDeviceTrainBatchSize = recipe.Training.PerDeviceTrainBatchSize,
        ContextLength = recipe.ContextLength,
        GradientAccumulationSteps = recipe.Training.GradientAccumulationSteps,
        MaxGradNorm = recipe.Training.MaxGradNorm,
        EvalSteps = recipe.Training.EvalSteps,
        EvalRows = recipe.Training.EvalRows,
        SaveSteps = recipe.Training.SaveSteps,
        LoggingSteps = recipe.Training.LoggingSteps,
        EarlyStoppingPatience = recipe.Training.EarlyStoppingPatience,
        Seed = recipe.Seed,
    };

    /// <summary>Steps of rising rate.</summary>
    public static long Warmup(this TrainingRecipe training) => training.LrScheduler.WarmupRatio is { } ratio ? (long)Math.Round(ratio * training.MaxSteps) : training.LrScheduler.WarmupSteps;

    public static LearningRateSchedule ToSchedule(this TrainingRecipe training) => LearningRateSchedule.Create(
        training.LrScheduler.Type switch
        {
            SchedulerName.Constant => ScheduleKind.Constant,
            SchedulerName.Linear => ScheduleKind.Linear,
            SchedulerName.Cosine => ScheduleKind.Cosine,
            _ => ScheduleKind.WarmupStableDecay,
        },
        training.Optimizer.LearningRate, training.Warmup(), training.MaxSteps, training.LrScheduler.MinLrRatio, training.LrScheduler.DecaySteps);

    /// <summary>The optimizer over a model's parameters, each under the rule of its role: Muon moves hidden matrices only, vectors never decay.</summary>
    /// <param name="masters">Float32 weights that a bfloat16 model was rounded from, by name; null: there are none.</param>
    public static Optimizer ToOptimizer(this OptimizerRecipe recipe, Model model, Model? masters = null)
    {
        var parameters = model.Parameters.Select(p => new OptimizerParameter(
            p.Name, p.Value, OptimizerParameter.Decays(p.Value),
            recipe.Type == OptimizerName.Muon && p.Spec.Role == ParameterRole.Matrix ? OptimizerKind.Muon : OptimizerKind.AdamW,
            Master: masters?[p.Name].Value));
        var adamW = new AdamWOptions { Beta1 = recipe.AdamBeta1, Beta2 = recipe.AdamBeta2, Epsilon = recipe.AdamEpsilon, WeightDecay = recipe.WeightDecay };
        return new Optimizer(parameters, adamW, recipe.ToMuon(model.Placement.Compute == TorchSharp.torch.ScalarType.BFloat16));
    }

    /// <param name="bfloat16">Whether the model computes in bfloat16; the products of Newton-Schulz then do too, as in the reference.</param>
    public static MuonOptions ToMuon(this OptimizerRecipe recipe, bool bfloat16) => new()
    {
        Precision = bfloat16 ? MuonPrecision.BFloat16 : MuonPrecision.Float32,
        WeightDecay = recipe.WeightDecay,
        LearningRateFactor = recipe.MuonLearningRate / recipe.LearningRate,
    };
}
