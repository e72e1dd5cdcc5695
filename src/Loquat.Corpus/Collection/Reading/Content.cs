using System.Text;
using Loquat.Corpus.Collection.Charsets;
using Loquat.Corpus.Collection.Containers;

namespace Loquat.Corpus.Collection.Reading;

/// <summary>The bytes of a source, or of an entry of an archive: read once, from the beginning.</summary>
internal sealed class Content : IDisposable
{
    private const int LargestInMemory = 16 << 20;
    private const int DetectedBytes = 4 << 20;

    private readonly ReadingLimits _limits;
    private readonly HeadStream _stream;
    private readonly FileStream? _file;

    /// <param name="source">As <see cref="Document.Source"/>.</param>
    public Content(string source, Stream stream, ReadingLimits limits, int depth = 0)
    {
        (Source, _limits, Depth) = (source, limits, depth);
        _file = stream as FileStream;
        _stream = new HeadStream(stream);
    }

    /// <summary>As <see cref="Document.Source"/>.</summary>
    public string Source { get; }

    /// <summary>The last name of the source, without the folders before it.</summary>
    public string Name => Source[(Source.LastIndexOfAny(['/', '!']) + 1)..];

    /// <summary>Archives and compressed streams around it.</summary>
    public int Depth { get; }

    /// <summary>What its source said of it, which its own words may not: encoding, address, date.</summary>
    public ContentHints Hints { get; init; } = new();

    /// <summary>The first 64 KiB, or all.</summary>
    public ReadOnlySpan<byte> Head => _stream.Head.Span;

    /// <summary>Whether <see cref="Head"/> is all there is.</summary>
    public bool IsWhole => _stream.IsWhole;

    /// <summary>All bytes, from the first one.</summary>
    public Stream Stream => _stream;

    /// <summary>All bytes, in memory.</summary>
    /// <exception cref="DataException">There are more than the limits allow.</exception>
    public byte[] ReadAll()
    {
        if (IsWhole) return Head.ToArray();
        using var bytes = new MemoryStream();
        var buffer = new byte[1 << 16];
        for (int read; (read = _stream.Read(buffer)) > 0;)
        {
            bytes.Write(buffer, 0, read);
            if (bytes.Length > _limits.LargestWhole) throw new DataException($"{Source}: it is larger than {_limits.LargestWhole:N0} bytes, which is the most that is held at once.");
        }
        return bytes.ToArray();
    }

    /// <summary>The bytes as a stream that can be sought in: the file itself, or a copy in memory or on disk.</summary>
    public Stream OpenSeekable()
    {
        if (_file is not null && _file.CanSeek) return new FileStream(_file.Name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var memory = new MemoryStream();
        var buffer = new byte[1 << 16];
        FileStream? spool = null;
        for (int read; (read = _stream.Read(buffer)) > 0;)
        {
            if (spool is null && memory.Length + read > LargestInMemory)
            {
                spool = new FileStream(Path.Combine(Path.GetTempPath(), $"loquat-{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
                memory.WriteTo(spool);
                memory = new();
            }
            ((Stream?)spool ?? memory).Write(buffer, 0, read);
        }
        var all = (Stream?)spool ?? memory;
        all.Position = 0;
        return all;
    }

    /// <summary>The whole text; line ends are line feeds.</summary>
    public string ReadText(ReadingOptions options) => Lines(Decode(ReadAll(), options));

    /// <summary>Text as it comes, by the encoding that its first megabytes show.</summary>
    public TextReader OpenText(ReadingOptions options)
    {
        var begin = new byte[DetectedBytes];
        var length = _stream.ReadAtLeast(begin, DetectedBytes, throwOnEndOfStream: false);
        var charset = Charset(begin.AsSpan(0, length), options);
        return new StreamReader(new JoinedStream(begin.AsMemory(charset.Preamble, length - charset.Preamble), _stream), charset.Encoding, detectEncodingFromByteOrderMarks: false, 1 << 16);
    }

    public string Decode(ReadOnlySpan<byte> bytes, ReadingOptions options)
    {
        var charset = Charset(bytes, options);
        return charset.Encoding.GetString(bytes[charset.Preamble..]);
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>Text with line feeds for all line ends.</summary>
    public static string Lines(string text) => text.Contains('\r') ? text.Replace("\r\n", "\n").Replace('\r', '\n') : text;

    private DetectedCharset Charset(ReadOnlySpan<byte> bytes, ReadingOptions options)
    {
        if (options.Encoding is not { } named) return CharsetDetector.Detect(bytes, Hints.Encoding);
        var encoding = CharsetNames.Find(named) ?? throw new OptionsException($"'{named}' is no encoding that is known here. Use a name such as utf-8, windows-1252, iso-8859-2, shift_jis, gb18030, big5, euc-kr or koi8-r, or leave it out to find it by the bytes.");
        return CharsetDetector.Detect(bytes) is { Preamble: > 0 } marked ? marked : new(encoding, 0);
    }
}

/// <summary>What is known of a content from outside it.</summary>
internal sealed record ContentHints
{
    public string? Encoding { get; init; }

    public string? Url { get; init; }

    public string? Date { get; init; }

    public string? MediaType { get; init; }

    /// <summary>Goes into the metadata of every document read from it.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}
