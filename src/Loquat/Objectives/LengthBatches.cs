using Loquat.Text.Datasets;
using Loquat.Text.Randomness;

namespace Loquat.Objectives;

/// <summary>
/// Items of about one length together, so that little is filled up. Each epoch visits every item once: in a random order, then sorted by length, cut into batches, and these in a random order; the
/// rest that fills no batch comes last.
/// </summary>
/// <param name="lengths">Tokens of each item; of two lengths the first counts before the second.</param>
internal sealed class LengthBatches(IReadOnlyList<(long First, long Second)> lengths, int rows, ulong seed, Func<IReadOnlyList<int>, TokenBatch> make) : ITrainingBatches
{
    private readonly double _tokens = lengths.Average(length => length.First + length.Second);
    private (long Epoch, int[] Order)? _current;

    public BatchCursor Cursor { get; set; } = new(0);

    /// <summary>By the average over an epoch.</summary>
    public long TokensSeen => (long)Math.Round(Cursor.Sequence * _tokens);

    /// <summary>The items from the shortest to the longest, of those given.</summary>
    public static int[] Sorted(IEnumerable<int> items, IReadOnlyList<(long First, long Second)> lengths) => [.. items.OrderBy(item => lengths[item].First).ThenBy(item => lengths[item].Second)];

    public TokenBatch Next(int count)
    {
        var (epoch, place) = (Cursor.Sequence / lengths.Count, (int)(Cursor.Sequence % lengths.Count));
        if (_current?.Epoch != epoch) _current = (epoch, Order(epoch));
        // A batch keeps to the cuts, wherever a run with another batch size stopped.
        var end = Math.Min(lengths.Count, Math.Min(place + count, (place / rows + 1) * rows));
        var chosen = _current.Value.Order[place..end];
        Cursor = new(Cursor.Sequence + chosen.Length);
        return make(chosen);
    }

    private int[] Order(long epoch)
    {
        var random = SplitMix64.Mix(seed + (ulong)epoch * 0x9E3779B97F4A7C15UL);
        var drawn = new Permutation(lengths.Count, random);
        var sorted = Sorted(Enumerable.Range(0, lengths.Count).Select(i => (int)drawn[i]), lengths);
        var batches = lengths.Count / rows;
        if (batches == 0) return sorted;
        var turns = new Permutation(batches, SplitMix64.Mix(random));
        return [.. Enumerable.Range(0, batches).SelectMany(i => sorted.AsSpan((int)turns[i] * rows, rows).ToArray()), .. sorted[(batches * rows)..]];
    }
}
