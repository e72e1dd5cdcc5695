namespace Loquat.Text.Tests.Reference;

/// <summary>The score of the best way to cut a text, over all ways that there are.</summary>
internal static class SlowUnigram
{
    public static double BestScore(string text, IReadOnlyDictionary<string, double> pieces, double unknown)
    {
        if (text.Length == 0) return 0;
        var best = double.NegativeInfinity;
        for (var length = 1; length <= text.Length; length++)
            if (pieces.TryGetValue(text[..length], out var score) || length == 1 && !pieces.ContainsKey(text[..1]) && (score = unknown) == unknown)
                best = Math.Max(best, score + BestScore(text[length..], pieces, unknown));
        return best;
    }
}
