using System.Numerics;

namespace Loquat.Corpus.Preprocessing.Filters;

/// <summary>Counts of 64-bit hashes, open addressing, used again from text to text without clearing.</summary>
internal sealed class HashTable
{
    private ulong[] _keys = new ulong[1 << 10];
    private long[] _counts = new long[1 << 10]; // the round in the high half: what another round wrote is empty
    private int _mask = (1 << 10) - 1;
    private long _round;

    /// <summary>The highest count so far.</summary>
    public int MostFrequent { get; private set; }

    /// <summary>Empties the table and makes room for so many keys.</summary>
    public void Begin(int expected)
    {
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1024, 2 * expected));
        if (size > _keys.Length) (_keys, _counts, _round) = (new ulong[size], new long[size], 0);
        _mask = size - 1;
        _round++;
        MostFrequent = 0;
    }

    /// <summary>Adds to a key's count.</summary>
    /// <returns>The count after it.</returns>
    public int Add(ulong key, int count)
    {
        for (var i = (int)(key ^ key >> 32) & _mask; ; i = (i + 1) & _mask)
        {
            if (_counts[i] >> 32 != _round) (_keys[i], _counts[i]) = (key, _round << 32);
            else if (_keys[i] != key) continue;
            _counts[i] += count;
            var sum = (int)_counts[i];
            if (sum > MostFrequent) MostFrequent = sum;
            return sum;
        }
    }

    public int CountOf(ulong key)
    {
        for (var i = (int)(key ^ key >> 32) & _mask; _counts[i] >> 32 == _round; i = (i + 1) & _mask)
            if (_keys[i] == key) return (int)_counts[i];
        return 0;
    }
}
