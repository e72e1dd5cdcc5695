namespace Loquat.Text.Tokenization.Models.Bpe;

/// <summary>Distinct numbers in order, of which the n-th can be asked for: sorted blocks of bounded size, so that a change moves a block and not all.</summary>
internal sealed class OrderedKeys
{
    private const int LargestBlock = 1024;

    private readonly List<List<long>> _blocks = [];

    /// <param name="keys">Sorted here.</param>
    public OrderedKeys(List<long> keys)
    {
        keys.Sort();
        for (var at = 0; at < keys.Count; at += LargestBlock / 2) _blocks.Add(keys.GetRange(at, Math.Min(LargestBlock / 2, keys.Count - at)));
        Count = keys.Count;
    }

    public int Count { get; private set; }

    public long this[int index]
    {
        get
        {
            var block = 0;
            for (; index >= _blocks[block].Count; block++) index -= _blocks[block].Count;
            return _blocks[block][index];
        }
    }

    public void Add(long key)
    {
        Count++;
        if (_blocks.Count == 0)
        {
            _blocks.Add([key]);
            return;
        }
        var at = BlockOf(key);
        var block = _blocks[at];
        block.Insert(~block.BinarySearch(key), key);
        if (block.Count <= LargestBlock) return;
        _blocks.Insert(at + 1, block.GetRange(LargestBlock / 2, block.Count - LargestBlock / 2));
        block.RemoveRange(LargestBlock / 2, block.Count - LargestBlock / 2);
    }

    /// <summary>Takes out a key that is there.</summary>
    public void Remove(long key)
    {
        Count--;
        var at = BlockOf(key);
        _blocks[at].RemoveAt(_blocks[at].BinarySearch(key));
        if (_blocks[at].Count == 0) _blocks.RemoveAt(at);
    }

    // The last block that does not begin above the key.
    private int BlockOf(long key)
    {
        var (low, high) = (0, _blocks.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_blocks[middle][0] <= key) low = middle;
            else high = middle - 1;
        }
        return low;
    }
}
