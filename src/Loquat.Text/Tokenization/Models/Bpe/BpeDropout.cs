namespace Loquat.Text.Tokenization.Models.Bpe;

/// <summary>
/// BPE-dropout (Provilkov et al. 2020, algorithm 1): at each step every possible merge is left out with a probability; of the others the first learned is made,
/// leftmost first among equals. The word is ready when all are left out.
/// </summary>
internal static class BpeDropout
{
    private const int LongestScan = 64;

    /// <summary>Merges in place.</summary>
    /// <param name="symbols">The word's smallest tokens; overwritten.</param>
    /// <param name="lengths">How much of the word each covers, merged alike; empty where that is not wanted.</param>
    /// <returns>How many tokens are left at the beginning.</returns>
    public static int Apply(BpeMerges merges, Span<int> symbols, Span<int> lengths, double dropout, Random random) =>
        dropout >= 1 ? symbols.Length : symbols.Length <= LongestScan ? Scan(merges, symbols, lengths, dropout, random) : Select(merges, symbols, lengths, dropout, random);

    // As the algorithm says it.
    private static int Scan(BpeMerges merges, Span<int> symbols, Span<int> lengths, double dropout, Random random)
    {
        Span<long> found = stackalloc long[LongestScan];
        for (var i = 0; i + 1 < symbols.Length; i++) found[i] = merges.Find(symbols[i], symbols[i + 1]);
        for (var count = symbols.Length; ; count--)
        {
            var (best, at) = (long.MaxValue, -1);
            for (var i = 0; i + 1 < count; i++)
                if (found[i] != long.MaxValue && random.NextDouble() >= dropout && found[i] >> 32 < best >> 32) (best, at) = (found[i], i);
            if (at < 0) return count;
            symbols[at] = (int)best;
            symbols[(at + 2)..count].CopyTo(symbols[(at + 1)..]);
            found[(at + 1)..count].CopyTo(found[at..]);
            if (at > 0) found[at - 1] = merges.Find(symbols[at - 1], symbols[at]);
            if (at + 2 < count) found[at] = merges.Find(symbols[at], symbols[at + 1]);
            if (lengths.IsEmpty) continue;
            lengths[at] += lengths[at + 1];
            lengths[(at + 2)..count].CopyTo(lengths[(at + 1)..]);
        }
    }

    // The same for long words, where a draw for each merge at each step would take time quadratic in the length: the number of merges left out before one is made is
    // drawn at once, for it is geometric.
    private static int Select(BpeMerges merges, Span<int> symbols, Span<int> lengths, double dropout, Random random)
    {
        var n = symbols.Length;
        int[] next = new int[n], previous = new int[n];
        for (var i = 0; i < n; i++) (previous[i], next[i]) = (i - 1, i + 1);
        var keys = new List<long>();
        for (var i = 0; i + 1 < n; i++)
            if (Key(symbols, i) is >= 0 and var key) keys.Add(key);
        var possible = new OrderedKeys(keys);
        var logDropout = Math.Log(dropout);
        while (true)
        {
            var left = dropout == 0 ? 0 : Math.Log(1 - random.NextDouble()) / logDropout;
            if (left >= possible.Count) break;
            var at = (int)(possible[(int)left] & int.MaxValue);
            var gone = next[at];
            Change(symbols, at, add: false);
            symbols[at] = (int)merges.Find(symbols[at], symbols[gone]);
            if (!lengths.IsEmpty) lengths[at] += lengths[gone];
            next[at] = next[gone];
            if (next[at] < n) previous[next[at]] = at;
            Change(symbols, at, add: true);
        }
        var count = 0;
        for (var i = 0; i < n; i = next[i])
        {
            if (!lengths.IsEmpty) lengths[count] = lengths[i];
            symbols[count++] = symbols[i];
        }
        return count;

        // The order of the merge that begins at a place; -1: none does.
        long Key(Span<int> all, int at) =>
            at >= 0 && next[at] < n && merges.Find(all[at], all[next[at]]) is var merge and not long.MaxValue ? (merge & ~0xFFFFFFFFL) | (uint)at : -1;

        // Takes out what a merge ends, the neighbours' merges and its own; or puts in what it makes possible.
        void Change(Span<int> all, int at, bool add)
        {
            foreach (var place in (ReadOnlySpan<int>)[previous[at], at, add ? -1 : next[at]])
                if (place < n && Key(all, place) is >= 0 and var key)
                    if (add) possible.Add(key);
                    else possible.Remove(key);
        }
    }
}
