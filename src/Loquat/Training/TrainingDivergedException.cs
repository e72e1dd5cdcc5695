namespace Loquat.Training;

/// <summary>A step whose gradient is not finite. Nothing of it was applied, and the last checkpoint is whole. Exit code 3.</summary>
/// <param name="step">Steps made before it.</param>
/// <param name="loss">Mean loss of its tokens, in nats; may be finite still.</param>
/// <param name="learningRate">The rate of the step.</param>
/// <param name="checkpoint">The step of the last checkpoint; null where there is none yet.</param>
/// <param name="advice">What to do, where more is known than here.</param>
public sealed class TrainingDivergedException(long step, double loss, double learningRate, long? checkpoint, string? advice = null) : LoquatException(
    $"training diverged at step {step}: the gradient is not finite (loss {loss:G5}, learning rate {learningRate:G3}). " +
    (checkpoint is { } saved ? $"The checkpoint of step {saved} is whole. " : "There is no checkpoint yet. ") + (advice ?? "Go on with a lower learning rate."))
{
    public override int ExitCode => 3;

    /// <summary>Steps made before it.</summary>
    public long Step { get; } = step;

    /// <summary>The step of the last checkpoint; null where there is none yet.</summary>
    public long? Checkpoint { get; } = checkpoint;

    /// <summary>The same, with advice of someone who knows the recipe.</summary>
    internal TrainingDivergedException With(string knowing) => new(Step, loss, learningRate, Checkpoint, knowing);
}
