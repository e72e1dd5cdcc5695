using System.Text;
using Loquat.Text.Files;
using ZstdSharp;

namespace Loquat.Corpus.Shards;

/// <summary>
/// Writes documents to one file, which appears under its name when it is complete and not before. The same documents give the same bytes.
/// </summary>
/// <exception cref="MachineException">The disk is full or the place cannot be written.</exception>
public sealed class DocumentShardWriter : IDisposable
{
    private const int ZstandardLevel = 3;

    private readonly string _path;
    private readonly string _temporary;
    private readonly FileStream _file;
    private readonly Stream? _lines;
    private readonly ParquetRows? _rows;
    private bool _complete;

    /// <param name="path">Where the shard will be; its folder must be there.</param>
    public DocumentShardWriter(string path, ShardFormat format)
    {
        (_path, _temporary) = (path, $"{path}.writing");
        _file = Try(() => new FileStream(_temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, 1 << 16));
        if (format == ShardFormat.Parquet) _rows = new ParquetRows(_file);
        else _lines = format == ShardFormat.JsonLinesZstandard ? new BufferedStream(new CompressionStream(_file, ZstandardLevel, leaveOpen: true), 1 << 16) : _file;
    }

    /// <summary>Documents written.</summary>
    public int Documents { get; private set; }

    /// <summary>UTF-8 bytes of their texts.</summary>
    public long Bytes { get; private set; }

    public void Write(Document document)
    {
        Try(() =>
        {
            if (_rows is not null) _rows.Add(document);
            else
            {
                DocumentJson.Write(_lines!, document);
                _lines!.WriteByte((byte)'\n');
            }
            return true;
        });
        Documents++;
        Bytes += Encoding.UTF8.GetByteCount(document.Text);
    }

    /// <summary>Puts the shard under its name.</summary>
    public void Complete()
    {
        Try(() =>
        {
            _rows?.Complete();
            if (_lines is not null && _lines != _file) _lines.Dispose();
            _file.Flush(flushToDisk: true);
            _file.Dispose();
            File.Move(_temporary, _path, overwrite: true);
            return true;
        });
        _complete = true;
    }

    /// <summary>Leaves nothing behind where the shard was not completed.</summary>
    public void Dispose()
    {
        if (_complete) return;
        _complete = true;
        foreach (var stream in (Stream?[])[_lines, _file])
            try
            {
                stream?.Dispose();
            }
            catch (Exception error) when (DiskFault.Is(error) || error is ObjectDisposedException)
            {
                // The full disk that ended the writing; it was told.
            }
        File.Delete(_temporary);
    }

    private T Try<T>(Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception error) when (DiskFault.Is(error))
        {
            throw new MachineException($"{_path}: cannot be written: {error.Message} Free some space or name another folder; shards written before are whole, and the same command goes on from them.", error);
        }
    }
}
