namespace Loquat.Text.Tokenization.Models.Unigram;

/// <summary>
/// The pieces that Unigram training begins with: every character, and the substrings that branch (which two different characters follow, or the end of a
/// word), by occurrences in distinct words times length. They are the inner nodes of the suffix tree, found from the order of suffixes.
/// </summary>
internal sealed class SeedPieces
{
    private readonly WordText _words;
    private readonly int _longest;
    private readonly int[] _places;

    public SeedPieces(WordText words, int longest, int threads)
    {
        (_words, _longest) = (words, longest);
        _places = SuffixOrder.Sort(words.Text, words.Alphabet.Length, longest + 1, threads);
    }

    /// <summary>The best pieces, and the lattice of the words over them. Piece 0 stands for unknown characters.</summary>
    public PieceLattice Choose(int most)
    {
        var characters = Enumerable.Range(1, _words.Alphabet.Length - 1).OrderByDescending(r => _words.CharacterCounts[r]).ThenByDescending(r => r).ToArray();
        var branches = Branches();
        branches.Sort();
        var chosen = branches.Take(Math.Max(0, most - characters.Length)).ToArray();
        var pieces = new List<Piece> { default };
        var ids = new int[_words.Alphabet.Length];
        foreach (var rank in characters)
        {
            ids[rank] = pieces.Count;
            pieces.Add(new Piece { Length = 1, Score = _words.CharacterCounts[rank] });
        }
        foreach (var branch in chosen) pieces.Add(new Piece { Place = _places[branch.Start], Length = branch.Length, Score = branch.Score });
        var logSum = Math.Log(pieces.Sum(p => p.Score));
        var scored = pieces.ToArray();
        foreach (ref var piece in scored.AsSpan(1)) piece.Score = Math.Log(piece.Score) - logSum;
        return new(_words, scored, Nodes(scored, ids, chosen, characters.Length + 1, out var first), first);
    }

    private List<Branch> Branches()
    {
        var branches = new List<Branch>();
        var open = new Stack<(int Start, int Length)>();
        for (var at = 1; at <= _places.Length; at++)
        {
            var common = at < _places.Length ? Common(_places[at - 1], _places[at]) : 0;
            var start = at - 1;
            while (open.TryPeek(out var top) && top.Length > common)
            {
                open.Pop();
                start = top.Start;
                if (top.Length is >= 2 && top.Length <= _longest) branches.Add(new(top.Start, at, top.Length));
            }
            if (common > 0 && (!open.TryPeek(out var left) || left.Length < common)) open.Push((start, common));
        }
        return branches;
    }

    /// <summary>Equal characters; more than the longest piece where both words end there, since nothing branches.</summary>
    private int Common(int a, int b)
    {
        for (var length = 0; length <= _longest; length++)
        {
            var (left, right) = (_words.Text[a + length], _words.Text[b + length]);
            if (left != right) return length;
            if (left == 0) break;
        }
        return _longest + 1;
    }

    /// <summary>For each place the pieces that begin there, shortest first.</summary>
    private uint[] Nodes(Piece[] pieces, int[] characterIds, Branch[] branches, int firstBranch, out int[] first)
    {
        var text = _words.Text;
        first = new int[text.Length + 1];
        // The ends of words have no pieces; U+0000 inside a word has the unknown one.
        foreach (var w in Enumerable.Range(0, _words.Words))
            for (var at = _words.Starts[w]; at < _words.Starts[w + 1] - 1; at++) first[at + 1] = 1;
        foreach (var branch in branches)
            foreach (var place in _places.AsSpan(branch.Start, branch.End - branch.Start)) first[place + 1]++;
        for (var at = 0; at < text.Length; at++) first[at + 1] += first[at];
        var nodes = new uint[first[^1]];
        var next = first.AsSpan(0, text.Length).ToArray();
        for (var w = 0; w < _words.Words; w++)
            for (var at = _words.Starts[w]; at < _words.Starts[w + 1] - 1; at++)
            {
                ref var piece = ref pieces[characterIds[text[at]]];
                piece.Place = at;
                nodes[next[at]++] = PieceLattice.Node(characterIds[text[at]], 1);
            }
        foreach (var index in Enumerable.Range(0, branches.Length).OrderBy(i => branches[i].Length))
        {
            var node = PieceLattice.Node(firstBranch + index, branches[index].Length);
            foreach (var place in _places.AsSpan(branches[index].Start, branches[index].End - branches[index].Start)) nodes[next[place]++] = node;
        }
        return nodes;
    }

    /// <summary>A range of the suffixes and the characters they share. The best first: then the last in the order of texts.</summary>
    private readonly record struct Branch(int Start, int End, int Length) : IComparable<Branch>
    {
        public long Score => (long)(End - Start) * Length;

        public int CompareTo(Branch other)
        {
            if (Score != other.Score) return other.Score.CompareTo(Score);
            return Start != other.Start ? other.Start.CompareTo(Start) : other.Length.CompareTo(Length);
        }
    }
}

/// <summary>A candidate for the vocabulary.</summary>
internal struct Piece
{
    /// <summary>One place where it stands.</summary>
    public int Place;

    /// <summary>Its characters.</summary>
    public int Length;

    /// <summary>Its log probability.</summary>
    public double Score;
}
