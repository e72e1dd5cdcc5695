using Loquat.Text.Randomness;

namespace Loquat.Text.Datasets;

/// <summary>Windows at places drawn evenly and with replacement, as nanoGPT draws them. Draw i depends on the seed and i alone.</summary>
public sealed class WindowBatches : ITokenBatches
{
    private readonly TokenShard _shard;
    private readonly ulong _seed;
    private readonly long[] _window;
    private long _next;

    /// <exception cref="OptionsException">The length is not positive.</exception>
    /// <exception cref="DataException">The shard holds less than one window.</exception>
    public WindowBatches(TokenShard shard, int contextLength, ulong seed)
    {
        if (contextLength < 1) throw new OptionsException($"context_length is {contextLength}; allowed: 1 or more.");
        (_shard, ContextLength, _seed, _window) = (shard, contextLength, seed, new long[contextLength + 1]);
        if (shard.Count < contextLength + 1)
            throw new DataException($"{shard.Path}: the text has {shard.Count} tokens; a context of {contextLength} needs {contextLength + 1}. Give more text or lower context_length.");
    }

    public int ContextLength { get; }

    public BatchCursor Cursor
    {
        get => new(_next);
        set => _next = value.Sequence;
    }

    public void Next(Span<long> inputs, Span<long> labels)
    {
        for (var at = 0; at < inputs.Length; at += ContextLength)
        {
            var draw = SplitMix64.Mix(_seed ^ SplitMix64.Mix((ulong)_next++));
            var start = (long)Math.BigMul(draw, (ulong)(_shard.Count - ContextLength), out _);
            _shard.Read(start, _window);
            _window.AsSpan(0, ContextLength).CopyTo(inputs[at..]);
            _window.AsSpan(1).CopyTo(labels[at..]);
        }
    }
}
