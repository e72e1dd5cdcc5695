using static TorchSharp.torch;

namespace Loquat.Losses;

/// <summary>Answers that were drawn from a model and rewarded move it: PPO's clipped losses, and those of groups of answers (GRPO and its kin).</summary>
public static class PolicyGradientLoss
{
    // N answers, T tokens

    /// <summary>The mean over tokens of -min(ρ A, clip(ρ, 1 - e, 1 + e) A), ρ being p / p_old (Schulman et al. 2017, equation 7).</summary>
    /// <param name="logProbabilities">(N, T).</param>
    /// <param name="old">(N, T): those that the tokens were drawn with.</param>
    /// <param name="advantages">(N, T).</param>
    /// <param name="mask">(N, T): 1 = counts.</param>
    /// <param name="clip">e, 0.2 is usual.</param>
    /// <returns>The loss, and the share of counted tokens whose ratio is that far from 1.</returns>
    public static (Tensor Loss, double Clipped) Clipped(Tensor logProbabilities, Tensor old, Tensor advantages, Tensor mask, double clip)
    {
        using var scope = NewDisposeScope();
        var ratio = (logProbabilities - old).exp();
        var (plain, cut) = (ratio * advantages, ratio.clamp(1 - clip, 1 + clip) * advantages);
        var counted = mask.sum();
        var clipped = (ratio.detach() - 1).abs().gt(clip).to(ScalarType.Float32).mul(mask).sum() / counted;
        return ((-minimum(plain, cut) * mask).sum().div(counted).MoveToOuterDisposeScope(), clipped.item<float>());
    }

    /// <summary>Half the mean of the larger of two squared errors: of the value, and of the value moved by at most <paramref name="clip"/>.</summary>
    /// <param name="values">Any shape.</param>
    /// <param name="old">Those before the update.</param>
    /// <param name="returns">What they are to be.</param>
    public static Tensor ClippedValues(Tensor values, Tensor old, Tensor returns, double clip)
    {
        using var scope = NewDisposeScope();
        var near = old + (values - old).clamp(-clip, clip);
        return (0.5 * maximum((values - returns).square(), (near - returns).square()).mean()).MoveToOuterDisposeScope();
    }

    /// <summary>The loss of a group's answers.</summary>
    /// <param name="logProbabilities">(N, T).</param>
    /// <param name="old">(N, T): those that the tokens were drawn with.</param>
    /// <param name="reference">(N, T), where <see cref="PolicyGradientOptions.Beta"/> is above 0; null: none.</param>
    /// <param name="advantages">(N), from <see cref="Advantages"/>.</param>
    /// <param name="mask">(N, T): 1 = counts.</param>
    /// <param name="stepTokens">Counted tokens of the whole step, over all micro-batches; null: those of this batch.</param>
    public static Tensor Group(Tensor logProbabilities, Tensor old, Tensor? reference, Tensor advantages, Tensor mask, PolicyGradientOptions options, double? stepTokens = null)
    {
        using var scope = NewDisposeScope();
        var counted = mask.to(ScalarType.Float32);
        var log = logProbabilities - old;                                                       // (N, T)
        if (options.SequenceRatios) log = ((log * counted).sum(1) / counted.sum(1).clamp(min: 1)).unsqueeze(1);
        var ratio = log.exp();
        var a = advantages.unsqueeze(1);
        var each = options.Form == PolicyGradientForm.Cispo
            ? -ratio.detach().clamp(max: options.EpsilonHigh) * a * logProbabilities
            : -minimum(ratio * a, ratio.clamp(1 - options.EpsilonLow, 1 + options.EpsilonHigh) * a);
        if (options.Beta > 0)
        {
            var away = (reference ?? throw new OptionsException("beta is above 0, so the loss needs the reference model's log-probabilities.")) - logProbabilities;
            each = each + options.Beta * (away.exp() - away - 1);
        }
        var sums = (each * counted).sum(1);                                                     // (N)
        return (options.Form switch
        {
            PolicyGradientForm.Grpo => (sums / counted.sum(1).clamp(min: 1)).mean(),
            PolicyGradientForm.DrGrpo => sums.sum() / ((double)mask.shape[0] * options.MaxCompletionLength),
            PolicyGradientForm.Bnpo => sums.sum() / counted.sum().clamp(min: 1),
            _ => stepTokens is { } all ? sums.sum() / all : sums.sum() / counted.sum().clamp(min: 1),
        }).MoveToOuterDisposeScope();
    }
}
