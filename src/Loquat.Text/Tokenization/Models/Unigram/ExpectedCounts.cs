namespace Loquat.Text.Tokenization.Models.Unigram;

/// <summary>
/// The E step (Kudo 2018): how often each piece is expected, over all segmentations. Sums are kept in fixed point, whose addition does not depend on
/// its order: any number of threads gives the same bits.
/// </summary>
internal static class ExpectedCounts
{
    /// <summary>Words that a thread takes at a time.</summary>
    public const int Chunk = 2048;

    private static readonly double _tiny = Math.ScaleB(1, -256);
    private static readonly double _huge = Math.ScaleB(1, 256);

    public static double[] Of(PieceLattice lattice, int threads, CancellationToken cancellation)
    {
        var words = lattice.Words;
        var scores = lattice.Scores();
        var chances = Array.ConvertAll(scores, Math.Exp);
        // No piece is expected more often than there are characters.
        var characters = 1.0;
        for (var w = 0; w < words.Words; w++) characters += (double)words.Counts[w] * (words.Starts[w + 1] - words.Starts[w]);
        var scale = Math.ScaleB(1, Math.Min(40, 61 - Math.ILogB(characters)));
        var sums = new long[chances.Length];
        Parallel.For(0, (words.Words + Chunk - 1) / Chunk, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation },
            () => new Pass(lattice, chances, scale),
            (chunk, _, pass) =>
            {
                for (var w = chunk * Chunk; w < Math.Min(words.Words, (chunk + 1) * Chunk); w++) pass.Word(w);
                return pass;
            },
            pass =>
            {
                lock (sums)
                    for (var id = 0; id < sums.Length; id++) sums[id] += pass.Sums[id];
            });
        return Array.ConvertAll(sums, s => s / scale);
    }

    /// <summary>Forward and backward sums of one thread, scaled up where they would underflow.</summary>
    private sealed class Pass(PieceLattice lattice, double[] chances, double scale)
    {
        private double[] _forward = new double[64];
        private double[] _backward = new double[64];
        private int[] _forwardScale = new int[64];

        public long[] Sums { get; } = new long[chances.Length];

        public void Word(int word)
        {
            var start = lattice.Words.Starts[word];
            var length = lattice.Words.Starts[word + 1] - 1 - start;
            if (length <= 0) return;
            Room(length + 1);
            var total = Forward(start, length);
            Backward(start, length, lattice.Words.Counts[word] / total * scale);
        }

        private double Forward(int start, int length)
        {
            var (nodes, first) = (lattice.Nodes, lattice.First);
            _forward.AsSpan(0, length + 1).Clear();
            _forward[0] = 1;
            var scaled = 0;
            for (var at = 0; at < length; at++)
            {
                if (_forward[at] < _tiny)
                {
                    foreach (ref var value in _forward.AsSpan(at, Math.Min(PieceLattice.LengthLimit, length + 1 - at))) value *= _huge;
                    scaled++;
                }
                _forwardScale[at] = scaled;
                var here = _forward[at];
                for (var n = first[start + at]; n < first[start + at + 1]; n++)
                    _forward[at + PieceLattice.LengthOf(nodes[n])] += here * chances[PieceLattice.PieceOf(nodes[n])];
            }
            _forwardScale[length] = scaled;
            return _forward[length];
        }

        private void Backward(int start, int length, double factor)
        {
            var (nodes, first) = (lattice.Nodes, lattice.First);
            _backward[length] = 1;
            var (scaled, all) = (0, _forwardScale[length]);
            for (var at = length - 1; at >= 0; at--)
            {
                var sum = 0.0;
                // Scales of a forward and a backward sum add up to the whole word's, but for one or two where they were scaled at different places.
                var weight = _forward[at] * factor * Power(all - _forwardScale[at] - scaled);
                for (var n = first[start + at]; n < first[start + at + 1]; n++)
                {
                    var behind = at + PieceLattice.LengthOf(nodes[n]);
                    var part = _backward[behind] * chances[PieceLattice.PieceOf(nodes[n])];
                    sum += part;
                    Sums[PieceLattice.PieceOf(nodes[n])] += (long)(weight * part);
                }
                _backward[at] = sum;
                if (sum >= _tiny) continue;
                scaled++;
                foreach (ref var value in _backward.AsSpan(at, Math.Min(PieceLattice.LengthLimit, length + 1 - at))) value *= _huge;
            }
        }

        private static double Power(int scales) => scales == 0 ? 1 : Math.Pow(_huge, scales);

        private void Room(int length)
        {
            if (_forward.Length >= length) return;
            (_forward, _backward) = (new double[length * 2], new double[length * 2]);
            _forwardScale = new int[length * 2];
        }
    }
}
