using System.Numerics;
using System.Runtime.InteropServices;

namespace Loquat.Generation;

/// <summary>
/// What is done to the logits of one position before a token is drawn. Each works in place; a token that cannot be drawn gets
/// negative infinity. At least one token always stays.
/// </summary>
public static class LogitsProcessing
{
    /// <summary>Candidates looked at first when the likeliest tokens are wanted; grows eightfold until they suffice.</summary>
    private const int FirstCandidates = 64;

    /// <summary>Divides positive logits of the tokens in <paramref name="seen"/> by the penalty and multiplies negative ones, once each.</summary>
    /// <param name="logits">(V).</param>
    /// <param name="seen">Token ids in any order, with repetitions.</param>
    /// <param name="penalty">Above 0.</param>
    public static void RepetitionPenalty(Span<float> logits, ReadOnlySpan<int> seen, double penalty)
    {
        var done = new HashSet<int>();
        foreach (var id in seen)
        {
            if (!done.Add(id)) continue;
            ref var logit = ref logits[id];
            // A penalty near 0 would make infinities, which are no logits.
            if (float.IsFinite(logit)) logit = (float)Math.Clamp(logit < 0 ? logit * penalty : logit / penalty, -float.MaxValue, float.MaxValue);
        }
    }

    /// <summary>Divides by the temperature.</summary>
    /// <param name="logits">(V).</param>
    /// <param name="temperature">Above 0.</param>
    public static void Temperature(Span<float> logits, double temperature)
    {
        var divisor = (float)temperature;
        var max = Max(logits);
        if (!float.IsNormal(divisor) || !float.IsFinite(max / divisor))
        {
            // The quotients leave float32. Their differences to the highest are what counts: it stays at 0, the others fall.
            foreach (ref var logit in logits) logit = (float)((logit - (double)max) / temperature);
            return;
        }
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(logits);
        foreach (ref var vector in vectors) vector /= divisor;
        foreach (ref var logit in logits[(vectors.Length * Vector<float>.Count)..]) logit /= divisor;
    }

    /// <summary>Keeps the <paramref name="count"/> highest logits, and those equal to the lowest of them.</summary>
    /// <param name="logits">(V).</param>
    /// <param name="count">1 or more.</param>
    public static void TopK(Span<float> logits, int count)
    {
        if (count < logits.Length) KeepFrom(logits, Highest(logits, count)[count - 1].Logit);
    }

    /// <summary>Keeps the likeliest tokens whose probabilities add up to <paramref name="mass"/>, the one that crosses it included.</summary>
    /// <param name="logits">(V).</param>
    /// <param name="mass">Above 0, up to 1.</param>
    /// <param name="minimum">The least number of tokens kept. 1 or more.</param>
    public static void TopP(Span<float> logits, double mass, int minimum = 1)
    {
        if (mass >= 1) return;
        var max = Max(logits);
        var total = SumOfExponentials(logits, max);
        for (var count = Math.Max(FirstCandidates, minimum); ; count = (int)Math.Min(8L * count, logits.Length))
        {
            count = Math.Min(count, logits.Length);
            var candidates = Highest(logits, count);
            var (kept, before) = (0, 0.0);
            while (kept < count && (kept < minimum || before < mass))
                before += Math.Exp(candidates[kept++].Logit - max) / total;
            if (kept == count && count < logits.Length) continue;
            KeepOnly(logits, candidates.AsSpan(0, kept));
            return;
        }
    }

    /// <summary>Keeps tokens at least <paramref name="fraction"/> as likely as the likeliest.</summary>
    /// <param name="logits">(V).</param>
    /// <param name="fraction">Above 0, up to 1.</param>
    public static void MinP(Span<float> logits, double fraction) => KeepFrom(logits, (float)(Max(logits) + Math.Log(fraction)));

    /// <summary>The index of the highest logit; the lowest among equals.</summary>
    /// <exception cref="CheckpointException">A logit is not a number or infinite.</exception>
    public static int ArgMax(ReadOnlySpan<float> logits)
    {
        var max = Max(logits);
        return float.IsFinite(max)
            ? logits.IndexOf(max)
            : throw new CheckpointException($"the model's highest logit is {max}: its weights are damaged, or its training diverged. Try an earlier checkpoint.");
    }

    /// <summary>The highest logit.</summary>
    public static float Max(ReadOnlySpan<float> logits)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(logits);
        var best = new Vector<float>(float.NegativeInfinity);
        foreach (ref readonly var vector in vectors) best = Vector.Max(best, vector);
        var max = float.NegativeInfinity;
        for (var lane = 0; lane < Vector<float>.Count; lane++) max = MathF.Max(max, best[lane]);
        foreach (var logit in logits[(vectors.Length * Vector<float>.Count)..]) max = MathF.Max(max, logit);
        return max;
    }

    /// <summary>Σ exp(logit − max).</summary>
    internal static double SumOfExponentials(ReadOnlySpan<float> logits, float max)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(logits);
        var (sum, shift) = (Vector<double>.Zero, new Vector<float>(max));
        foreach (ref readonly var vector in vectors)
        {
            Vector.Widen(Vector.Exp(vector - shift), out var low, out var high);
            sum += low + high;
        }
        var total = Vector.Sum(sum);
        foreach (var logit in logits[(vectors.Length * Vector<float>.Count)..]) total += Math.Exp(logit - max);
        return total;
    }

    /// <summary>The highest logits in falling order, the lower id first among equals: a heap of that many, not a sort of all.</summary>
    private static (float Logit, int Id)[] Highest(ReadOnlySpan<float> logits, int count)
    {
        var heap = new PriorityQueue<int, (float Logit, int Id)>(count + 1);
        for (var id = 0; id < logits.Length; id++)
        {
            if (heap.Count < count) heap.Enqueue(id, (logits[id], -id));
            else if (heap.TryPeek(out _, out var least) && logits[id] > least.Logit) heap.EnqueueDequeue(id, (logits[id], -id));
        }
        var highest = new (float, int)[heap.Count];
        for (var at = highest.Length - 1; at >= 0; at--)
        {
            heap.TryDequeue(out var id, out var priority);
            highest[at] = (priority.Logit, id);
        }
        return highest;
    }

    private static void KeepFrom(Span<float> logits, float least)
    {
        foreach (ref var logit in logits)
            if (logit < least) logit = float.NegativeInfinity;
    }

    private static void KeepOnly(Span<float> logits, ReadOnlySpan<(float Logit, int Id)> kept)
    {
        logits.Fill(float.NegativeInfinity);
        foreach (var (logit, id) in kept) logits[id] = logit;
    }
}
