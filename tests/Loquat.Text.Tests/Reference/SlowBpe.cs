namespace Loquat.Text.Tests.Reference;

/// <summary>Byte-pair encoding as its definition says: look at all neighbours, join the first-learned pair at its leftmost place, begin again.</summary>
internal static class SlowBpe
{
    public static List<int> Merge(IEnumerable<int> symbols, IReadOnlyList<(int Left, int Right, int Token)> merges)
    {
        var word = symbols.ToList();
        while (true)
        {
            var (best, at) = (int.MaxValue, -1);
            for (var i = 0; i + 1 < word.Count; i++)
                for (var rank = 0; rank < merges.Count && rank < best; rank++)
                    if (merges[rank].Left == word[i] && merges[rank].Right == word[i + 1]) (best, at) = (rank, i);
            if (at < 0) return word;
            word[at] = merges[best].Token;
            word.RemoveAt(at + 1);
        }
    }
}
