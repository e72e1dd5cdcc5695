using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Loquat.Text.Collection;

/// <summary>UTF-8 text on its way to a reader: what is not UTF-8 is told by line and byte offset, where a reader of .NET would put U+FFFD in its place.</summary>
public sealed class CheckedUtf8Stream(Stream inner, string name) : Stream
{
    private const int LongestRest = 3;

    private readonly byte[] _rest = new byte[LongestRest];
    private int _restLength;
    private long _offset;
    private long _line = 1;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="DataException">The bytes are not UTF-8.</exception>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <exception cref="DataException">The bytes are not UTF-8.</exception>
    public override int Read(Span<byte> buffer)
    {
        var count = inner.Read(buffer);
        var bytes = buffer[..count];
        if (count == 0 && buffer.Length > 0)
        {
            if (_restLength > 0) throw Invalid(_rest.AsSpan(0, _restLength));
            return 0;
        }
        // A character may be spread over reads.
        for (; _restLength > 0 && bytes.Length > 0; bytes = bytes[1..])
        {
            Span<byte> begun = [.. _rest.AsSpan(0, _restLength), bytes[0]];
            switch (Rune.DecodeFromUtf8(begun, out _, out _))
            {
                case OperationStatus.Done:
                    _offset += begun.Length;
                    _restLength = 0;
                    break;
                case OperationStatus.NeedMoreData:
                    _rest[_restLength++] = bytes[0];
                    break;
                default: throw Invalid(begun);
            }
        }
        var whole = bytes.Length - Unfinished(bytes);
        if (!Utf8.IsValid(bytes[..whole])) throw Invalid(bytes[..whole]);
        Count(bytes[..whole]);
        bytes[whole..].CopyTo(_rest.AsSpan(_restLength));
        _restLength += bytes.Length - whole;
        return count;
    }

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Bytes at the end that begin a character.</summary>
    private static int Unfinished(ReadOnlySpan<byte> bytes)
    {
        for (var length = 1; length <= Math.Min(LongestRest, bytes.Length); length++)
            if (bytes[^length] >= 0xC0) return Rune.DecodeFromUtf8(bytes[^length..], out _, out _) == OperationStatus.NeedMoreData ? length : 0;
        return 0;
    }

    private void Count(ReadOnlySpan<byte> bytes)
    {
        _offset += bytes.Length;
        _line += bytes.Count((byte)'\n');
    }

    private DataException Invalid(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (at < bytes.Length && Rune.DecodeFromUtf8(bytes[at..], out _, out var length) == OperationStatus.Done) at += length;
        Count(bytes[..at]);
        var shown = bytes[at..Math.Min(bytes.Length, at + 4)];
        return new($"{name}, line {_line}: byte {Convert.ToHexString(shown[..1])} at offset {_offset} is not UTF-8{(shown.Length > 1 ? $" (it stands before {Convert.ToHexString(shown[1..])})" : "")}. Convert the text to UTF-8 first, for example with iconv.");
    }
}
