using System.Globalization;
using Loquat.Optimization.Schedules;
using Loquat.Recipes;

namespace Loquat.Runs;

/// <summary>
/// A run's length by the clock. A step measured beforehand says little about the steps of the next minutes: other work comes and goes, and evaluations, texts and
/// checkpoints take their share. So at each checkpoint the steps that are left are counted anew at the rate of those made since the last count, and a decay is stretched from
/// where it stands. What is changed is a change of the recipe, written to its lock: the run is one that a person could have changed by hand, and resumes as such.
/// </summary>
/// <param name="time">From now on, for all of training, evaluations and checkpoints included; the evaluation at the end is not. Above 0.</param>
/// <param name="firstStep">Steps made before.</param>
internal sealed class TimeBudget(TimeSpan time, long firstStep, TimeProvider clock)
{
    /// <summary>Rates measured over some seconds are no surer than this; smaller changes are left.</summary>
    private const double Tolerance = 0.02;

    private readonly long _started = clock.GetTimestamp();
    private long _counted = clock.GetTimestamp();
    private long _countedStep = firstStep;

    /// <summary>The recipe to go on with after <paramref name="step"/> steps.</summary>
    /// <returns>The same where it fits the time, or no step was made since the last count.</returns>
    public Recipe Count(Recipe recipe, long step)
    {
        if (step <= _countedStep || step >= recipe.Training.MaxSteps) return recipe;
        var secondsPerStep = clock.GetElapsedTime(_counted).TotalSeconds / (step - _countedStep);
        (_countedStep, _counted) = (step, clock.GetTimestamp());
        var left = time - clock.GetElapsedTime(_started);
        var steps = (long)Math.Clamp(left.TotalSeconds / Math.Max(1e-9, secondsPerStep), 1, int.MaxValue - step);
        var planned = recipe.Training.MaxSteps - step;
        var maxSteps = Math.Min(step + steps, Latest(recipe.Training, step));
        return Math.Abs(maxSteps - step - planned) <= Tolerance * planned ? recipe : recipe with { Training = Stretched(recipe.Training, step, maxSteps) };
    }

    private static TrainingRecipe Stretched(TrainingRecipe training, long step, long maxSteps)
    {
        var share = (double)maxSteps / training.MaxSteps;
        return training with
        {
            MaxSteps = maxSteps,
            EvalSteps = Scaled(training.EvalSteps),
            LrScheduler = training.LrScheduler is WarmupStableDecayOptions stable ? stable with { DecaySteps = Decay(training, step, maxSteps, share) } : training.LrScheduler,
        };

        long Scaled(long every) => Math.Max(1, (long)Math.Round(every * share));
    }

    // On the plateau the decay keeps its share of the run; one that has begun goes on from the rate where it stands, in as many steps as there are.
    private static long Decay(TrainingRecipe training, long step, long maxSteps, double share)
    {
        var left = maxSteps - step;
        var steps = Falling(training, step) is { } rate ? left / rate : Math.Min(Length(training) * share, left);
        return Math.Max(1, Math.Min((long)Math.Round(steps), maxSteps - training.Warmup()));
    }

    /// <summary>The longest run whose decay, begun at the end of the warm-up, has the rate of this step here.</summary>
    private static long Latest(TrainingRecipe training, long step) =>
        Falling(training, step) is { } rate and < 1 ? (long)((step - rate * training.Warmup()) / (1 - rate)) : long.MaxValue;

    /// <summary>Where the line of the decay stands, from 1 to 0; null before it.</summary>
    private static double? Falling(TrainingRecipe training, long step) =>
        training.LrScheduler is WarmupStableDecayOptions && training.MaxSteps - step < Length(training) ? (double)(training.MaxSteps - step) / Length(training) : null;

    private static long Length(TrainingRecipe training) => training.LrScheduler.Decay ?? Math.Max(1, training.MaxSteps / 5);

    /// <summary>Refuses what cannot follow a clock.</summary>
    /// <exception cref="OptionsException">The time is none, or the schedule's rates depend on the number of steps from the first step on.</exception>
    public static void Check(Recipe recipe, TimeSpan time)
    {
        if (time <= TimeSpan.Zero) throw new OptionsException(string.Create(CultureInfo.InvariantCulture, $"the time for training is {time.TotalSeconds} s; allowed: above 0."));
        if (recipe.Training.LrScheduler is not (WarmupStableDecayOptions { DecayType: RampShape.Linear, StableSteps: null } or ConstantOptions or ConstantWithWarmupOptions))
            throw new OptionsException("training.lr_scheduler.type: a run by the clock does not know its number of steps beforehand; allowed: warmup_stable_decay with a linear decay and no stable_steps, constant, constant_with_warmup.");
    }
}
