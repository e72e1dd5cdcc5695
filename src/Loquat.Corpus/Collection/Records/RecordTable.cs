using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loquat.Text.Collection;
using Parquet.Serialization;

namespace Loquat.Corpus.Collection.Records;

/// <summary>How the records of a file are laid out.</summary>
public enum RecordFormat
{
    /// <summary>One JSON value: a list of records, an object that holds one under `data`, `rows` or `examples`, or a single record.</summary>
    Json,

    /// <summary>A record a line.</summary>
    Jsonl,

    /// <summary>Fields between commas; in quotes they may hold commas, line ends and doubled quotes.</summary>
    Csv,

    /// <summary>Fields between tabs, as they stand: quotes are characters.</summary>
    Tsv,

    /// <summary>Apache Parquet, nested columns included.</summary>
    Parquet,

    /// <summary>Plain text: a record a line, with the fields `text` and `line`.</summary>
    Text,

    /// <summary>Plain text: one record, with the field `text`.</summary>
    Document,
}

/// <summary>The records of a data file as they stand, with all their fields: what tasks are made of. A file whose name ends in `.gz` is unpacked.</summary>
public static class RecordTable
{
    private static readonly string[] _lists = ["data", "rows", "examples"];

    private static readonly JsonDocumentOptions _json = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = 128 };

    /// <summary>The format that a name tells; null where it tells none.</summary>
    public static RecordFormat? FormatOf(string path) => Path.GetExtension(path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path).ToLowerInvariant() switch
    {
        ".json" => RecordFormat.Json,
        ".jsonl" or ".ndjson" => RecordFormat.Jsonl,
        ".csv" => RecordFormat.Csv,
        ".tsv" => RecordFormat.Tsv,
        ".parquet" => RecordFormat.Parquet,
        ".txt" or ".en" or ".de" => RecordFormat.Text,
        _ => null,
    };

    /// <summary>Reads the records one by one.</summary>
    /// <param name="columns">Of CSV and TSV: the names of the columns; null: the first row has them.</param>
    /// <exception cref="DataException">The file cannot be read or is not what its format says; the message names the line.</exception>
    public static IEnumerable<JsonObject> Read(string path, RecordFormat format, IReadOnlyList<string>? columns = null) => format switch
    {
        RecordFormat.Json => Whole(path),
        RecordFormat.Jsonl => Lines(path).Where(line => !string.IsNullOrWhiteSpace(line.Text)).Select(line => Record(line.Text, path, line.Number)),
        RecordFormat.Csv => Csv(path, columns),
        RecordFormat.Tsv => Tsv(path, columns),
        RecordFormat.Parquet => Parquet(path),
        RecordFormat.Text => Lines(path).Select(line => new JsonObject { ["text"] = line.Text, ["line"] = line.Number }),
        _ => [new JsonObject { ["text"] = Text(path) }],
    };

    private static IEnumerable<(string Text, long Number)> Lines(string path)
    {
        using var reader = Open(path);
        for (var number = 1L; reader.ReadLine() is { } line; number++) yield return (line, number);
    }

    private static string Text(string path)
    {
        using var reader = Open(path);
        return reader.ReadToEnd();
    }

    private static JsonObject Record(string json, string path, long line)
    {
        try
        {
            return JsonNode.Parse(json, documentOptions: _json) as JsonObject ?? throw new DataException($"{path}, line {line}: a record is an object of names and values; this is none.");
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            throw new DataException($"{path}, line {line}: not a record: {error.Message}", error);
        }
    }

    private static IEnumerable<JsonObject> Whole(string path)
    {
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(Text(path), documentOptions: _json);
        }
        catch (JsonException error)
        {
            throw new DataException($"{path}: not JSON: {error.Message} A file with a record a line is named .jsonl.", error);
        }
        var list = root as JsonArray ?? _lists.Select(name => (root as JsonObject)?[name]).OfType<JsonArray>().FirstOrDefault();
        if (list is null) return root is JsonObject single ? [single] : throw new DataException($"{path}: there are no records in it.");
        return list.Select((record, i) => record as JsonObject ?? throw new DataException($"{path}, record {i + 1}: a record is an object of names and values; this is none."));
    }

    private static IEnumerable<JsonObject> Csv(string path, IReadOnlyList<string>? columns)
    {
        using var reader = Open(path);
        var lines = new CsvLines(reader, ',');
        while (lines.Next() is { } row)
        {
            if (row.Count == 0) continue;
            if (columns is null)
            {
                columns = row;
                continue;
            }
            yield return Row(row, columns, path, lines.Line);
        }
    }

    private static IEnumerable<JsonObject> Tsv(string path, IReadOnlyList<string>? columns)
    {
        foreach (var (text, number) in Lines(path))
        {
            if (text.Length == 0) continue;
            var row = text.Split('\t');
            if (columns is null) columns = row;
            else yield return Row(row, columns, path, number);
        }
    }

    private static JsonObject Row(IReadOnlyList<string> row, IReadOnlyList<string> columns, string path, long line)
    {
        if (row.Count != columns.Count) throw new DataException($"{path}, line {line}: there are {row.Count} fields and {columns.Count} columns ({string.Join(", ", columns)}). Quotes may be wrong, or the columns of the task.");
        var record = new JsonObject();
        for (var i = 0; i < columns.Count; i++) record[columns[i].Trim('\uFEFF')] = row[i];
        return record;
    }

    private static List<JsonObject> Parquet(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var table = ParquetSerializer.DeserializeUntypedAsync(stream).GetAwaiter().GetResult();
            return [.. table.Data.Select(row => (JsonObject)JsonSerializer.SerializeToNode(row)!)];
        }
        catch (Exception error) when (error is not (OutOfMemoryException or OperationCanceledException or LoquatException))
        {
            throw new DataException($"{path}: cannot be read as Parquet: {error.Message}", error);
        }
    }

    private static StreamReader Open(string path)
    {
        try
        {
            Stream file = File.OpenRead(path);
            if (path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)) file = new GZipStream(file, CompressionMode.Decompress);
            return new StreamReader(new CheckedUtf8Stream(file, path), new UTF8Encoding(false));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: cannot be read: {error.Message}", error);
        }
    }
}
