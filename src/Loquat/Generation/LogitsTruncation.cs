namespace Loquat.Generation;

/// <summary>Ways to leave unlikely tokens out of a draw, beside top-k, top-p and min-p. Each works in place; at least the likeliest token stays.</summary>
public static class LogitsTruncation
{
    /// <summary>Keeps the tokens whose surprise is nearest to the entropy, until their probabilities reach <paramref name="mass"/>, the one that crosses it included.</summary>
    /// <param name="mass">Above 0, below 1.</param>
    public static void Typical(Span<float> logits, double mass, int minimum = 1)
    {
        var logs = LogProbabilities(logits);
        var entropy = -logs.Sum(log => double.IsNegativeInfinity(log) ? 0 : log * Math.Exp(log));
        var order = Enumerable.Range(0, logs.Length).OrderBy(id => Math.Abs(-logs[id] - entropy)).ToArray();
        var (kept, sum) = (0, 0.0);
        while (kept < order.Length && (kept < minimum || sum < mass)) sum += Math.Exp(logs[order[kept++]]);
        Keep(logits, order.AsSpan(0, kept));
    }

    /// <summary>Keeps tokens of at least a probability.</summary>
    public static void Epsilon(Span<float> logits, double epsilon) => KeepLikelyAs(logits, LogProbabilities(logits), epsilon);

    /// <summary>Keeps tokens of at least a probability that falls with the entropy: min(ε, √ε · exp(-entropy)).</summary>
    public static void Eta(Span<float> logits, double epsilon)
    {
        var logs = LogProbabilities(logits);
        var entropy = -logs.Sum(log => double.IsNegativeInfinity(log) ? 0 : log * Math.Exp(log));
        KeepLikelyAs(logits, logs, Math.Min(epsilon, Math.Sqrt(epsilon) * Math.Exp(-entropy)));
    }

    /// <summary>Keeps the likeliest tokens as long as their share of the entropy stays within a part of it (Potraghloo et al. 2025); the reference looks at 100 at most.</summary>
    /// <param name="part">Above 0, up to 1.</param>
    public static void TopH(Span<float> logits, double part)
    {
        const int Most = 100;
        var logs = LogProbabilities(logits);
        var order = Enumerable.Range(0, logs.Length).OrderByDescending(id => logs[id]).Take(Most).ToArray();
        double Surprise(int id) => double.IsNegativeInfinity(logs[id]) ? 0 : -logs[id] * Math.Exp(logs[id]);
        var bound = part * Enumerable.Range(0, logs.Length).Sum(Surprise);
        var (kept, sum) = (0, 0.0);
        foreach (var id in order)
        {
            sum += Surprise(id);
            if (kept > 0 && (sum > bound || double.IsNegativeInfinity(logs[id]))) break;
            kept++;
        }
        Keep(logits, order.AsSpan(0, kept));
    }

    /// <summary>Keeps logits within so many standard deviations of all logits below the highest (Tang et al. 2024).</summary>
    public static void TopNSigma(Span<float> logits, double n)
    {
        var (sum, squares, count) = (0.0, 0.0, 0);
        foreach (var logit in logits)
            if (float.IsFinite(logit)) (sum, count) = (sum + logit, count + 1);
        foreach (var logit in logits)
            if (float.IsFinite(logit)) squares += (logit - sum / count) * (logit - sum / count);
        var least = LogitsProcessing.Max(logits) - n * Math.Sqrt(squares / Math.Max(1, count - 1));
        foreach (ref var logit in logits)
            if (logit < least) logit = float.NegativeInfinity;
    }

    /// <summary>Leaves out the tail where the sorted probabilities bend no more: the second differences, normalized, reach <paramref name="z"/> (Phillips and Cope 2020).</summary>
    public static void TailFree(Span<float> logits, double z)
    {
        var logs = LogProbabilities(logits);
        var order = Enumerable.Range(0, logs.Length).OrderByDescending(id => logs[id]).ToArray();
        if (order.Length < 3) return;
        var p = order.Select(id => Math.Exp(logs[id])).ToArray();
        var bends = Enumerable.Range(0, p.Length - 2).Select(i => Math.Abs(p[i] - 2 * p[i + 1] + p[i + 2])).ToArray();
        var total = bends.Sum();
        var (kept, sum) = (1, 0.0);
        while (kept <= bends.Length && (sum += bends[kept - 1] / total) <= z) kept++;
        Keep(logits, order.AsSpan(0, kept));
    }

    /// <summary>Of the tokens of at least a probability, leaves out all but the least likely.</summary>
    public static void ExcludeTopChoices(Span<float> logits, double threshold)
    {
        var logs = LogProbabilities(logits);
        var likely = Enumerable.Range(0, logs.Length).Where(id => Math.Exp(logs[id]) >= threshold).OrderBy(id => logs[id]).Skip(1);
        foreach (var id in likely) logits[id] = float.NegativeInfinity;
    }

    private static void KeepLikelyAs(Span<float> logits, double[] logs, double least)
    {
        var best = LogitsProcessing.Max(logits);
        for (var id = 0; id < logits.Length; id++)
            if (Math.Exp(logs[id]) < least && logits[id] < best) logits[id] = float.NegativeInfinity;
    }

    private static void Keep(Span<float> logits, ReadOnlySpan<int> ids)
    {
        var kept = new float[ids.Length];
        for (var i = 0; i < kept.Length; i++) kept[i] = logits[ids[i]];
        logits.Fill(float.NegativeInfinity);
        for (var i = 0; i < kept.Length; i++) logits[ids[i]] = kept[i];
    }

    private static double[] LogProbabilities(ReadOnlySpan<float> logits)
    {
        var max = LogitsProcessing.Max(logits);
        var log = Math.Log(LogitsProcessing.SumOfExponentials(logits, max));
        var logs = new double[logits.Length];
        for (var id = 0; id < logs.Length; id++) logs[id] = logits[id] - max - log;
        return logs;
    }
}
