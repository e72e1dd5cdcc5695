using Loquat.Corpus.Collection.Containers;

namespace Loquat.Corpus.Collection.Reading;

/// <summary>Bytes in memory, then a stream.</summary>
internal sealed class JoinedStream(ReadOnlyMemory<byte> begin, Stream rest) : ForwardStream
{
    private ReadOnlyMemory<byte> _begin = begin;

    public override int Read(Span<byte> buffer)
    {
        if (_begin.IsEmpty) return rest.Read(buffer);
        var count = Math.Min(buffer.Length, _begin.Length);
        _begin.Span[..count].CopyTo(buffer);
        _begin = _begin[count..];
        return count;
    }
}
