using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Loquat.Corpus.Collection.Crawling;

/// <summary>The frontier's file: lines of JSON, each written when what it tells is done. A kill leaves whole lines and perhaps a part of one, which is cut off.</summary>
internal sealed class CrawlJournal : IDisposable
{
    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) } };

    private readonly FileStream _file;

    private CrawlJournal(FileStream file) => _file = file;

    public static string PathOf(string folder, int number) => Path.Combine(folder, $"frontier-{number:D4}.jsonl");

    /// <summary>The number of the last crawl of a folder; 0 where there was none.</summary>
    public static int Last(string folder) => !Directory.Exists(folder) ? 0 : Directory.EnumerateFiles(folder, "frontier-*.jsonl").Select(f => int.TryParse(Path.GetFileNameWithoutExtension(f)[9..], out var number) ? number : 0).DefaultIfEmpty(0).Max();

    /// <summary>The entries of a file, each with the place where its line begins.</summary>
    /// <exception cref="DataException">A line that is whole is no entry.</exception>
    public static IEnumerable<(CrawlEntry Entry, long Begin, long End)> Read(string path)
    {
        if (!File.Exists(path)) yield break;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16);
        using var line = new MemoryStream();
        var (buffer, begin, at) = (new byte[1 << 16], 0L, 0L);
        for (int read; (read = file.Read(buffer)) > 0; at += read)
            for (var from = 0; from < read;)
            {
                var end = buffer.AsSpan(from, read - from).IndexOf((byte)'\n');
                line.Write(buffer, from, end < 0 ? read - from : end);
                if (end < 0) break;
                from += end + 1;
                yield return (Parse(line.ToArray(), path), begin, at + from);
                begin = at + from;
                line.SetLength(0);
            }
    }

    /// <summary>The entry whose line begins at a place.</summary>
    public static CrawlEntry ReadAt(string path, long begin)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 12);
        file.Position = begin;
        using var reader = new StreamReader(file);
        return Parse(System.Text.Encoding.UTF8.GetBytes(reader.ReadLine() ?? ""), path);
    }

    /// <summary>Opens the file to go on behind its whole lines.</summary>
    /// <param name="end">Where they end.</param>
    public static CrawlJournal Open(string path, long end)
    {
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, 1);
        file.SetLength(end);
        file.Position = end;
        return new(file);
    }

    public void Append(CrawlEntry entry)
    {
        _file.Write([.. JsonSerializer.SerializeToUtf8Bytes(entry, _json), (byte)'\n']);
        _file.Flush(flushToDisk: entry.Done || entry.Settings is not null);
    }

    public void Dispose() => _file.Dispose();

    private static CrawlEntry Parse(byte[] line, string path)
    {
        try
        {
            return JsonSerializer.Deserialize<CrawlEntry>(line, _json) ?? throw new JsonException("it is null.");
        }
        catch (JsonException error)
        {
            throw new DataException($"{path}: a line is damaged: {error.Message} Delete the file to crawl anew.", error);
        }
    }
}
