namespace Loquat.Optimization;

/// <summary>
/// The learning rate of every optimizer step, as a function of the step: a resumed run needs no state of it, but where it looks at losses (<see cref="ILossSchedule"/>).
/// Steps count from 0; the rate of step i is the one that update i uses.
/// </summary>
/// <param name="LearningRate">What the factors multiply: the highest rate, after warm-up, of most schedules. Above 0.</param>
public abstract record LearningRateSchedule(double LearningRate)
{
    /// <summary>The rate that step <paramref name="step"/> (from 0) uses.</summary>
    public double At(long step) => LearningRate * Factor(step);

    /// <summary>The rate of a step as a multiple of <see cref="LearningRate"/>.</summary>
    public abstract double Factor(long step);
}

/// <summary>A schedule that is told of each evaluation and decides by it.</summary>
public interface ILossSchedule
{
    /// <summary>What it remembers: kept with the checkpoint and given back to a resumed run.</summary>
    IReadOnlyList<double> Memory { get; set; }

    /// <param name="loss">Of the validation text.</param>
    void Observe(double loss);
}
