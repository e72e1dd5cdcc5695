using System.IO.Hashing;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace Loquat.Text.Datasets;

/// <summary>
/// A memory-mapped file of tokens with the ends of its documents: header, tokens, document ends. Larger than memory is fine; any number of
/// threads may read.
/// </summary>
public sealed unsafe class TokenShard : IDisposable
{
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;

    private TokenShard(string path)
    {
        Path = path;
        try
        {
            var length = new FileInfo(path).Length;
            if (length < TokenShardHeader.Size) throw Damaged($"it has {length} bytes; the header alone takes {TokenShardHeader.Size}");
            _map = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
            _view = _map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
            Header = MemoryMarshal.Read<TokenShardHeader>(new ReadOnlySpan<byte>(_start, TokenShardHeader.Size));
            if (Header.Fault(length) is { } fault)
            {
                Dispose();
                throw Damaged(fault);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: cannot be read as a token shard: {error.Message}", error);
        }
    }

    public string Path { get; }

    public TokenShardHeader Header { get; }

    /// <summary>Tokens.</summary>
    public long Count => Header.TokenCount;

    /// <exception cref="DataException">Missing, of another version, or damaged.</exception>
    public static TokenShard Open(string path) => new(path);

    public int this[long index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)index, (ulong)Count);
            var data = _start + TokenShardHeader.Size;
            return Header.TokenWidth == sizeof(ushort) ? ((ushort*)data)[index] : ((int*)data)[index];
        }
    }

    /// <summary>Position after each document's last token, ascending.</summary>
    public ReadOnlySpan<long> DocumentEnds =>
        new(_start + TokenShardHeader.Size + Header.PaddedTokenBytes, checked((int)Header.DocumentCount));

    /// <summary>Copies tokens to <paramref name="target"/>.</summary>
    public void Read(long index, Span<long> target)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)index + (ulong)target.Length, (ulong)Count);
        var data = _start + TokenShardHeader.Size;
        if (Header.TokenWidth == sizeof(ushort))
            for (var i = 0; i < target.Length; i++) target[i] = ((ushort*)data)[index + i];
        else
            for (var i = 0; i < target.Length; i++) target[i] = ((int*)data)[index + i];
    }

    /// <summary>Reads every byte and compares the checksum.</summary>
    /// <param name="progress">Told the bytes of each block that was read.</param>
    /// <exception cref="DataException">The content is not what was written.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Verify(Action<long>? progress = null, CancellationToken cancellation = default)
    {
        var hash = new XxHash3();
        var data = _start + TokenShardHeader.Size;
        for (long at = 0, length = Header.PayloadBytes; at < length; at += 1 << 24)
        {
            cancellation.ThrowIfCancellationRequested();
            var block = (int)Math.Min(1 << 24, length - at);
            hash.Append(new ReadOnlySpan<byte>(data + at, block));
            progress?.Invoke(block);
        }
        if (hash.GetCurrentHashAsUInt64() != Header.PayloadHash) throw Damaged("its content does not have the checksum that was written");
    }

    public void Dispose()
    {
        if (_start != null) _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view?.Dispose();
        _map?.Dispose();
    }

    private DataException Damaged(string what) => new($"{Path}: damaged token shard: {what}. Going on with the run (train RUN --resume) makes it anew from the text.");
}
