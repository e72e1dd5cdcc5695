namespace Loquat.Text.Tokenization;

/// <summary>
/// The merges of a byte-pair encoding (Sennrich et al. 2016) over token ids: the pair that was learned first merges first, leftmost first among equals.
/// Immutable; any number of threads may use it.
/// </summary>
internal sealed class BpeMerges
{
    private readonly Dictionary<long, (int Rank, int Token)> _merges = [];

    public void Add(int left, int right, int token) => _merges.TryAdd(Key(left, right), (_merges.Count, token));

    public int Count => _merges.Count;

    /// <summary>Merges in place.</summary>
    /// <param name="symbols">The word's smallest tokens; overwritten.</param>
    /// <returns>How many tokens are left at the beginning.</returns>
    public int Apply(Span<int> symbols) => symbols.Length <= 128 ? ApplyShort(symbols) : ApplyLong(symbols);

    private static long Key(int left, int right) => ((long)left << 32) | (uint)right;

    private int Rank(int left, int right) => _merges.TryGetValue(Key(left, right), out var merge) ? merge.Rank : int.MaxValue;

    private int ApplyShort(Span<int> symbols)
    {
        var count = symbols.Length;
        Span<int> ranks = stackalloc int[128];
        for (var i = 0; i + 1 < count; i++) ranks[i] = Rank(symbols[i], symbols[i + 1]);
        while (count > 1)
        {
            var best = 0;
            for (var i = 1; i + 1 < count; i++)
                if (ranks[i] < ranks[best]) best = i;
            if (ranks[best] == int.MaxValue) break;
            symbols[best] = _merges[Key(symbols[best], symbols[best + 1])].Token;
            symbols[(best + 2)..count].CopyTo(symbols[(best + 1)..]);
            ranks[(best + 1)..(count - 1)].CopyTo(ranks[best..]);
            count--;
            if (best > 0) ranks[best - 1] = Rank(symbols[best - 1], symbols[best]);
            if (best + 1 < count) ranks[best] = Rank(symbols[best], symbols[best + 1]);
        }
        return count;
    }

    /// <summary>A linked list and a heap: time stays n log n for a word of millions of characters.</summary>
    private int ApplyLong(Span<int> symbols)
    {
        var n = symbols.Length;
        int[] next = new int[n], previous = new int[n];
        var queue = new PriorityQueue<(int At, int Left, int Right), (int Rank, int At)>();
        for (var i = 0; i < n; i++) (previous[i], next[i]) = (i - 1, i + 1);
        for (var i = 0; i + 1 < n; i++) Offer(symbols, i, i + 1);
        while (queue.TryDequeue(out var merge, out _))
        {
            var (at, left, right) = merge;
            // An entry is stale where either side has merged since.
            if (symbols[at] != left || next[at] >= n || symbols[next[at]] != right) continue;
            var gone = next[at];
            symbols[at] = _merges[Key(left, right)].Token;
            symbols[gone] = -1;
            next[at] = next[gone];
            if (next[at] < n) previous[next[at]] = at;
            if (previous[at] >= 0) Offer(symbols, previous[at], at);
            if (next[at] < n) Offer(symbols, at, next[at]);
        }
        var count = 0;
        foreach (var symbol in symbols)
            if (symbol >= 0) symbols[count++] = symbol;
        return count;

        void Offer(Span<int> all, int at, int following)
        {
            if (Rank(all[at], all[following]) is var rank and < int.MaxValue) queue.Enqueue((at, all[at], all[following]), (rank, at));
        }
    }
}
