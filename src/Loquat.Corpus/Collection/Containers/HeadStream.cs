namespace Loquat.Corpus.Collection.Containers;

/// <summary>A stream whose beginning can be looked at before it is read.</summary>
internal sealed class HeadStream : ForwardStream
{
    /// <summary>Bytes that can be looked at.</summary>
    public const int Looked = 1 << 16;

    private readonly Stream _inner;
    private readonly byte[] _head;
    private readonly int _length;
    private int _position;

    public HeadStream(Stream inner)
    {
        _inner = inner;
        _head = new byte[Looked];
        _length = inner.ReadAtLeast(_head, Looked, throwOnEndOfStream: false);
    }

    /// <summary>How it begins.</summary>
    public ReadOnlyMemory<byte> Head => _head.AsMemory(0, _length);

    /// <summary>Whether the head is all there is.</summary>
    public bool IsWhole => _length < Looked;

    public override int Read(Span<byte> buffer)
    {
        if (_position == _length) return IsWhole ? 0 : _inner.Read(buffer);
        var count = Math.Min(buffer.Length, _length - _position);
        _head.AsSpan(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _inner.Dispose();
        base.Dispose(disposing);
    }
}
