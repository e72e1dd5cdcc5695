using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Loquat.Corpus.Collection.Records;
using Loquat.Text.Collection;

namespace Loquat.Corpus.Pairs;

/// <summary>A text, and the text that is to be written from it.</summary>
public readonly record struct TextPair(string Source, string Target);

/// <summary>
/// Where pairs of texts lie: two files whose lines belong together, or one of `.tsv`, `.csv` or `.jsonl`; each may be compressed by gzip. Files of tabs have no quotes; commas are read as Python's csv does.
/// </summary>
/// <param name="Path">The file of what is read, or of both.</param>
public sealed record PairFiles(string Path)
{
    private const string DefaultSource = "source", DefaultTarget = "target";

    /// <summary>The file whose lines are to be written; null: <see cref="Path"/> holds both.</summary>
    public string? TargetPath { get; init; }

    /// <summary>What is read: a name of the first line or a key of the objects; or a number of a column, from 1. Default: the first column, or `source`.</summary>
    public string? SourceColumn { get; init; }

    /// <summary>What is to be written. Default: the second column, or `target`.</summary>
    public string? TargetColumn { get; init; }

    /// <exception cref="DataException">A file cannot be read, is not UTF-8, has no such columns, or the two have not as many lines.</exception>
    public IEnumerable<TextPair> Read() => TargetPath is not null ? Lines() : Kind() switch
    {
        ".jsonl" or ".ndjson" => Objects(),
        ".csv" => Rows(text => Quoted(text)),
        ".tsv" => Rows(text => Tabs(text)),
        var other => throw new DataException($"{Path}: pairs are read from .tsv, .csv or .jsonl, compressed (.gz) or not, and this ends in '{other}'. Name another file, or a second one with as many lines (data.target_path)."),
    };

    private string Kind()
    {
        var name = Path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? Path[..^3] : Path;
        return System.IO.Path.GetExtension(name).ToLowerInvariant();
    }

    private IEnumerable<TextPair> Lines()
    {
        if ((SourceColumn ?? TargetColumn) is not null) throw new DataException($"{Path}: two files have no columns; leave data.source_column and data.target_column out, or data.target_path.");
        using var sources = Open(Path);
        using var targets = Open(TargetPath!);
        for (var line = 1L; ; line++)
        {
            var (source, target) = (sources.ReadLine(), targets.ReadLine());
            if (source is null && target is null) yield break;
            if (source is null || target is null) throw new DataException($"{(source is null ? Path : TargetPath)}: it ends before line {line}, and {(source is null ? TargetPath : Path)} does not: lines that belong together must be as many.");
            yield return new(source.Trim(), target.Trim());
        }
    }

    private IEnumerable<TextPair> Rows(Func<TextReader, IEnumerable<(long Line, List<string> Fields)>> read)
    {
        using var text = Open(Path);
        var (source, target) = (Number(SourceColumn, 1), Number(TargetColumn, 2));
        foreach (var (line, fields) in read(text))
        {
            if (source is null || target is null)
            {
                (source, target) = (source ?? Named(SourceColumn!, fields), target ?? Named(TargetColumn!, fields));
                continue;
            }
            if (Math.Max(source.Value, target.Value) > fields.Count)
                throw new DataException($"{Path}, line {line}: there are {fields.Count} columns; the pair is in columns {source} and {target}. Name others with data.source_column and data.target_column.");
            yield return new(fields[source.Value - 1].Trim(), fields[target.Value - 1].Trim());
        }
    }

    private IEnumerable<TextPair> Objects()
    {
        using var text = Open(Path);
        var line = 0L;
        while (text.ReadLine() is { } row)
        {
            line++;
            if (string.IsNullOrWhiteSpace(row)) continue;
            yield return Object(row, line);
        }
    }

    private TextPair Object(string row, long line)
    {
        try
        {
            using var json = JsonDocument.Parse(row);
            return new(Field(SourceColumn ?? DefaultSource), Field(TargetColumn ?? DefaultTarget));

            string Field(string key) => json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String
                ? value.GetString()!.Trim()
                : throw new DataException($"{Path}, line {line}: there is no text '{key}'. Name the keys of the pair with data.source_column and data.target_column.");
        }
        catch (JsonException error)
        {
            throw new DataException($"{Path}, line {line}: no JSON object: {error.Message}", error);
        }
    }

    private static int? Number(string? column, int usual) => column is null ? usual : int.TryParse(column, System.Globalization.CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;

    private int Named(string column, List<string> header) => header.FindIndex(name => name.Trim() == column) is >= 0 and var at ? at + 1
        : throw new DataException($"{Path}, line 1: there is no column '{column}'; there are {string.Join(", ", header.Select(name => $"'{name.Trim()}'"))}. A file without a line of names has columns 1, 2 and so on.");

    private static IEnumerable<(long, List<string>)> Quoted(TextReader text)
    {
        var lines = new CsvLines(text, ',');
        while (lines.Next() is { } row)
            if (row.Count > 0) yield return (lines.Line, row);
    }

    private static IEnumerable<(long, List<string>)> Tabs(TextReader text)
    {
        for (var line = 1L; text.ReadLine() is { } row; line++)
            if (row.Length > 0) yield return (line, [.. row.Split('\t')]);
    }

    private static StreamReader Open(string path)
    {
        try
        {
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            var compressed = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
            file.Position = 0;
            return new(new CheckedUtf8Stream(compressed ? new GZipStream(file, CompressionMode.Decompress) : file, path), new UTF8Encoding(false));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: cannot be read: {error.Message}", error);
        }
    }
}
