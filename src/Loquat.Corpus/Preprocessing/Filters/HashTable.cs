using System.Numerics;

namespace Loquat.Corpus.Preprocessing.Filters;

/// <summary>Counts of 64-bit hashes, open addressing, used again from text to text without clearing.</summary>
internal sealed class HashTable
{
    private Entry[] _entries = new Entry[1 << 10];
    private int _mask = (1 << 10) - 1;
    private long _round;

    private struct Entry
    {
        public ulong Key;
        public long Count; // the round in the high half: what another round wrote is empty
    }

    /// <summary>The highest count so far.</summary>
    public int MostFrequent { get; private set; }

    /// <summary>Empties the table and makes room for so many keys.</summary>
    public void Begin(int expected)
    {
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1024, 2 * expected));
        if (size > _entries.Length) (_entries, _round) = (new Entry[size], 0);
        _mask = size - 1;
        _round++;
        MostFrequent = 0;
    }

    /// <summary>Counts a key.</summary>
    /// <returns>Its place, which tells the count until the table is emptied.</returns>
    public int Add(ulong key)
    {
        for (var i = (int)(key ^ key >> 32) & _mask; ; i = (i + 1) & _mask)
        {
            ref var entry = ref _entries[i];
            if (entry.Count >> 32 != _round) (entry.Key, entry.Count) = (key, _round << 32);
            else if (entry.Key != key) continue;
            var count = (int)++entry.Count;
            if (count > MostFrequent) MostFrequent = count;
            return i;
        }
    }

    /// <summary>The count of the key at a place.</summary>
    public int this[int place] => (int)_entries[place].Count;
}
