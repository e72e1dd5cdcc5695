namespace Loquat.Text.Tokenization.Models.Unigram;

/// <summary>
/// All segmentations of all words into the pieces that are left: for each place the pieces that begin there. It is built once and only ever shrinks, so that
/// a pass over the words reads one array in order and needs no trie.
/// </summary>
internal sealed class PieceLattice(WordText words, Piece[] pieces, uint[] nodes, int[] first)
{
    /// <summary>Pieces are shorter than this.</summary>
    public const int LengthLimit = 1 << LengthBits;

    /// <summary>Pieces are fewer than this.</summary>
    public const int PieceLimit = 1 << (32 - LengthBits);

    private const int LengthBits = 6;
    private const double UnknownPenalty = 10;

    public WordText Words => words;

    /// <summary>Piece 0 stands for unknown characters.</summary>
    public Piece[] Pieces { get; private set; } = pieces;

    /// <summary>Nodes that begin at each place begin here.</summary>
    public int[] First => first;

    public uint[] Nodes => nodes;

    public double LeastScore
    {
        get
        {
            var least = double.PositiveInfinity;
            foreach (ref readonly var piece in Pieces.AsSpan(1)) least = Math.Min(least, piece.Score);
            return least;
        }
    }

    public static uint Node(int piece, int length) => ((uint)piece << LengthBits) | (uint)length;

    public static int PieceOf(uint node) => (int)(node >> LengthBits);

    public static int LengthOf(uint node) => (int)(node & (LengthLimit - 1));

    /// <summary>Log probabilities by piece; the unknown one is less likely than any.</summary>
    public double[] Scores()
    {
        var scores = new double[Pieces.Length];
        for (var id = 1; id < scores.Length; id++) scores[id] = Pieces[id].Score;
        scores[0] = LeastScore - UnknownPenalty;
        return scores;
    }

    /// <summary>Keeps pieces, in the order given; a character whose piece goes becomes unknown there.</summary>
    /// <param name="kept">Ids, of which the first is 0.</param>
    public void Keep(IReadOnlyList<int> kept)
    {
        var ids = new int[Pieces.Length];
        var left = new Piece[kept.Count];
        for (var id = 0; id < left.Length; id++)
        {
            left[id] = Pieces[kept[id]];
            ids[kept[id]] = id;
        }
        Pieces = left;
        var (write, read) = (0, first[0]);
        for (var at = 0; at + 1 < first.Length; at++)
        {
            var end = first[at + 1];
            first[at] = write;
            for (; read < end; read++)
            {
                var (id, length) = (ids[PieceOf(nodes[read])], LengthOf(nodes[read]));
                if (id != 0 || length == 1) nodes[write++] = Node(id, length);
            }
        }
        first[^1] = write;
    }

    /// <summary>The best segmentation between two places.</summary>
    /// <param name="best">Room for the score at each place and one more.</param>
    /// <param name="back">Room for the node that ends at each place and one more.</param>
    /// <param name="without">A piece that may not be used, or -1.</param>
    /// <returns>The log probability.</returns>
    public double Viterbi(int start, int end, double[] scores, Span<double> best, Span<uint> back, int without = -1)
    {
        var length = end - start;
        best[..(length + 1)].Fill(double.NegativeInfinity);
        best[0] = 0;
        for (var at = 0; at < length; at++)
        {
            if (double.IsNegativeInfinity(best[at])) continue;
            for (var n = first[start + at]; n < first[start + at + 1]; n++)
            {
                var node = nodes[n];
                var to = at + LengthOf(node);
                if (to > length || PieceOf(node) == without) continue;
                var score = best[at] + scores[PieceOf(node)];
                if (score <= best[to]) continue;
                best[to] = score;
                back[to] = node;
            }
        }
        return best[length];
    }
}
