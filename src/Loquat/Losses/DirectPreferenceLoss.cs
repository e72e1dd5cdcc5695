using static TorchSharp.torch;

namespace Loquat.Losses;

/// <summary>Direct preference optimization: pairs of answers, of which one is preferred, move a model by how much likelier it makes each than a reference model does.</summary>
public static class DirectPreferenceLoss
{
    // B pairs; m is by how much the log-ratio of the preferred answer is above that of the other

    private const double Temperature = 0.05;

    /// <summary>Whether log-ratios are means over an answer's tokens, not sums.</summary>
    public static bool TakesMeans(this DirectPreferenceForm form) => form is DirectPreferenceForm.Ipo or DirectPreferenceForm.SigmoidNorm;

    /// <summary>Whether label smoothing means something.</summary>
    public static bool TakesSmoothing(this DirectPreferenceForm form) => form is DirectPreferenceForm.Sigmoid or DirectPreferenceForm.SigmoidNorm or DirectPreferenceForm.Robust or DirectPreferenceForm.ExoPair or DirectPreferenceForm.Aot;

    /// <summary>Each pair's loss.</summary>
    /// <param name="chosen">(B): log p of the preferred answer, summed over its tokens, or their mean (<see cref="TakesMeans"/>).</param>
    /// <param name="rejected">(B): of the other.</param>
    /// <param name="referenceChosen">(B): log p_ref of the preferred answer.</param>
    /// <param name="referenceRejected">(B): of the other.</param>
    /// <param name="form">The form of the loss.</param>
    /// <param name="beta">Above 0; 0.1 is usual. The larger, the closer the model stays to the reference.</param>
    /// <param name="labelSmoothing">The share of pairs that is the wrong way round, 0 to below 0.5.</param>
    /// <param name="threshold">Of <see cref="DirectPreferenceForm.BcoPair"/>: the mean reward so far, which divides good from bad.</param>
    /// <returns>(B); of <see cref="DirectPreferenceForm.Aot"/> in the order of the sorted margins.</returns>
    /// <exception cref="OptionsException">Label smoothing that the form does not have, or lacks.</exception>
    public static Tensor Each(Tensor chosen, Tensor rejected, Tensor referenceChosen, Tensor referenceRejected, DirectPreferenceForm form, double beta, double labelSmoothing = 0, double threshold = 0)
    {
        Check(form, beta, labelSmoothing);
        using var scope = NewDisposeScope();
        var (good, bad) = (beta * (chosen - referenceChosen), beta * (rejected - referenceRejected));
        var logits = form == DirectPreferenceForm.Aot ? beta * (Sorted(chosen - rejected) - Sorted(referenceChosen - referenceRejected)) : good - bad;
        var e = labelSmoothing;
        return (form switch
        {
            DirectPreferenceForm.Hinge => (1 - logits).relu(),
            DirectPreferenceForm.Ipo => (logits / beta - 1 / (2 * beta)).square(),
            DirectPreferenceForm.Robust => (-(1 - e) * Log(logits) + e * Log(-logits)) / (1 - 2 * e),
            DirectPreferenceForm.ExoPair => logits.sigmoid() * (Log(logits) - Math.Log(1 - e)) + (-logits).sigmoid() * (Log(-logits) - Math.Log(e)),
            DirectPreferenceForm.NcaPair => -Log(good) - 0.5 * (Log(-good) + Log(-bad)),
            DirectPreferenceForm.BcoPair => -Log(good - threshold) - Log(threshold - bad),
            DirectPreferenceForm.SppoHard => ((good - 0.5) / beta).square() + ((bad + 0.5) / beta).square(),
            DirectPreferenceForm.ApoZero => 1 - good.sigmoid() + bad.sigmoid(),
            DirectPreferenceForm.ApoDown => good.sigmoid() + 1 - logits.sigmoid(),
            DirectPreferenceForm.Discopop => Mixed(logits),
            _ => e == 0 ? -Log(logits) : -(1 - e) * Log(logits) - e * Log(-logits),
        }).MoveToOuterDisposeScope();
    }

    /// <exception cref="OptionsException">A value out of its range, or one that the form does not have.</exception>
    internal static void Check(DirectPreferenceForm form, double beta, double labelSmoothing)
    {
        if (!(beta > 0)) throw new OptionsException($"beta is {beta}; it must be above 0 (0.1 is usual).");
        if (labelSmoothing is < 0 or >= 0.5) throw new OptionsException($"label_smoothing is {labelSmoothing}; it is the share of pairs that are the wrong way round, 0 to below 0.5.");
        if (labelSmoothing > 0 && !form.TakesSmoothing()) throw new OptionsException($"label_smoothing is {labelSmoothing}; the form {form} has none. Leave it out, or choose sigmoid, robust, exo_pair or aot.");
        if (labelSmoothing == 0 && form == DirectPreferenceForm.ExoPair) throw new OptionsException("label_smoothing is 0; exo_pair needs it above 0, such as 0.001.");
    }

    private static Tensor Sorted(Tensor x) => x.sort().Values;

    private static Tensor Mixed(Tensor logits)
    {
        var share = (logits / Temperature).sigmoid();
        return -Log(logits) * (1 - share) + (-logits).exp() * share;
    }

    private static Tensor Log(Tensor x) => nn.functional.logsigmoid(x);
}
