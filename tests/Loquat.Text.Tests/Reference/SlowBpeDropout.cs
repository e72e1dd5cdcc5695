namespace Loquat.Text.Tests.Reference;

/// <summary>With which probability BPE-dropout ends in which tokens: every course that chance can take.</summary>
internal static class SlowBpeDropout
{
    /// <summary>Algorithm 1 of Provilkov et al. 2020: at each step each possible merge is left out; the first of the others is made.</summary>
    /// <param name="rank">The order of a merge that makes a token, or null where it does not merge.</param>
    public static Dictionary<string, double> Distribution(string word, Func<string, string, int?> rank, double dropout)
    {
        var ends = new Dictionary<string, double>();
        Go([.. word.Select(c => c.ToString())], 1);
        return ends;

        void Go(string[] symbols, double probability)
        {
            foreach (var at in Possible(symbols, rank))
            {
                Go([.. symbols[..at], symbols[at] + symbols[at + 1], .. symbols[(at + 2)..]], probability * (1 - dropout));
                probability *= dropout;
            }
            Add(ends, symbols, probability);
        }
    }

    /// <summary>The reference's: merges are drawn once, when their turn comes, and what is left out is not thought of again.</summary>
    public static Dictionary<string, double> DistributionOnce(string word, Func<string, string, int?> rank, double dropout)
    {
        var ends = new Dictionary<string, double>();
        Go([.. word.Select(c => c.ToString())], [], 1);
        return ends;

        void Go(string[] symbols, (int, int, int)[] leftOut, double probability)
        {
            foreach (var at in Possible(symbols, rank))
            {
                var start = symbols[..at].Sum(s => s.Length);
                var pair = (start, symbols[at].Length, symbols[at + 1].Length);
                if (leftOut.Contains(pair)) continue;
                Go([.. symbols[..at], symbols[at] + symbols[at + 1], .. symbols[(at + 2)..]], leftOut, probability * (1 - dropout));
                Go(symbols, [.. leftOut, pair], probability * dropout);
                return;
            }
            Add(ends, symbols, probability);
        }
    }

    private static IEnumerable<int> Possible(string[] symbols, Func<string, string, int?> rank) =>
        Enumerable.Range(0, symbols.Length - 1).Where(i => rank(symbols[i], symbols[i + 1]) is not null).OrderBy(i => rank(symbols[i], symbols[i + 1])).ThenBy(i => i);

    private static void Add(Dictionary<string, double> ends, string[] symbols, double probability)
    {
        var cut = string.Join(' ', symbols);
        ends[cut] = ends.GetValueOrDefault(cut) + probability;
    }
}
