using System.Globalization;
using Loquat.Optimization;
using Loquat.Optimization.Rules;
using Loquat.Recipes;
using Loquat.Training;

namespace Loquat.Runs;

/// <summary>What helps a run that diverged: changes that a resumed run takes.</summary>
internal static class DivergenceAdvice
{
    private const double Slower = 10;

    public static string For(TrainingDivergedException error, Recipe recipe)
    {
        var optimizer = recipe.Training.Optimizer;
        List<string> lower = [$"training.optimizer.learning_rate={Text(optimizer.LearningRate / Slower)}"];
        if (optimizer is MuonOptions muon) lower.Add($"training.optimizer.muon_learning_rate={Text(muon.MuonLearningRate / Slower)}");
        var from = error.Checkpoint is null ? "Start over" : "Go on from it";
        var advice = $"{from} with a lower rate: --resume{string.Concat(lower.Select(setting => $" --set {setting}"))}.";
        if (Warmup(error, recipe) is { } steps) advice += $" Or with a longer warm-up: --set training.lr_scheduler.warmup_steps={steps}.";
        if (recipe.Training.Precision == PrecisionKind.Bf16) advice += " Or in fp32: --set training.precision=fp32.";
        if (error.Checkpoint is not null) advice += " If its weights are spoiled already, begin another run with those of the best checkpoint: --from and --out.";
        return advice;
    }

    // Longer helps only where the rate was still rising or had just risen, and where the schedule has room for it.
    private static long? Warmup(TrainingDivergedException error, Recipe recipe)
    {
        if (recipe.Training.LrScheduler is not WarmupScheduleOptions schedule) return null;
        var (warmup, longest) = (recipe.Training.Warmup(), (recipe.Training.MaxSteps - (schedule.Decay ?? 0)) / 2);
        var steps = (long)Slower * Math.Max(error.Step, 1);
        return error.Step <= 2 * warmup && steps > warmup && steps <= longest ? steps : null;
    }

    private static string Text(double value) => value.ToString("G3", CultureInfo.InvariantCulture);
}
