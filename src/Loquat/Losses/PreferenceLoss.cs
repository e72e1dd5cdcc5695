using static TorchSharp.torch;

namespace Loquat.Losses;

/// <summary>Losses of preferences that need no reference model, of answers that are good or bad by themselves, and of rewards.</summary>
public static class PreferenceLoss
{
    // B pairs, N answers

    /// <summary>-log σ of how much higher the odds of the preferred answer are, odds being p / (1 - p): the second part of ORPO (Hong et al. 2024, equations 6 and 7), to be added to the mean loss of the preferred answer's tokens.</summary>
    /// <param name="chosen">(B): the mean log-probability of a token of the preferred answer, below 0.</param>
    /// <param name="rejected">(B): of the other.</param>
    /// <param name="beta">Its weight (λ in the paper); 0.1 is usual.</param>
    /// <returns>(B).</returns>
    public static Tensor OddsRatio(Tensor chosen, Tensor rejected, double beta)
    {
        using var scope = NewDisposeScope();
        var odds = chosen - rejected - (Complement(chosen) - Complement(rejected));
        return (-beta * nn.functional.logsigmoid(odds)).MoveToOuterDisposeScope();
    }

    /// <summary>-log σ(β (c - r) - γ) (SimPO, Meng et al. 2024, equation 6).</summary>
    /// <param name="chosen">(B): c, the mean log-probability of a token of the preferred answer.</param>
    /// <param name="rejected">(B): r, of the other.</param>
    /// <param name="beta">Above 0; 2 to 2.5 are usual.</param>
    /// <param name="gamma">The margin that is asked for; 0.5 is usual.</param>
    /// <returns>(B).</returns>
    public static Tensor Simple(Tensor chosen, Tensor rejected, double beta, double gamma)
    {
        using var scope = NewDisposeScope();
        return (-nn.functional.logsigmoid(beta * (chosen - rejected) - gamma)).MoveToOuterDisposeScope();
    }

    /// <summary>-log σ(β (c - r)), as if the reference were uniform: the first part of CPO (Xu et al. 2024, equation 4), to be added to the mean loss of the preferred answer's tokens.</summary>
    /// <param name="chosen">(B): c, the summed log-probability of the preferred answer.</param>
    /// <param name="rejected">(B): r, of the other.</param>
    /// <param name="beta">Above 0; 0.1 is usual.</param>
    /// <returns>(B).</returns>
    public static Tensor Contrastive(Tensor chosen, Tensor rejected, double beta) => Simple(chosen, rejected, beta, 0);

    /// <summary>
    /// Each answer's loss of KTO (Ethayarajh et al. 2024, equation 8): 1 - σ(β (r - k)) of a desirable one, 1 - σ(β (k - r)) of another, k being how far the model is from the reference at large.
    /// </summary>
    /// <param name="ratios">(N): r, log p - log p_ref of an answer, summed over its tokens.</param>
    /// <param name="desirable">(N) bool.</param>
    /// <param name="mismatched">(any number): the same of answers that belong to other questions; no gradient goes there. k is their mean, at least 0.</param>
    /// <param name="beta">Above 0; 0.1 is usual.</param>
    /// <param name="desirableWeight">Of each desirable answer.</param>
    /// <param name="undesirableWeight">Of each other.</param>
    /// <returns>(N).</returns>
    public static Tensor Prospect(Tensor ratios, Tensor desirable, Tensor mismatched, double beta, double desirableWeight = 1, double undesirableWeight = 1)
    {
        using var scope = NewDisposeScope();
        var distance = mismatched.detach().mean().clamp(min: 0);
        var gain = beta * (ratios - distance);
        return where(desirable, desirableWeight * (1 - gain.sigmoid()), undesirableWeight * (1 - (-gain).sigmoid())).MoveToOuterDisposeScope();
    }

    /// <summary>-log σ(c - r - margin) + centering · (c + r)² (Bradley and Terry 1952; Ouyang et al. 2022, equation 1; Eisenstein et al. 2023 for the centering).</summary>
    /// <param name="chosen">(B): c, the reward of the preferred answer.</param>
    /// <param name="rejected">(B): r, of the other.</param>
    /// <param name="margin">How much better it is to be; 0 where pairs do not say.</param>
    /// <param name="centering">Keeps rewards around 0; 0.01 is usual, 0 is off.</param>
    /// <returns>(B).</returns>
    public static Tensor BradleyTerry(Tensor chosen, Tensor rejected, double margin = 0, double centering = 0)
    {
        using var scope = NewDisposeScope();
        var loss = -nn.functional.logsigmoid(chosen - rejected - margin);
        return (centering == 0 ? loss : loss + centering * (chosen + rejected).square()).MoveToOuterDisposeScope();
    }

    /// <summary>log(1 - e^x) of x below 0, exact near both ends.</summary>
    private static Tensor Complement(Tensor x) => (-x.expm1()).log();
}
