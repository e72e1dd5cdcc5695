namespace Loquat.FineTuning;

/// <summary>Probabilities of logits, in float64.</summary>
internal static class Softmax
{
    public static double[] Probabilities(ReadOnlySpan<float> logits) => [.. Logarithms(logits).Select(Math.Exp)];

    /// <summary>Logarithms of the probabilities.</summary>
    public static double[] Logarithms(ReadOnlySpan<float> logits)
    {
        double most = float.NegativeInfinity, sum = 0;
        foreach (var logit in logits) most = Math.Max(most, logit);
        foreach (var logit in logits) sum += Math.Exp(logit - most);
        var total = most + Math.Log(sum);
        var all = new double[logits.Length];
        for (var i = 0; i < all.Length; i++) all[i] = logits[i] - total;
        return all;
    }

    /// <summary>The place of the largest; the first among equals.</summary>
    public static int Largest(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var i = 1; i < logits.Length; i++)
            if (logits[i] > logits[best]) best = i;
        return best;
    }
}
