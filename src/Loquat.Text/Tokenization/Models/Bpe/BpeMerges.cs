using System.Numerics;
using System.Runtime.CompilerServices;

namespace Loquat.Text.Tokenization.Models.Bpe;

/// <summary>
/// The merges of a byte-pair encoding (Sennrich et al. 2016) over token ids: the pair that was learned first merges first, leftmost first among equals.
/// An open-addressing table. Immutable once filled; any number of threads may use it.
/// </summary>
internal sealed class BpeMerges
{
    private const int LongestScan = 64;

    private ulong[] _keys; // left << 32 | right, plus 1; 0: free
    private long[] _merges; // rank << 32 | token

    public BpeMerges(int capacity = 16)
    {
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, capacity * 2));
        (_keys, _merges) = (new ulong[size], new long[size]);
    }

    public int Count { get; private set; }

    /// <summary>Adds the next merge in rank; a pair that is there already takes the new rank, as in the reference.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(int left, int right, int token)
    {
        if (Count * 2 >= _keys.Length) Grow();
        Set(Key(left, right), ((long)Count++ << 32) | (uint)token);
    }

    /// <summary>Merges in place.</summary>
    /// <param name="symbols">The word's smallest tokens; overwritten.</param>
    /// <param name="lengths">How much of the word each covers, merged alike; empty where that is not wanted.</param>
    /// <returns>How many tokens are left at the beginning.</returns>
    public int Apply(Span<int> symbols, Span<int> lengths = default) =>
        symbols.Length <= LongestScan ? ApplyShort(symbols, lengths) : ApplyLong(symbols, lengths);

    /// <summary>A pair's merge: rank &lt;&lt; 32 | token; <see cref="long.MaxValue"/> where it does not merge.</summary>
    public long Find(int left, int right)
    {
        var key = Key(left, right);
        var keys = _keys;
        for (var slot = Slot(key); ; slot = (slot + 1) & (keys.Length - 1))
        {
            if (keys[slot] == key) return _merges[slot];
            if (keys[slot] == 0) return long.MaxValue;
        }
    }

    private static ulong Key(int left, int right) => (((ulong)(uint)left << 32) | (uint)right) + 1;

    private int Slot(ulong key) => (int)(key * 0x9E3779B97F4A7C15UL >> 40) & (_keys.Length - 1);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Set(ulong key, long merge)
    {
        var slot = Slot(key);
        while (_keys[slot] != 0 && _keys[slot] != key) slot = (slot + 1) & (_keys.Length - 1);
        (_keys[slot], _merges[slot]) = (key, merge);
    }

    private void Grow()
    {
        var (keys, merges) = (_keys, _merges);
        (_keys, _merges) = (new ulong[keys.Length * 2], new long[keys.Length * 2]);
        for (var i = 0; i < keys.Length; i++)
            if (keys[i] != 0) Set(keys[i], merges[i]);
    }

    private int ApplyShort(Span<int> symbols, Span<int> lengths)
    {
        var count = symbols.Length;
        Span<long> merges = stackalloc long[LongestScan];
        for (var i = 0; i + 1 < count; i++) merges[i] = Find(symbols[i], symbols[i + 1]);
        while (count > 1)
        {
            var best = 0;
            for (var i = 1; i + 1 < count; i++)
                if (merges[i] >> 32 < merges[best] >> 32) best = i;
            if (merges[best] == long.MaxValue) break;
            symbols[best] = (int)merges[best];
            symbols[(best + 2)..count].CopyTo(symbols[(best + 1)..]);
            merges[(best + 1)..(count - 1)].CopyTo(merges[best..]);
            if (!lengths.IsEmpty)
            {
                lengths[best] += lengths[best + 1];
                lengths[(best + 2)..count].CopyTo(lengths[(best + 1)..]);
            }
            count--;
            if (best > 0) merges[best - 1] = Find(symbols[best - 1], symbols[best]);
            if (best + 1 < count) merges[best] = Find(symbols[best], symbols[best + 1]);
        }
        return count;
    }

    // A linked list and a heap: time stays n log n for a word of millions of characters.
    private int ApplyLong(Span<int> symbols, Span<int> lengths)
    {
        var n = symbols.Length;
        int[] next = new int[n], previous = new int[n];
        var queue = new PriorityQueue<(int At, int Left, int Right, long Merge), long>();
        for (var i = 0; i < n; i++) (previous[i], next[i]) = (i - 1, i + 1);
        for (var i = 0; i + 1 < n; i++) Offer(symbols, i, i + 1);
        while (queue.TryDequeue(out var merge, out _))
        {
            var (at, left, right, found) = merge;
            // An entry is stale where either side has merged since.
            if (symbols[at] != left || next[at] >= n || symbols[next[at]] != right) continue;
            var gone = next[at];
            symbols[at] = (int)found;
            symbols[gone] = -1;
            if (!lengths.IsEmpty) lengths[at] += lengths[gone];
            next[at] = next[gone];
            if (next[at] < n) previous[next[at]] = at;
            if (previous[at] >= 0) Offer(symbols, previous[at], at);
            if (next[at] < n) Offer(symbols, at, next[at]);
        }
        var count = 0;
        for (var i = 0; i < n; i = next[i])
        {
            if (!lengths.IsEmpty) lengths[count] = lengths[i];
            symbols[count++] = symbols[i];
        }
        return count;

        void Offer(Span<int> all, int at, int after)
        {
            if (Find(all[at], all[after]) is var merge and not long.MaxValue) queue.Enqueue((at, all[at], all[after], merge), Priority(merge, at));
        }

        static long Priority(long merge, int at) => (merge & ~0xFFFFFFFFL) | (uint)at;
    }
}
