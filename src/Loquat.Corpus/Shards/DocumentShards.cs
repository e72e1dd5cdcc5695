using System.Buffers;
using ZstdSharp;

namespace Loquat.Corpus.Shards;

/// <summary>Reads the documents of shards: what `collect` and `preprocess` write.</summary>
public static class DocumentShards
{
    /// <summary>The shards that a path names: itself, or the files `documents-*` of a folder in ordinal order of their names.</summary>
    /// <exception cref="DataException">There is no such file or folder, or no shard in it.</exception>
    public static IReadOnlyList<string> Find(string path)
    {
        if (File.Exists(path)) return ShardFormats.Of(path) is not null ? [path] : throw new DataException($"{path}: not a shard of documents; their names end with .jsonl, .jsonl.zst or .parquet.");
        if (!Directory.Exists(path)) throw new DataException($"{path}: there is no such file or folder. Give a folder that `loquat collect` or `loquat preprocess` wrote.");
        var shards = Directory.EnumerateFiles(path, "documents-*").Where(file => ShardFormats.Of(file) is not null).Order(StringComparer.Ordinal).ToList();
        return shards.Count > 0 ? shards : throw new DataException($"{path}: the folder holds no shards (documents-*.jsonl.zst, .jsonl or .parquet). Write some with `loquat collect`.");
    }

    /// <summary>The documents of a shard, one after the other.</summary>
    /// <exception cref="DataException">The file cannot be read, or a line is no document.</exception>
    public static IEnumerable<Document> Read(string path)
    {
        if (ShardFormats.Of(path) == ShardFormat.Parquet) return ParquetRows.Read(path);
        return ReadLines(path);
    }

    private static IEnumerable<Document> ReadLines(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1, FileOptions.SequentialScan);
        using Stream stream = ShardFormats.Of(path) == ShardFormat.JsonLinesZstandard ? new DecompressionStream(file) : file;
        var buffer = new byte[1 << 20];
        var (length, start, number) = (0, 0, 0L);
        while (true)
        {
            var end = buffer.AsSpan(start, length - start).IndexOf((byte)'\n');
            if (end >= 0)
            {
                var line = buffer.AsMemory(start, end);
                start += end + 1;
                number++;
                if (!line.Span.Trim(" \t\r"u8).IsEmpty) yield return DocumentJson.Read(line, $"{path}, line {number}");
                continue;
            }
            buffer.AsSpan(start, length - start).CopyTo(buffer);
            (length, start) = (length - start, 0);
            if (length == buffer.Length) Array.Resize(ref buffer, checked(buffer.Length * 2));
            var read = Fill(stream, buffer.AsMemory(length), path);
            length += read;
            if (read > 0) continue;
            if (!buffer.AsSpan(0, length).Trim(" \t\r"u8).IsEmpty) yield return DocumentJson.Read(buffer.AsMemory(0, length), $"{path}, line {number + 1}");
            yield break;
        }
    }

    private static int Fill(Stream stream, Memory<byte> buffer, string path)
    {
        try
        {
            return stream.Read(buffer.Span);
        }
        catch (Exception error) when (error is IOException or ZstdException or EndOfStreamException)
        {
            throw new DataException($"{path}: cannot be read: {error.Message} The file is damaged or was cut short.", error);
        }
    }
}
