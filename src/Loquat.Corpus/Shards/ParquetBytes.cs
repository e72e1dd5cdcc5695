using System.Buffers.Binary;

namespace Loquat.Corpus.Shards;

/// <summary>
/// The bytes of a Parquet file as Parquet.Net may have them: what they say of themselves was looked through (<see cref="ParquetStructures"/>), they end with an error, and nobody reads them again and again.
/// </summary>
internal sealed class ParquetBytes : Stream
{
    private const int Mark = 4, Tail = 8, FirstWindow = 1 << 12;
    private const int Readings = 16; // of the whole file, which a reader that has lost its way exceeds

    private readonly Stream _stream;
    private long _left;

    /// <summary>Looks through the footer. What is no Parquet file is left to the reader to tell.</summary>
    /// <exception cref="InvalidDataException">The footer is damaged.</exception>
    public ParquetBytes(Stream stream)
    {
        (_stream, _left) = (stream, Readings * (stream.Length + (1 << 20)));
        if (_stream.Length < Mark + Tail) return;
        Span<byte> tail = stackalloc byte[Tail];
        _stream.Position = _stream.Length - Tail;
        _stream.ReadExactly(tail);
        if (!tail[Mark..].SequenceEqual("PAR1"u8)) return;
        var length = BinaryPrimitives.ReadInt32LittleEndian(tail);
        if (length < 0 || length > _stream.Length - Mark - Tail) throw new InvalidDataException($"its footer would have {length:N0} bytes, of a file of {_stream.Length:N0}");
        var footer = Bytes(_stream.Length - Tail - length, length);
        try
        {
            ParquetStructures.Check(footer, ParquetStructures.File);
        }
        catch (EndOfStreamException error)
        {
            throw new InvalidDataException($"its footer is damaged: {error.Message}", error);
        }
        _stream.Position = 0;
    }

    /// <summary>Looks through the pages of a column, from one to the one with the last value.</summary>
    /// <param name="values">That the column states.</param>
    /// <param name="most">Bytes, and values, that one of them may state.</param>
    /// <exception cref="InvalidDataException">A page is damaged, or larger.</exception>
    public void CheckPages(long first, long values, long most)
    {
        var at = first;
        for (var seen = 0L; seen < values;)
        {
            var numbers = new Dictionary<string, long>();
            var header = Header(at, numbers);
            var (type, unpacked, packed) = (Number("PageHeader.1"), Number("PageHeader.2"), Number("PageHeader.3"));
            at += header + packed;
            if (unpacked < 0 || packed < 0 || unpacked > most || at > _stream.Length) throw new InvalidDataException($"a page of it states {packed:N0} bytes, {unpacked:N0} unpacked");
            var count = Number(type switch { 0 => "DataPageHeader.1", 2 => "DictionaryPageHeader.1", 3 => "DataPageHeaderV2.1", _ => "" });
            if (count < 0 || count > most) throw new InvalidDataException($"a page of it states {count:N0} values");
            if (type is 0 or 3) seen += count;
            if (seen > values) throw new InvalidDataException($"its pages state {seen:N0} values, the column {values:N0}");

            long Number(string field) => numbers.GetValueOrDefault(field);
        }
    }

    private int Header(long at, Dictionary<string, long> numbers)
    {
        if (at < 0 || at >= _stream.Length) throw new InvalidDataException("a page of it would lie outside of the file");
        for (var window = (long)FirstWindow; ; window *= 16)
        {
            window = Math.Min(window, _stream.Length - at);
            try
            {
                return ParquetStructures.Check(Bytes(at, (int)Math.Min(window, Array.MaxLength)), ParquetStructures.Page, numbers);
            }
            catch (EndOfStreamException error) when (at + window >= _stream.Length)
            {
                throw new InvalidDataException($"the head of a page is damaged: {error.Message}", error);
            }
            catch (EndOfStreamException)
            {
                numbers.Clear(); // statistics may be long
            }
        }
    }

    private byte[] Bytes(long from, int count)
    {
        var bytes = new byte[count];
        _stream.Position = from;
        _stream.ReadExactly(bytes);
        return bytes;
    }

    public override int ReadByte()
    {
        Take(1);
        return _stream.ReadByte() is >= 0 and var next ? next : throw new EndOfStreamException("the file ends in the middle of a page");
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        Take(buffer.Length);
        return _stream.Read(buffer);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.FromResult(Read(buffer.AsSpan(offset, count)));

    private void Take(int count)
    {
        _left -= Math.Min(count, 1 + _stream.Length);
        if (_left < 0) throw new InvalidDataException("its pages lead back to each other");
    }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => _stream.Length;

    public override long Position { get => _stream.Position; set => _stream.Position = value; }

    public override long Seek(long offset, SeekOrigin origin) => _stream.Seek(offset, origin);

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
