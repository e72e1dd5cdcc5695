namespace Loquat.Evaluation;

/// <summary>What a task is judged by: higher is better.</summary>
/// <param name="Name">As people call it: "accuracy".</param>
/// <param name="Value">A finite number.</param>
public readonly record struct EvaluationScore(string Name, double Value);

/// <summary>How well a model predicts a text, or the labels of examples.</summary>
public sealed record EvaluationResult
{
    /// <summary>Mean negative log-likelihood of a token, in nats. Lower is better.</summary>
    public required double Loss { get; init; }

    /// <summary>Half the width of the 95 % confidence interval of <see cref="Loss"/>, from the spread between rows of the text.</summary>
    public required double LossInterval { get; init; }

    /// <summary>Tokens predicted.</summary>
    public required long Tokens { get; init; }

    /// <summary>UTF-8 bytes of the text that the tokens stand for; 0 where what is predicted is not a text, as masked tokens are not.</summary>
    public required long Bytes { get; init; }

    /// <summary>The information that the text truly holds, in bits per byte, where its source is known (the story corpus).</summary>
    public double? TrueBitsPerByte { get; init; }

    /// <summary>What decides which checkpoint is best in place of the loss, where a task has such a measure.</summary>
    public EvaluationScore? Score { get; init; }

    /// <summary>What else the objective tells, such as how often a model prefers what people prefer. Default: nothing.</summary>
    public IReadOnlyList<EvaluationScore> Figures { get; init; } = [];

    /// <summary>The same loss on rows of the text that the model is trained on, without dropout; null where it was not measured.</summary>
    public double? TrainingLoss { get; init; }

    /// <summary>How much lower the loss of the training text is; null where that was not measured.</summary>
    public double? Gap => Loss - TrainingLoss;

    /// <summary>Half the width of the 95 % confidence interval of <see cref="Gap"/>.</summary>
    public double? GapInterval { get; init; }

    /// <summary>The step from which on the training text alone was learned better; null: none.</summary>
    public long? OverfittingSince { get; init; }

    /// <summary>e^loss: among how many equally likely tokens the model is undecided.</summary>
    public double Perplexity => Math.Exp(Loss);

    /// <summary>Bits needed per UTF-8 byte: total nats / (ln 2 · bytes). Comparable across tokenizers. NaN where there are no bytes.</summary>
    public double BitsPerByte => Bytes == 0 ? double.NaN : Loss * Tokens / (Math.Log(2) * Bytes);

    /// <summary>Half the width of the 95 % confidence interval of <see cref="BitsPerByte"/>.</summary>
    public double BitsPerByteInterval => Bytes == 0 ? double.NaN : LossInterval * Tokens / (Math.Log(2) * Bytes);

    /// <summary>How far above the limit the model is: 0.07 is 7 %.</summary>
    public double? DistanceToTruth => TrueBitsPerByte is { } truth ? BitsPerByte / truth - 1 : null;
}
