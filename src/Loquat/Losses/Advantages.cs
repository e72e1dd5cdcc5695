namespace Loquat.Losses;

/// <summary>By what the rewards of a group are divided.</summary>
public enum RewardScale
{
    /// <summary>The standard deviation of the group.</summary>
    Group,

    /// <summary>That of the whole batch.</summary>
    Batch,

    /// <summary>Nothing.</summary>
    None,
}

/// <summary>How much better each answer, or each token of it, was than was to be expected.</summary>
public static class Advantages
{
    private const double Least = 1e-4;
    private const double LeastOfWhitening = 1e-8;

    /// <summary>Of answers to one question each: the reward less the mean of its group, divided by a standard deviation (Shao et al. 2024, section 4.1.2).</summary>
    /// <param name="rewards">Groups one after the other.</param>
    /// <param name="groupSize">Answers to a question, 2 or more.</param>
    /// <exception cref="OptionsException">The rewards are no whole groups.</exception>
    public static double[] OfGroups(IReadOnlyList<double> rewards, int groupSize, RewardScale scale = RewardScale.Group)
    {
        CheckGroups(rewards, groupSize);
        var whole = Deviation([.. rewards]);
        return [.. rewards.Chunk(groupSize).SelectMany(group =>
        {
            var by = scale switch { RewardScale.None => 1, RewardScale.Batch => whole + Least, _ => Deviation(group) + Least };
            var mean = group.Average();
            return group.Select(reward => (reward - mean) / by);
        })];
    }

    /// <summary>The reward less the mean of the others of its group (Ahmadian et al. 2024).</summary>
    /// <inheritdoc cref="OfGroups"/>
    public static double[] LeaveOneOut(IReadOnlyList<double> rewards, int groupSize)
    {
        CheckGroups(rewards, groupSize);
        return [.. rewards.Chunk(groupSize).SelectMany(group => group.Select(reward => reward - (group.Sum() - reward) / (group.Length - 1)))];
    }

    /// <summary>Generalized advantage estimation (Schulman et al. 2016, equation 16) of one answer.</summary>
    /// <param name="rewards">Of each token.</param>
    /// <param name="values">What was expected at each token.</param>
    /// <param name="next">What is expected after the last.</param>
    /// <param name="gamma">Discount, 0 to 1.</param>
    /// <param name="lambda">0: only the next value is believed; 1: only the rewards.</param>
    /// <returns>As many as there are tokens; added to the values, they are the returns.</returns>
    public static double[] Generalized(ReadOnlySpan<double> rewards, ReadOnlySpan<double> values, double next, double gamma, double lambda)
    {
        var advantages = new double[rewards.Length];
        var last = 0.0;
        for (var t = rewards.Length - 1; t >= 0; t--)
        {
            var error = rewards[t] + gamma * (t + 1 < values.Length ? values[t + 1] : next) - values[t];
            advantages[t] = last = error + gamma * lambda * last;
        }
        return advantages;
    }

    /// <summary>Less their mean, divided by their standard deviation.</summary>
    public static double[] Whitened(IReadOnlyList<double> values)
    {
        var (mean, deviation) = (values.Average(), Deviation([.. values]));
        return [.. values.Select(value => (value - mean) / (deviation + LeastOfWhitening))];
    }

    /// <summary>-β (log p - log p_ref) at every token that counts, the score added at the last of them (Ziegler et al. 2019, equation 2).</summary>
    /// <param name="mask">Which tokens count.</param>
    /// <param name="score">Of the whole answer.</param>
    /// <param name="beta">Weight of the divergence.</param>
    public static double[] TokenRewards(ReadOnlySpan<double> logProbabilities, ReadOnlySpan<double> reference, ReadOnlySpan<bool> mask, double score, double beta)
    {
        var rewards = new double[mask.Length];
        for (var t = 0; t < mask.Length; t++)
            if (mask[t]) rewards[t] = -beta * (logProbabilities[t] - reference[t]);
        if (mask.LastIndexOf(true) is >= 0 and var last) rewards[last] += score;
        return rewards;
    }

    private static void CheckGroups(IReadOnlyList<double> rewards, int groupSize)
    {
        if (groupSize < 2 || rewards.Count % groupSize != 0) throw new OptionsException($"{rewards.Count} rewards are no groups of {groupSize}; a group has 2 or more answers, all of them.");
    }

    /// <summary>Unbiased.</summary>
    private static double Deviation(double[] values)
    {
        var mean = values.Average();
        return values.Length < 2 ? 0 : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
    }
}
