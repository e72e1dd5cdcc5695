namespace Loquat.Text.Tokenization.Models.Bpe;

/// <summary>What one merge changes on one side, gathered by the neighbouring token.</summary>
/// <param name="tokens">Ids are below this.</param>
internal sealed class Neighbors(int tokens)
{
    private readonly int[] _last = new int[tokens];
    private readonly bool[] _seen = new bool[tokens];
    private (int Place, int Previous)[] _places = new (int, int)[1 << 10];
    private int _count;

    /// <summary>The tokens met.</summary>
    public List<int> Ids { get; } = [];

    /// <summary>How much rarer the pair with the old token becomes.</summary>
    public long[] Loss { get; } = new long[tokens];

    /// <summary>How much more frequent the pair with the new token becomes.</summary>
    public long[] Gain { get; } = new long[tokens];

    /// <summary>How many places the pair with the new token gets.</summary>
    public int[] Placed { get; } = new int[tokens];

    /// <summary>The index of the pair with the new token.</summary>
    public int[] Pair { get; } = new int[tokens];

    /// <param name="grows">Whether the pair with the new token counts.</param>
    public void Add(int id, long weight, int place, bool grows)
    {
        if (!_seen[id])
        {
            _seen[id] = true;
            Ids.Add(id);
        }
        Loss[id] += weight;
        if (!grows) return;
        Gain[id] += weight;
        if (_count == _places.Length) Array.Resize(ref _places, _count * 2);
        _places[_count] = (place, Placed[id]++ == 0 ? -1 : _last[id]);
        _last[id] = _count++;
    }

    /// <summary>Writes the places of a token in the order they came.</summary>
    public void Fill(int id, Span<int> places)
    {
        for (int i = places.Length - 1, at = _last[id]; i >= 0; i--, at = _places[at].Previous) places[i] = _places[at].Place;
    }

    public void Clear()
    {
        foreach (var id in Ids) (_seen[id], Loss[id], Gain[id], Placed[id]) = (false, 0, 0, 0);
        Ids.Clear();
        _count = 0;
    }
}
