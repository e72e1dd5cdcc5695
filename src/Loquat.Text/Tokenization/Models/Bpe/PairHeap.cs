namespace Loquat.Text.Tokenization.Models.Bpe;

/// <summary>A heap of pairs: the highest count first, ties going to the lower left token, then to the lower right one.</summary>
internal sealed class PairHeap
{
    private Entry[] _entries = new Entry[1 << 10];

    public int Count { get; private set; }

    public void Push(Entry entry)
    {
        if (Count == _entries.Length) Array.Resize(ref _entries, Count * 2);
        var at = Count++;
        while (at > 0 && (at - 1) / 2 is var parent && Before(entry, _entries[parent]))
        {
            _entries[at] = _entries[parent];
            at = parent;
        }
        _entries[at] = entry;
    }

    public Entry Pop()
    {
        var top = _entries[0];
        var last = _entries[--Count];
        var at = 0;
        while (2 * at + 1 is var child && child < Count)
        {
            if (child + 1 < Count && Before(_entries[child + 1], _entries[child])) child++;
            if (!Before(_entries[child], last)) break;
            _entries[at] = _entries[child];
            at = child;
        }
        _entries[at] = last;
        return top;
    }

    private static bool Before(in Entry a, in Entry b) => a.Count != b.Count ? a.Count > b.Count : a.Key < b.Key;

    /// <param name="Count">The pair's count when it was pushed.</param>
    /// <param name="Key">The left id above the right one.</param>
    /// <param name="Pair">The pair's index.</param>
    internal readonly record struct Entry(long Count, long Key, int Pair);
}
