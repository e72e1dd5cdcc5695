namespace Loquat.Text.Tokenization.Models.Unigram;

/// <summary>
/// Which pieces the vocabulary loses least by (Kudo 2018): each one's loss is estimated by giving its count in the best segmentations to the pieces of
/// the best segmentation without it. Characters always stay.
/// </summary>
internal static class PiecePruning
{
    /// <returns>Ids to keep: 0, those that have no alternative, then the others by their loss, until there are <paramref name="size"/>.</returns>
    public static List<int> Keep(PieceLattice lattice, int size, int threads, CancellationToken cancellation)
    {
        var scores = lattice.Scores();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        var alternatives = Alternatives(lattice, scores, parallel, out var stays);
        var counts = Counts(lattice, scores, parallel);
        double sum = counts.Sum(), all = lattice.Words.Counts.Sum(c => (double)c), logSum = Math.Log(sum);
        var kept = new List<int> { 0 };
        var candidates = new List<(double Loss, int Id)>();
        for (var id = 1; id < counts.Length; id++)
        {
            if (counts[id] == 0 && !stays[id]) continue;
            if (alternatives[id].Length == 0)
            {
                kept.Add(id);
                continue;
            }
            if (counts[id] == 0) continue;
            // The sum would grow by the count times the pieces of the alternative segmentation. With the number of all pieces in their place the
            // vocabulary is the reference's, with the length of the alternative it is not: found by comparing vocabularies.
            double count = counts[id], logSumWithout = Math.Log(sum + count * (alternatives.Length - 1));
            var without = 0.0;
            foreach (var other in alternatives[id]) without += Math.Log(counts[other] + count) - logSumWithout;
            candidates.Add((count / all * (Math.Log(count) - logSum - without), id));
        }
        candidates.Sort((a, b) => a.Loss != b.Loss ? b.Loss.CompareTo(a.Loss) : a.Id.CompareTo(b.Id));
        kept.AddRange(candidates.Take(Math.Max(0, size - kept.Count)).Select(c => c.Id));
        return kept;
    }

    /// <summary>For each piece that is its own best segmentation the next best one; for the others, and for characters, none.</summary>
    private static int[][] Alternatives(PieceLattice lattice, double[] scores, ParallelOptions parallel, out bool[] stays)
    {
        var found = new int[lattice.Pieces.Length][];
        var best = new bool[found.Length];
        Parallel.For(0, (found.Length + ExpectedCounts.Chunk - 1) / ExpectedCounts.Chunk, parallel, chunk =>
        {
            Span<double> room = stackalloc double[PieceLattice.LengthLimit + 1];
            Span<uint> back = stackalloc uint[PieceLattice.LengthLimit + 1];
            for (var id = chunk * ExpectedCounts.Chunk; id < Math.Min(found.Length, (chunk + 1) * ExpectedCounts.Chunk); id++)
            {
                found[id] = [];
                var piece = lattice.Pieces[id];
                best[id] = piece.Length == 1;
                if (piece.Length < 2 || lattice.Viterbi(piece.Place, piece.Place + piece.Length, scores, room, back, without: id) > scores[id]) continue;
                best[id] = true;
                var path = new List<int>();
                for (var at = piece.Length; at > 0; at -= PieceLattice.LengthOf(back[at])) path.Add(PieceLattice.PieceOf(back[at]));
                found[id] = [.. path];
            }
        });
        stays = best;
        return found;
    }

    /// <summary>How often each piece comes in the best segmentations.</summary>
    private static long[] Counts(PieceLattice lattice, double[] scores, ParallelOptions parallel)
    {
        var words = lattice.Words;
        var sums = new long[lattice.Pieces.Length];
        Parallel.For(0, (words.Words + ExpectedCounts.Chunk - 1) / ExpectedCounts.Chunk, parallel,
            () => (Counts: new long[sums.Length], Best: new double[64], Back: new uint[64]),
            (chunk, _, own) =>
            {
                for (var w = chunk * ExpectedCounts.Chunk; w < Math.Min(words.Words, (chunk + 1) * ExpectedCounts.Chunk); w++)
                {
                    var (start, end) = (words.Starts[w], words.Starts[w + 1] - 1);
                    if (own.Best.Length <= end - start) own = (own.Counts, new double[(end - start) * 2], new uint[(end - start) * 2]);
                    lattice.Viterbi(start, end, scores, own.Best, own.Back);
                    for (var at = end - start; at > 0; at -= PieceLattice.LengthOf(own.Back[at])) own.Counts[PieceLattice.PieceOf(own.Back[at])] += words.Counts[w];
                }
                return own;
            },
            own =>
            {
                lock (sums)
                    for (var id = 0; id < sums.Length; id++) sums[id] += own.Counts[id];
            });
        return sums;
    }
}
