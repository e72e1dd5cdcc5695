namespace Loquat.Generation;

/// <summary>When beam search stops looking for better texts than those that it has finished.</summary>
public enum EarlyStopping
{
    /// <summary>`false`: when the best of the unfinished ones, at its present length, could not beat the worst of the finished.</summary>
    False,

    /// <summary>`true`: as soon as there are as many finished ones as beams.</summary>
    True,

    /// <summary>`"never"`: as <see cref="False"/>, at the longest length possible where longer texts are favored.</summary>
    Never,
}

public sealed partial record SamplingOptions
{
    /// <summary>Hypotheses that are followed at once; 1: none but the one. Default: 1.</summary>
    public int NumBeams { get; init; } = 1;

    /// <summary>A hypothesis scores the sum of its log-probabilities divided by its length to this power: above 0 favors longer texts, below 0 shorter ones. Default: 1.</summary>
    public double LengthPenalty { get; init; } = 1;

    /// <summary>Default: <see cref="EarlyStopping.False"/>.</summary>
    public EarlyStopping EarlyStopping { get; init; }

    /// <summary>Texts written for each prompt: the best hypotheses of beams, at most as many as these, or as many draws. 1 or more. Default: 1.</summary>
    public int NumReturnSequences { get; init; } = 1;

    private void CheckBeams(Action<bool, string, object, string> check)
    {
        check(NumBeams >= 1, "num_beams", NumBeams, "1 or more");
        check(double.IsFinite(LengthPenalty), "length_penalty", LengthPenalty, "any finite number");
        check(NumReturnSequences >= 1, "num_return_sequences", NumReturnSequences, "1 or more");
        check(NumBeams == 1 || NumReturnSequences <= NumBeams, "num_return_sequences", NumReturnSequences, $"up to num_beams ({NumBeams})");
        check(NumBeams > 1 || Temperature > 0 || NumReturnSequences == 1, "num_return_sequences", NumReturnSequences, "1, where the likeliest token is taken always: all texts would be the same. Set a temperature, or num_beams");
    }
}
