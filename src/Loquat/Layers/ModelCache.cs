namespace Loquat.Layers;

/// <summary>What a causal model keeps of the tokens seen so far: keys and values, or a state. Belongs to one generation, not to the model.</summary>
/// <param name="layers">Layers of the model.</param>
/// <param name="batch">Sequences.</param>
/// <param name="capacity">Tokens that fit.</param>
public abstract class ModelCache(int layers, long batch, long capacity) : IDisposable
{
    public int Layers { get; } = layers;

    /// <summary>Sequences.</summary>
    public long Batch { get; protected set; } = batch;

    /// <summary>Tokens that fit.</summary>
    public long Capacity { get; protected set; } = capacity;

    /// <summary>Tokens seen so far.</summary>
    public long Length { get; private set; }

    /// <summary>What stands before every text, learned and no part of it: those of a prefix. They are not counted in <see cref="Length"/> and <see cref="Capacity"/>, and stay when it is truncated.</summary>
    public long Virtual { get; private protected set; }

    /// <summary>Where the next token stands.</summary>
    internal long Past => Virtual + Length;

    /// <summary>Makes room for more tokens; those seen so far stay.</summary>
    public abstract void Grow(long capacity);

    /// <summary>Forgets the tokens from <paramref name="length"/> on.</summary>
    /// <exception cref="OptionsException">A state cannot go back to this length, only to 0.</exception>
    public virtual void Truncate(long length) => Length = Math.Min(Length, length);

    /// <summary>Row i becomes what row <paramref name="rows"/>[i] was: hypotheses of a beam go on from others. There may be more or fewer rows than before.</summary>
    public abstract void Reorder(ReadOnlySpan<long> rows);

    /// <summary>Called by the model once all layers have seen the new tokens.</summary>
    public void Advance(long tokens) => Length += tokens;

    /// <summary>Counts the tokens seen so far as such that stand before every text.</summary>
    private protected void Seal() => (Virtual, Length) = (Virtual + Length, 0);

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
