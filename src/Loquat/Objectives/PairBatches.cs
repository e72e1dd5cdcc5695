using Loquat.Text.Datasets;
using Loquat.Text.Randomness;

namespace Loquat.Objectives;

/// <summary>
/// Pairs of about one length together, so that little is filled up. Each epoch visits every pair once: in a random order, then sorted by length, cut into batches, and these in a random order; the
/// rest that fills no batch comes last.
/// </summary>
internal sealed class PairBatches(PairShard pairs, int rows, ulong seed, Func<IReadOnlyList<(long[] Source, long[] Target)>, TokenBatch> make) : ITrainingBatches
{
    private readonly double _tokens = Enumerable.Range(0, pairs.Count).Average(i => pairs.Lengths(i).Source + pairs.Lengths(i).Target);
    private (long Epoch, int[] Order)? _current;

    public BatchCursor Cursor { get; set; } = new(0);

    /// <summary>By the average over an epoch.</summary>
    public long TokensSeen => (long)Math.Round(Cursor.Sequence * _tokens);

    public TokenBatch Next(int count)
    {
        var (epoch, place) = (Cursor.Sequence / pairs.Count, (int)(Cursor.Sequence % pairs.Count));
        if (_current?.Epoch != epoch) _current = (epoch, Order(epoch));
        // A batch keeps to the cuts, wherever a run with another batch size stopped.
        var end = Math.Min(pairs.Count, Math.Min(place + count, (place / rows + 1) * rows));
        var chosen = _current.Value.Order[place..end];
        Cursor = new(Cursor.Sequence + chosen.Length);
        return make([.. chosen.Select(pair => pairs[pair])]);
    }

    private int[] Order(long epoch)
    {
        var random = SplitMix64.Mix(seed + (ulong)epoch * 0x9E3779B97F4A7C15UL);
        var drawn = new Permutation(pairs.Count, random);
        var sorted = pairs.Sorted(Enumerable.Range(0, pairs.Count).Select(i => (int)drawn[i]));
        var batches = pairs.Count / rows;
        if (batches == 0) return sorted;
        var turns = new Permutation(batches, SplitMix64.Mix(random));
        return [.. Enumerable.Range(0, batches).SelectMany(i => sorted.AsSpan((int)turns[i] * rows, rows).ToArray()), .. sorted[(batches * rows)..]];
    }
}
