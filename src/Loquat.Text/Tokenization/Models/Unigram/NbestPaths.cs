using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.Models.Unigram;

/// <summary>
/// The most probable ways to cut a text. A way is the best one but for detours: pieces that are not on the best way to the place where they end. Each place knows,
/// as a heap that shares most of itself with that of the place before, all detours on the best way to it, so that another way costs a step and not a walk through the text.
/// </summary>
/// <remarks>
/// Eppstein 1998, "Finding the k Shortest Paths". Exact, other than the reference's search, which forgets candidates once it has many.
/// Time is linear in the text, with a logarithm a detour, plus size · log size; a way is written out only when asked for.
/// </remarks>
internal sealed class NbestPaths
{
    private readonly int[] _from; // where the last piece of the best way to a place begins
    private readonly int[] _ids; // and which it is
    private readonly int[] _heaps; // the detours on the best way to a place
    private readonly List<Detour> _detours = [default]; // 0: none
    private readonly List<Path> _paths = [];
    private readonly double _best;

    // A node of a leftist heap.
    private readonly record struct Detour(double Loss, int Start, int End, int Id, int Left, int Right, int Rank);

    // The detours of the path `Before` and one more, nearer to the beginning. Loss is that of all together.
    private readonly record struct Path(double Loss, int Detour, int Before);

    public NbestPaths(UnigramLattice lattice, ReadOnlySpan<byte> text, int size)
    {
        (_from, _ids, _heaps) = (new int[text.Length + 1], new int[text.Length + 1], new int[text.Length + 1]);
        var scores = Viterbi(lattice, text);
        _best = scores[^1];
        _paths.Add(new(0, 0, -1));
        if (size < 2 || text.IsEmpty) return;
        FindDetours(lattice, text, scores, LargestLoss(lattice, text, scores, size - 1));
        Search(size, text.Length);
    }

    /// <summary>How many there are: as many as asked for, or all.</summary>
    public int Count => _paths.Count;

    /// <summary>A path's log probability; they fall.</summary>
    public double Score(int path) => _best - _paths[path].Loss;

    /// <summary>The pieces of a path.</summary>
    public List<Segment> this[int path]
    {
        get
        {
            var detours = new Stack<Detour>(); // on top the one nearest to the end
            for (var p = path; p > 0; p = _paths[p].Before) detours.Push(_detours[_paths[p].Detour]);
            var segments = new List<Segment>();
            for (var end = _from.Length - 1; end > 0;)
            {
                var (start, id) = (_from[end], _ids[end]);
                if (detours.TryPeek(out var detour) && detour.End == end) (start, id) = (detours.Pop().Start, detour.Id);
                segments.Add(new(end - start, id));
                end = start;
            }
            segments.Reverse();
            return segments;
        }
    }

    /// <summary>One of them, with a probability proportional to exp(alpha · score).</summary>
    public List<Segment> Draw(double alpha, Random random)
    {
        var weights = _paths.ConvertAll(p => Math.Exp(-alpha * p.Loss));
        var (rest, drawn) = (random.NextDouble() * weights.Sum(), -1);
        while (++drawn < weights.Count - 1 && (rest -= weights[drawn]) >= 0) { }
        return this[drawn];
    }

    private double[] Viterbi(UnigramLattice lattice, ReadOnlySpan<byte> text)
    {
        var scores = new double[text.Length + 1];
        Array.Fill(_from, -1);
        for (var start = 0; start < text.Length; start += CodePoints.Utf8Length(text[start..]))
            foreach (var piece in lattice.From(text, start))
            {
                var score = scores[start] + piece.Score;
                if (_from[piece.End] < 0 || score > scores[piece.End]) (scores[piece.End], _from[piece.End], _ids[piece.End]) = (score, start, piece.Id);
            }
        return scores;
    }

    // What the best path loses by the worst of so many single detours: none that loses more is in a path that is asked for.
    private double LargestLoss(UnigramLattice lattice, ReadOnlySpan<byte> text, double[] scores, int count)
    {
        var onBest = new bool[text.Length + 1];
        for (var end = text.Length; end > 0; end = _from[end]) onBest[end] = true;
        var least = new PriorityQueue<double, double>(); // the largest first
        for (var start = 0; start < text.Length; start += CodePoints.Utf8Length(text[start..]))
            foreach (var piece in lattice.From(text, start))
            {
                if (!onBest[piece.End] || _from[piece.End] == start) continue;
                var loss = scores[piece.End] - scores[start] - piece.Score;
                if (least.Count < count) least.Enqueue(loss, -loss);
                else least.EnqueueDequeue(loss, -loss);
            }
        return least.Count < count ? double.PositiveInfinity : least.Peek();
    }

    private void FindDetours(UnigramLattice lattice, ReadOnlySpan<byte> text, double[] scores, double largest)
    {
        for (var start = 0; start < text.Length; start += CodePoints.Utf8Length(text[start..]))
        {
            Complete(start);
            foreach (var piece in lattice.From(text, start))
            {
                var loss = scores[piece.End] - (scores[start] + piece.Score);
                if (_from[piece.End] == start || !(loss <= largest)) continue;
                _detours.Add(new(loss, start, piece.End, piece.Id, 0, 0, 1));
                _heaps[piece.End] = Meld(_heaps[piece.End], _detours.Count - 1);
            }
        }
        Complete(text.Length);

        // The detours that end at a place, and those of the way before it.
        void Complete(int place)
        {
            if (place > 0) _heaps[place] = Meld(_heaps[place], _heaps[_from[place]]);
        }
    }

    // Both heaps stay as they are: only the right spines are copied, whose length is logarithmic.
    private int Meld(int first, int second)
    {
        if (first == 0 || second == 0) return first + second;
        if (_detours[second].Loss < _detours[first].Loss) (first, second) = (second, first);
        var (left, right) = (_detours[first].Left, Meld(_detours[first].Right, second));
        if (_detours[left].Rank < _detours[right].Rank) (left, right) = (right, left);
        _detours.Add(_detours[first] with { Left = left, Right = right, Rank = _detours[right].Rank + 1 });
        return _detours.Count - 1;
    }

    private void Search(int size, int length)
    {
        var queue = new PriorityQueue<Path, double>();
        Offer(_heaps[length], 0);
        while (_paths.Count < size && queue.TryDequeue(out var path, out _))
        {
            _paths.Add(path);
            var last = _detours[path.Detour];
            Offer(last.Left, path.Before); // another in place of the last detour
            Offer(last.Right, path.Before);
            Offer(_heaps[last.Start], _paths.Count - 1); // one more
        }

        void Offer(int detour, int before)
        {
            if (detour == 0) return;
            var loss = _paths[before].Loss + _detours[detour].Loss;
            queue.Enqueue(new(loss, detour, before), loss);
        }
    }
}
