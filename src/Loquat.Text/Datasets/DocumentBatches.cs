using Loquat.Text.Randomness;

namespace Loquat.Text.Datasets;

/// <summary>
/// Sequences that begin where a document begins, so that what is said later in it can be known: the next begins with the first document that does not
/// fit whole, whose beginning fills the end of this one. A document longer than a sequence goes on in sequences of its own. Each epoch visits every sequence once, in an
/// order of its own.
/// </summary>
public sealed class DocumentBatches : ITokenBatches
{
    private readonly TokenShard _shard;
    private readonly ulong _seed;
    private readonly long[] _window;
    private readonly List<long> _starts = [];
    private (long Epoch, Permutation Order)? _current;
    private long _next;

    /// <exception cref="OptionsException">The length is not positive.</exception>
    /// <exception cref="DataException">The shard holds less than one sequence.</exception>
    public DocumentBatches(TokenShard shard, int contextLength, ulong seed)
    {
        if (contextLength < 1) throw new OptionsException($"context_length is {contextLength}; allowed: 1 or more.");
        (_shard, ContextLength, _seed, _window) = (shard, contextLength, seed, new long[contextLength + 1]);
        if (shard.Count < contextLength + 1)
            throw new DataException($"{shard.Path}: the text has {shard.Count} tokens; a context of {contextLength} needs {contextLength + 1}. Give more text or lower context_length.");
        long row = 0, start = 0;
        foreach (var end in shard.DocumentEnds)
        {
            if (end - row > contextLength && start > row)
            {
                _starts.Add(row);
                row = start;
            }
            for (; end - row > contextLength; row += contextLength) _starts.Add(row);
            start = end;
        }
        if (start > row) _starts.Add(row);
        // The token before a document predicts its first; the last sequences reach as far as the text does.
        for (var i = 0; i < _starts.Count; i++) _starts[i] = Math.Clamp(_starts[i] - 1, 0, shard.Count - contextLength - 1);
    }

    public int ContextLength { get; }

    /// <summary>Sequences in an epoch.</summary>
    public long SequencesPerEpoch => _starts.Count;

    public BatchCursor Cursor
    {
        get => new(_next);
        set => _next = value.Sequence;
    }

    public void Next(Span<long> inputs, Span<long> labels)
    {
        for (var at = 0; at < inputs.Length; at += ContextLength)
        {
            var (epoch, place) = (_next / _starts.Count, _next % _starts.Count);
            if (_current?.Epoch != epoch) _current = (epoch, new Permutation(_starts.Count, SplitMix64.Mix(_seed + (ulong)epoch * 0x9E3779B97F4A7C15UL)));
            _shard.Read(_starts[(int)_current!.Value.Order[place]], _window);
            _window.AsSpan(0, ContextLength).CopyTo(inputs[at..]);
            _window.AsSpan(1).CopyTo(labels[at..]);
            _next++;
        }
    }
}
