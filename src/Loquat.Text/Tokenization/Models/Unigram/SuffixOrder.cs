namespace Loquat.Text.Tokenization.Models.Unigram;

/// <summary>
/// The suffixes of words in the order of their first characters: a suffix array (Manber and Myers 1993) cut off at a depth, since pieces are short.
/// Several characters are compared at once as one number.
/// </summary>
internal sealed class SuffixOrder
{
    private readonly int[] _text;
    private readonly int[] _places;
    private readonly ulong[] _keys;
    private readonly int _bits;
    private readonly int _step;
    private readonly int _depth;

    private SuffixOrder(int[] text, int[] places, int alphabet, int depth)
    {
        (_text, _places, _depth) = (text, places, depth);
        _keys = new ulong[places.Length];
        _bits = alphabet < 1 << 16 ? 16 : 21;
        _step = 64 / _bits;
    }

    /// <param name="text">Ranks of characters, each word ended by 0.</param>
    /// <param name="alphabet">Ranks are at most this.</param>
    /// <param name="depth">Characters that count.</param>
    /// <returns>The places of characters above 0.</returns>
    public static int[] Sort(int[] text, int alphabet, int depth, int threads)
    {
        var places = new int[text.Count(c => c != 0)];
        for (int at = 0, next = 0; at < text.Length; at++)
            if (text[at] != 0) places[next++] = at;
        var order = new SuffixOrder(text, places, alphabet, depth);
        // The first characters part the suffixes into ranges that threads sort on their own.
        for (var i = 0; i < places.Length; i++) order._keys[i] = order.Key(places[i]);
        Array.Sort(order._keys, places);
        var groups = order.Groups(0, places.Length, 0);
        Parallel.ForEach(groups, new ParallelOptions { MaxDegreeOfParallelism = threads }, g => order.Sort(g.Start, g.End, order._step));
        return places;
    }

    private void Sort(int start, int end, int depth)
    {
        for (var i = start; i < end; i++) _keys[i] = Key(_places[i] + depth);
        Array.Sort(_keys, _places, start, end - start);
        foreach (var group in Groups(start, end, depth)) Sort(group.Start, group.End, depth + _step);
    }

    /// <summary>Ranges of equal keys that more characters may part.</summary>
    private List<(int Start, int End)> Groups(int from, int to, int depth)
    {
        var groups = new List<(int, int)>();
        if (depth + _step >= _depth) return groups;
        var last = (1UL << _bits) - 1;
        for (int start = from, end; start < to; start = end)
        {
            for (end = start + 1; end < to && _keys[end] == _keys[start];) end++;
            if (end > start + 1 && (_keys[start] & last) != 0) groups.Add((start, end));
        }
        return groups;
    }

    /// <summary>The next characters as a number; 0 from the end of the word on.</summary>
    private ulong Key(int at)
    {
        var key = 0UL;
        for (var i = 0; i < _step; i++)
        {
            if (_text[at + i] is var c && c == 0) return key << (_bits * (_step - i));
            key = (key << _bits) | (uint)c;
        }
        return key;
    }
}
