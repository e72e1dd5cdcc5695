using System.Text;
using Loquat.Text.Tokenization.ByteLevel;

namespace Loquat.Text.Tokenization;

/// <summary>Byte-level BPE: a text is cut by the pattern, each piece's UTF-8 bytes are merged. Frequent pieces are remembered per thread.</summary>
internal sealed class ByteLevelBpeModel : ITokenModel
{
    private const int LongestCached = 48;
    private const int MostCached = 1 << 16;

    [ThreadStatic]
    private static (ByteLevelBpeModel Owner, Dictionary<string, int[]> Pieces) _cache;

    private readonly BpeMerges _merges = new();
    private readonly int[] _byteIds = new int[256];

    public ByteLevelBpeModel(IReadOnlyList<string> vocabulary, IReadOnlyList<(int Left, int Right)> merges, SplitPattern pattern)
    {
        (Merges, Pattern) = (merges, pattern);
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < vocabulary.Count; id++) ids.TryAdd(vocabulary[id], id);
        for (var value = 0; value < 256; value++) _byteIds[value] = ids[ByteAlphabet.Character((byte)value).ToString()];
        foreach (var (left, right) in merges) _merges.Add(left, right, ids[vocabulary[left] + vocabulary[right]]);
    }

    public IReadOnlyList<(int Left, int Right)> Merges { get; }

    public SplitPattern Pattern { get; }

    public void Encode(ReadOnlySpan<char> text, List<int> ids)
    {
        if (_cache.Owner != this) _cache = (this, new Dictionary<string, int[]>(StringComparer.Ordinal));
        var cache = _cache.Pieces;
        var lookup = cache.GetAlternateLookup<ReadOnlySpan<char>>();
        for (int start = 0, end; start < text.Length; start = end)
        {
            end = Pattern.Next(text, start);
            var piece = text[start..end];
            if (piece.Length <= LongestCached && lookup.TryGetValue(piece, out var known))
            {
                ids.AddRange(known);
                continue;
            }
            var symbols = Merge(piece);
            ids.AddRange(symbols);
            if (piece.Length > LongestCached) continue;
            if (cache.Count >= MostCached) cache.Clear();
            lookup[piece] = symbols;
        }
    }

    public void AppendBytes(string token, List<byte> bytes)
    {
        if (ByteAlphabet.Unspell(token) is { } spelled) bytes.AddRange(spelled);
        else bytes.AddRange(Encoding.UTF8.GetBytes(token));
    }

    private int[] Merge(ReadOnlySpan<char> piece)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(piece.Length)];
        var count = Encoding.UTF8.GetBytes(piece, bytes);
        var symbols = new int[count];
        for (var i = 0; i < count; i++) symbols[i] = _byteIds[bytes[i]];
        return symbols[.._merges.Apply(symbols)];
    }
}
