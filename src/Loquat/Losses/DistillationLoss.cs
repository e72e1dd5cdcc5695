using static TorchSharp.torch;

namespace Loquat.Losses;

/// <summary>Divergences of a student's distribution from a teacher's, both softened by a temperature. Labels below 0 say which tokens do not count.</summary>
public static class DistillationLoss
{
    // N tokens, V vocabulary

    /// <summary>a · cross-entropy + (1 - a) · T² · KL(teacher || student) (Hinton et al. 2015, section 2).</summary>
    /// <param name="student">(N, V) logits.</param>
    /// <param name="teacher">(N, V) logits; a constant.</param>
    /// <param name="labels">(N) int64.</param>
    /// <param name="temperature">T, above 0.</param>
    /// <param name="alpha">a, 0 to 1.</param>
    /// <returns>Each token's loss, (N).</returns>
    public static Tensor Soft(Tensor student, Tensor teacher, Tensor labels, double temperature, double alpha)
    {
        using var scope = NewDisposeScope();
        var (s, t) = (Log(student, temperature), Log(teacher.detach(), temperature));
        return (alpha * CrossEntropyLoss.Each(student, labels, LossOptions.Plain) + (1 - alpha) * temperature * temperature * Divergence(t, s) * labels.ge(0)).MoveToOuterDisposeScope();
    }

    /// <summary>KL(student || teacher), which keeps to what the teacher holds likely (Gu et al. 2024). Without T².</summary>
    /// <inheritdoc cref="Soft"/>
    public static Tensor Reverse(Tensor student, Tensor teacher, Tensor labels, double temperature)
    {
        using var scope = NewDisposeScope();
        return (Divergence(Log(student, temperature), Log(teacher.detach(), temperature)) * labels.ge(0)).MoveToOuterDisposeScope();
    }

    /// <summary>b · KL(teacher || mixture) + (1 - b) · KL(student || mixture), the mixture being b · teacher + (1 - b) · student (Agarwal et al. 2024, section 2). Without T².</summary>
    /// <param name="beta">b, 0 to 1: 0 is KL(teacher || student), 1 is KL(student || teacher).</param>
    /// <inheritdoc cref="Soft"/>
    public static Tensor JensenShannon(Tensor student, Tensor teacher, Tensor labels, double temperature, double beta)
    {
        using var scope = NewDisposeScope();
        var (s, t) = (Log(student, temperature), Log(teacher.detach(), temperature));
        var loss = beta switch
        {
            0 => Divergence(t, s),
            1 => Divergence(s, t),
            _ => Between(s, t, beta),
        };
        return (loss * labels.ge(0)).MoveToOuterDisposeScope();
    }

    private static Tensor Between(Tensor s, Tensor t, double beta)
    {
        var mixture = stack([s + Math.Log(1 - beta), t + Math.Log(beta)], 0).logsumexp(0);
        return beta * Divergence(t, mixture) + (1 - beta) * Divergence(s, mixture);
    }

    private static Tensor Log(Tensor logits, double temperature) => (logits.to(ScalarType.Float32) / temperature).log_softmax(-1);

    /// <summary>KL(p || q) of each row, of logarithms.</summary>
    private static Tensor Divergence(Tensor p, Tensor q) => (p.exp() * (p - q)).sum(-1);
}
