using Loquat.Text.Tokenization.Models.Bpe;

namespace Loquat.Text.Tests.Reference;

/// <summary>BPE training as the rules say it, on lists of strings: every step looks at every pair and every word.</summary>
internal static class SlowBpeTrainer
{
    public static (List<string> Tokens, List<(string Left, string Right)> Merges) Learn(IReadOnlyDictionary<string, long> counts, BpeTrainerOptions options)
    {
        List<string> tokens = [.. options.SpecialTokens];
        foreach (var c in counts.Keys.SelectMany(w => w).Distinct().Order())
            if (!tokens.Contains($"{c}")) tokens.Add($"{c}");
        var words = counts.OrderBy(w => w.Key, StringComparer.Ordinal).Select(w => (Symbols: Symbols(w.Key), w.Value)).ToList();
        foreach (var symbol in words.SelectMany(w => w.Symbols))
            if (!tokens.Contains(symbol)) tokens.Add(symbol);
        var pairs = new Dictionary<(string Left, string Right), long>();
        foreach (var (symbols, count) in words)
            for (var i = 0; i + 1 < symbols.Count; i++) pairs[(symbols[i], symbols[i + 1])] = pairs.GetValueOrDefault((symbols[i], symbols[i + 1])) + count;
        // A merged pair keeps its count, and waits again only where it comes anew.
        var waiting = pairs.Keys.ToHashSet();
        var merges = new List<(string Left, string Right)>();
        while (tokens.Count < options.VocabSize)
        {
            var best = waiting.OrderByDescending(p => pairs[p]).ThenBy(p => tokens.IndexOf(p.Left)).ThenBy(p => tokens.IndexOf(p.Right)).FirstOrDefault();
            if (best.Left is null || pairs[best] < Math.Max(1, options.MinFrequency)) break;
            waiting.Remove(best);
            merges.Remove(best);
            merges.Add(best);
            var merged = Join(best.Left, best.Right);
            if (!tokens.Contains(merged)) tokens.Add(merged);
            foreach (var (symbols, count) in words)
                for (var i = 0; i + 1 < symbols.Count; i++)
                {
                    if (symbols[i] != best.Left || symbols[i + 1] != best.Right) continue;
                    if (i > 0) Change(symbols[i - 1], best.Left, -count);
                    if (i > 0 && Fits(symbols[i - 1])) Change(symbols[i - 1], merged, count);
                    if (i + 2 < symbols.Count) Change(best.Right, symbols[i + 2], -count);
                    if (i + 2 < symbols.Count && Fits(symbols[i + 2])) Change(merged, symbols[i + 2], count);
                    symbols[i] = merged;
                    symbols.RemoveAt(i + 1);
                }

            bool Fits(string other) => options.MaxTokenLength is not { } most || Length(other) + Length(merged) < most;
        }
        return (tokens, merges);

        List<string> Symbols(string word) =>
            [.. word.Select((c, i) => (i > 0 ? options.ContinuingSubwordPrefix : "") + c + (i == word.Length - 1 ? options.EndOfWordSuffix : ""))];

        string Join(string left, string right) =>
            left + (options.ContinuingSubwordPrefix.Length > 0 && right.StartsWith(options.ContinuingSubwordPrefix, StringComparison.Ordinal) ? right[options.ContinuingSubwordPrefix.Length..] : right);

        int Length(string token) => token.Count(char.IsAsciiLetterLower) - (options.EndOfWordSuffix.Length > 0 && token.EndsWith(options.EndOfWordSuffix, StringComparison.Ordinal) ? options.EndOfWordSuffix.Count(char.IsAsciiLetterLower) : 0);

        void Change(string left, string right, long by)
        {
            pairs[(left, right)] = pairs.GetValueOrDefault((left, right)) + by;
            if (by > 0) waiting.Add((left, right));
        }
    }
}
