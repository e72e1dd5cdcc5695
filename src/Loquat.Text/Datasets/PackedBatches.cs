using Loquat.Text.Randomness;

namespace Loquat.Text.Datasets;

/// <summary>
/// Documents joined and cut into sequences of equal length that do not overlap; each epoch visits every sequence once, in an order of its own.
/// Between epochs the cuts move, so that a document's tokens are not always at the same places.
/// </summary>
public sealed class PackedBatches : ITokenBatches
{
    private readonly TokenShard _shard;
    private readonly ulong _seed;
    private readonly long _sequences;
    private readonly long[] _window;
    private (long Epoch, Permutation Order, long Shift)? _current;
    private long _next;

    /// <exception cref="OptionsException">The length is not positive.</exception>
    /// <exception cref="DataException">The shard holds less than one sequence.</exception>
    public PackedBatches(TokenShard shard, int contextLength, ulong seed)
    {
        if (contextLength < 1) throw new OptionsException($"context_length is {contextLength}; allowed: 1 or more.");
        (_shard, ContextLength, _seed, _window) = (shard, contextLength, seed, new long[contextLength + 1]);
        // One sequence less leaves room to move the cuts.
        _sequences = Math.Max(1, (shard.Count - 1) / contextLength - 1);
        if (shard.Count < contextLength + 1)
            throw new DataException($"{shard.Path}: the text has {shard.Count} tokens; a context of {contextLength} needs {contextLength + 1}. Give more text or lower context_length.");
    }

    public int ContextLength { get; }

    /// <summary>Sequences in an epoch.</summary>
    public long SequencesPerEpoch => _sequences;

    public BatchCursor Cursor
    {
        get => new(_next);
        set => _next = value.Sequence;
    }

    public void Next(Span<long> inputs, Span<long> labels)
    {
        for (var at = 0; at < inputs.Length; at += ContextLength)
        {
            var (epoch, place) = (_next / _sequences, _next % _sequences);
            if (_current?.Epoch != epoch) _current = Enter(epoch);
            var (_, order, shift) = _current!.Value;
            _shard.Read(shift + order[place] * ContextLength, _window);
            _window.AsSpan(0, ContextLength).CopyTo(inputs[at..]);
            _window.AsSpan(1).CopyTo(labels[at..]);
            _next++;
        }
    }

    private (long, Permutation, long) Enter(long epoch)
    {
        var seed = SplitMix64.Mix(_seed + (ulong)epoch * 0x9E3779B97F4A7C15UL);
        var room = _shard.Count - 1 - _sequences * ContextLength;
        return (epoch, new Permutation(_sequences, seed), (long)(SplitMix64.Mix(seed) % (ulong)(room + 1)));
    }
}
