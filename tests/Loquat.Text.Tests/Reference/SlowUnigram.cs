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

    /// <summary>Every way to cut a text, with its score.</summary>
    public static IEnumerable<(List<string> Pieces, double Score)> AllWays(string text, IReadOnlyDictionary<string, double> pieces, double unknown)
    {
        if (text.Length == 0) yield return ([], 0);
        for (var length = 1; length <= text.Length; length++)
        {
            var first = text[..length];
            if (!pieces.TryGetValue(first, out var score))
            {
                if (length > 1) continue;
                score = unknown;
            }
            foreach (var (rest, more) in AllWays(text[length..], pieces, unknown)) yield return ([first, .. rest], score + more);
        }
    }
}
