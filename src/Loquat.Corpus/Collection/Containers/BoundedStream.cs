namespace Loquat.Corpus.Collection.Containers;

/// <summary>
/// What comes out of a compressed stream, as long as it is no bomb: real text shrinks to a fiftieth at the most, a bomb to less than a hundredth.
/// </summary>
/// <param name="inner">Gives the expanded bytes.</param>
/// <param name="packed">Compressed bytes read so far.</param>
/// <param name="name">Of the source, for the message.</param>
/// <param name="limits">How much may come out.</param>
internal sealed class BoundedStream(Stream inner, Func<long> packed, string name, ReadingLimits limits) : ForwardStream
{
    private long _count;

    /// <exception cref="DataException">Too much came out of too little, or the compressed data is damaged.</exception>
    public override int Read(Span<byte> buffer)
    {
        int read;
        try
        {
            read = inner.Read(buffer);
        }
        catch (Exception error) when (error is not (DataException or OperationCanceledException or OutOfMemoryException))
        {
            throw new DataException($"{name}: the compressed data is damaged after {_count:N0} bytes: {error.Message}", error);
        }
        _count += read;
        if (_count > limits.FreeExpansion && _count / limits.LargestExpansion > Math.Max(1, packed()))
            throw new DataException($"{name}: {packed():N0} bytes expand to more than {limits.LargestExpansion} times as many; it is not read further. Raise the limit where this is real text.");
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
