using System.IO.Hashing;
using System.Runtime.InteropServices;
using Loquat.Text.Files;

namespace Loquat.Text.Datasets;

/// <summary>Writes a token shard document by document, holding only the documents' ends in memory. The file appears when <see cref="Complete"/> has run.</summary>
public sealed class TokenShardWriter : IDisposable
{
    private readonly string _path;
    private readonly string _temporary;
    private readonly FileStream _file;
    private readonly XxHash3 _hash = new();
    private readonly List<long> _ends = [];
    private readonly int _vocabSize;
    private readonly int _width;
    private readonly ulong _tokenizerHash;
    private byte[] _buffer = [];
    private long _count;
    private long _textBytes;
    private double _bits;

    /// <param name="vocabSize">Tokens that the tokenizer knows; up to 65,536 take two bytes each.</param>
    /// <param name="tokenizerHash">Hash of the tokenizer's file, kept in the header.</param>
    public TokenShardWriter(string path, int vocabSize, ulong tokenizerHash)
    {
        (_path, _temporary, _vocabSize, _tokenizerHash) = (path, path + ".writing", vocabSize, tokenizerHash);
        _width = vocabSize <= ushort.MaxValue + 1 ? sizeof(ushort) : sizeof(int);
        _file = Guard(() =>
        {
            var file = new FileStream(_temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
            file.Write(new byte[TokenShardHeader.Size]);
            return file;
        });
    }

    /// <summary>Tokens written.</summary>
    public long Count => _count;

    /// <param name="tokens">The document's tokens, its end-of-text token included.</param>
    /// <param name="textBytes">UTF-8 bytes of its text.</param>
    /// <param name="trueBits">Its information in bits where known, else NaN.</param>
    /// <param name="ends">Whether the document ends here; if not, the next call continues it.</param>
    public void Write(ReadOnlySpan<int> tokens, long textBytes, double trueBits = double.NaN, bool ends = true)
    {
        var bytes = tokens.Length * _width;
        if (_buffer.Length < bytes) _buffer = new byte[Math.Max(bytes, 1 << 16)];
        var target = _buffer.AsSpan(0, bytes);
        for (var i = 0; i < tokens.Length; i++)
        {
            if ((uint)tokens[i] >= (uint)_vocabSize) throw new DataException($"{_path}: token {tokens[i]} is outside the vocabulary of {_vocabSize}.");
            if (_width == sizeof(ushort)) MemoryMarshal.Cast<byte, ushort>(target)[i] = (ushort)tokens[i];
            else MemoryMarshal.Cast<byte, int>(target)[i] = tokens[i];
        }
        Append(target);
        _count += tokens.Length;
        if (ends) _ends.Add(_count);
        _textBytes += textBytes;
        _bits += trueBits;
    }

    /// <summary>Writes the ends and the header, flushes, and gives the file its name.</summary>
    public void Complete()
    {
        if (_count > 0 && (_ends.Count == 0 || _ends[^1] != _count)) _ends.Add(_count);
        var padding = (8 - _count * _width % 8) % 8;
        Append(new byte[padding]);
        Append(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_ends)));
        var header = new TokenShardHeader
        {
            Magic = TokenShardHeader.ExpectedMagic,
            Version = TokenShardHeader.ExpectedVersion,
            TokenWidth = _width,
            VocabSize = _vocabSize,
            TokenCount = _count,
            DocumentCount = _ends.Count,
            TextBytes = _textBytes,
            TrueBits = _ends.Count == 0 ? double.NaN : _bits,
            TokenizerHash = _tokenizerHash,
            PayloadHash = _hash.GetCurrentHashAsUInt64(),
        };
        header.HeaderHash = header.ComputeHash();
        Guard(() =>
        {
            _file.Position = 0;
            _file.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<TokenShardHeader>(in header)));
            _file.Flush(flushToDisk: true);
            _file.Dispose();
            File.Move(_temporary, _path, overwrite: true);
            return 0;
        });
    }

    public void Dispose()
    {
        _file.Dispose();
        if (File.Exists(_temporary)) File.Delete(_temporary);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        _hash.Append(bytes);
        try
        {
            _file.Write(bytes);
        }
        catch (Exception error) when (DiskFault.Is(error))
        {
            throw Unwritable(error);
        }
    }

    private T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (DiskFault.Is(error))
        {
            throw Unwritable(error);
        }
    }

    private MachineException Unwritable(Exception error) => new($"{_path}: cannot be written: {error.Message} Free some space or name another place.", error);
}
