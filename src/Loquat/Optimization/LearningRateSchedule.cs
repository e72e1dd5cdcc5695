namespace Loquat.Optimization;

/// <summary>
/// The learning rate of every optimizer step, as a pure function of the step: a resumed run needs no state of it.
/// Steps count from 0; the rate of step i is the one that update i uses.
/// </summary>
/// <param name="LearningRate">The highest rate of the schedule, after warm-up. Above 0.</param>
public abstract record LearningRateSchedule(double LearningRate)
{
    /// <summary>The rate that step <paramref name="step"/> (from 0) uses.</summary>
    public double At(long step) => LearningRate * Factor(step);

    /// <summary>The rate of a step as a multiple of <see cref="LearningRate"/>.</summary>
    public abstract double Factor(long step);

    /// <summary>A schedule by its name in a recipe.</summary>
    /// <param name="kind">Its shape.</param>
    /// <param name="learningRate">The highest rate. Above 0.</param>
    /// <param name="warmupSteps">Steps of rising rate. 0 or more.</param>
    /// <param name="totalSteps">The step at which the decay reaches its floor. Above 0.</param>
    /// <param name="minRatio">The floor as a fraction of the highest rate. 0 to 1; linear and constant schedules ignore it.</param>
    /// <param name="decaySteps">Length of the final decay of <see cref="ScheduleKind.WarmupStableDecay"/>. Default: a fifth of all steps.</param>
    /// <exception cref="OptionsException">A value out of its range.</exception>
    public static LearningRateSchedule Create(ScheduleKind kind, double learningRate, long warmupSteps, long totalSteps, double minRatio = 0, long? decaySteps = null)
    {
        if (!(learningRate > 0) || double.IsInfinity(learningRate)) throw new OptionsException($"learning_rate is {learningRate}; allowed: a finite number above 0.");
        if (warmupSteps < 0) throw new OptionsException($"warmup_steps is {warmupSteps}; allowed: 0 or more.");
        if (totalSteps < 1) throw new OptionsException($"total steps are {totalSteps}; allowed: 1 or more.");
        if (!(minRatio is >= 0 and <= 1)) throw new OptionsException($"min_lr_ratio is {minRatio}; allowed: 0 to 1.");
        var decay = decaySteps ?? Math.Max(1, totalSteps / 5);
        if (kind == ScheduleKind.WarmupStableDecay && (decay < 1 || decay > totalSteps))
            throw new OptionsException($"decay_steps is {decay}; allowed: 1 to the {totalSteps} steps of the run.");
        return kind switch
        {
            ScheduleKind.Constant => new ConstantSchedule(learningRate, warmupSteps),
            ScheduleKind.Linear => new LinearSchedule(learningRate, warmupSteps, totalSteps),
            ScheduleKind.Cosine => new WarmCosineSchedule(learningRate, minRatio * learningRate, warmupSteps, totalSteps),
            ScheduleKind.WarmupStableDecay => new WarmupStableDecaySchedule(learningRate, warmupSteps, Math.Max(0, totalSteps - warmupSteps - decay), decay)
            {
                MinRatio = minRatio,
            },
            _ => throw new OptionsException($"schedule is {kind}; allowed: {string.Join(", ", Enum.GetNames<ScheduleKind>())}."),
        };
    }
}

/// <summary>The shapes that a recipe can name.</summary>
public enum ScheduleKind
{
    /// <summary>Warm-up, then the same rate: <see cref="ConstantSchedule"/>.</summary>
    Constant,

    /// <summary>Warm-up, then a straight line to 0: <see cref="LinearSchedule"/>.</summary>
    Linear,

    /// <summary>Warm-up that starts above 0, then half a cosine to the floor: <see cref="WarmCosineSchedule"/>.</summary>
    Cosine,

    /// <summary>Warm-up, a plateau, a short decay: <see cref="WarmupStableDecaySchedule"/>.</summary>
    WarmupStableDecay,
}
