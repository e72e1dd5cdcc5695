using Loquat.Objectives;
using Loquat.Text.Datasets;
using Loquat.Text.Randomness;

namespace Loquat.FineTuning.Examples;

/// <summary>
/// Rows of like length together, each row once an epoch: the epoch is shuffled, cut into windows of many batches, each window sorted by length and cut into batches, and the batches
/// shuffled. Little is filled up, and the order stays one of chance. It depends on the seed, the epoch and the batch size alone.
/// </summary>
public sealed class ExampleBatches : ITrainingBatches
{
    private const int WindowBatches = 50;

    private readonly IReadOnlyList<TaskRow> _rows;
    private readonly int _batchSize;
    private readonly ulong _seed;
    private readonly Func<IReadOnlyList<TaskRow>, TokenBatch> _make;
    private readonly Func<TaskRow, long, TaskRow>? _change;
    private readonly long _tokens;
    private (long Epoch, int[] Order, long[] TokensBefore)? _current;
    private long _next;

    /// <param name="batchSize">Rows of a micro-batch, by which an epoch is ordered.</param>
    /// <param name="make">Makes the batch of some rows.</param>
    /// <param name="change">Changes a row each time that it is read; told the number of the reading since the start of the run. Null: rows stay as they are.</param>
    /// <exception cref="DataException">There are no rows.</exception>
    public ExampleBatches(IReadOnlyList<TaskRow> rows, int batchSize, ulong seed, Func<IReadOnlyList<TaskRow>, TokenBatch> make, Func<TaskRow, long, TaskRow>? change = null)
    {
        if (rows.Count == 0) throw new DataException("there are no examples to learn from.");
        (_rows, _batchSize, _seed, _make, _change, _tokens) = (rows, batchSize, seed, make, change, rows.Sum(row => (long)row.Length));
    }

    public BatchCursor Cursor
    {
        get => new(_next);
        set => _next = value.Sequence;
    }

    public long TokensSeen => _next / _rows.Count * _tokens + (_next % _rows.Count is > 0 and var place ? Enter(_next / _rows.Count).TokensBefore[place] : 0);

    public TokenBatch Next(int rows)
    {
        var (order, place) = (Enter(_next / _rows.Count).Order, (int)(_next % _rows.Count));
        var (count, first) = (Math.Min(rows, _rows.Count - place), _next);
        _next += count;
        return _make([.. order.AsSpan(place, count).ToArray().Select((index, i) => _change?.Invoke(_rows[index], first + i) ?? _rows[index])]);
    }

    private (int[] Order, long[] TokensBefore) Enter(long epoch)
    {
        if (_current is not { } current || current.Epoch != epoch)
        {
            var order = Order(epoch);
            var before = new long[order.Length];
            for (var i = 1; i < order.Length; i++) before[i] = before[i - 1] + _rows[order[i - 1]].Length;
            _current = current = (epoch, order, before);
        }
        return (current.Order, current.TokensBefore);
    }

    private int[] Order(long epoch)
    {
        var seed = SplitMix64.Mix(_seed + (ulong)epoch * 0x9E3779B97F4A7C15UL);
        var shuffled = new Permutation(_rows.Count, seed);
        var order = Enumerable.Range(0, _rows.Count).Select(place => (int)shuffled[place]).ToArray();
        for (var first = 0; first < order.Length; first += WindowBatches * _batchSize)
        {
            var window = order.AsSpan(first, Math.Min(WindowBatches * _batchSize, order.Length - first));
            var places = window.ToArray().Index().ToDictionary(entry => entry.Item, entry => entry.Index);
            window.Sort((a, b) => _rows[a].Length != _rows[b].Length ? _rows[b].Length.CompareTo(_rows[a].Length) : places[a].CompareTo(places[b]));
        }
        var whole = order.Length / _batchSize;
        if (whole < 2) return order;
        // A batch that is not full stays the last.
        var batches = new Permutation(whole, SplitMix64.Mix(seed + 1));
        return [.. Enumerable.Range(0, whole).SelectMany(place => order.AsSpan((int)batches[place] * _batchSize, _batchSize).ToArray()), .. order.AsSpan(whole * _batchSize)];
    }
}
