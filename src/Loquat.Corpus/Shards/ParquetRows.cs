using System.Text.Json;
using Parquet;
using Parquet.Schema;

namespace Loquat.Corpus.Shards;

/// <summary>Documents as rows of a Parquet file, in groups that fit in memory.</summary>
internal sealed class ParquetRows(Stream stream)
{
    private const int LargestGroup = 20_000;
    private const long LongestGroup = 32 << 20; // characters

    private static readonly string[] _names = ["id", "text", "source", "title", "author", "date", "language", "url", "license", "metadata"];
    private static readonly DataField[] _fields = [.. _names.Select((name, i) => new DataField(name, typeof(string), isNullable: i > 2))];

    private readonly List<Document> _group = [];
    private ParquetWriter? _writer;
    private long _characters;

    public void Add(Document document)
    {
        _group.Add(document);
        _characters += document.Text.Length;
        if (_group.Count == LargestGroup || _characters >= LongestGroup) Flush();
    }

    public void Complete()
    {
        if (_group.Count > 0 || _writer is null) Flush();
        _writer!.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private void Flush()
    {
        _writer ??= ParquetWriter.CreateAsync(new ParquetSchema(_fields), stream, new ParquetOptions { CompressionMethod = CompressionMethod.Zstd }).GetAwaiter().GetResult();
        using var group = _writer.CreateRowGroup();
        for (var i = 0; i < _fields.Length; i++)
        {
            string?[] values = [.. _group.Select(document => Value(document, i))];
            group.WriteAsync(_fields[i], values!).GetAwaiter().GetResult();
        }
        group.CompleteValidate();
        _group.Clear();
        _characters = 0;
    }

    private static string? Value(Document document, int field) => (field switch
    {
        0 => document.Id,
        1 => document.Text,
        2 => document.Source,
        3 => document.Title,
        4 => document.Author,
        5 => document.Date,
        6 => document.Language,
        7 => document.Url,
        8 => document.License,
        _ => document.Metadata.Count > 0 ? JsonSerializer.Serialize(document.Metadata) : null,
    }) is { } value ? DocumentJson.WellFormed(value) : null;

    /// <summary>The documents of a file that <see cref="ParquetRows"/> wrote, a group at a time.</summary>
    /// <exception cref="DataException">It is damaged.</exception>
    public static IEnumerable<Document> Read(string path)
    {
        using var file = File.OpenRead(path);
        var reader = ParquetReader.CreateAsync(Bytes(file, path)).GetAwaiter().GetResult();
        var row = 0L;
        for (var g = 0; g < reader.RowGroupCount; g++)
        {
            using var group = reader.OpenRowGroupReader(g);
            var columns = new string?[_names.Length][];
            for (var i = 0; i < _names.Length; i++)
            {
                columns[i] = new string?[group.RowCount];
                if (Array.Find(reader.Schema.DataFields, f => f.Path.ToString() == _names[i]) is { } field)
                    group.ReadAsync(field, columns[i].AsMemory()!).AsTask().GetAwaiter().GetResult();
            }
            for (var r = 0; r < group.RowCount; r++, row++)
            {
                var place = $"{path}#{row}";
                yield return new Document
                {
                    Id = columns[0][r] ?? place,
                    Text = columns[1][r] ?? throw new DataException($"{path}: row {row} has no text."),
                    Source = columns[2][r] ?? place,
                    Title = columns[3][r],
                    Author = columns[4][r],
                    Date = columns[5][r],
                    Language = columns[6][r],
                    Url = columns[7][r],
                    License = columns[8][r],
                    Metadata = columns[9][r] is { } metadata ? JsonSerializer.Deserialize<Dictionary<string, string>>(metadata)! : new Dictionary<string, string>(),
                };
            }
        }
        reader.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private static ParquetBytes Bytes(Stream file, string path)
    {
        try
        {
            return new(file);
        }
        catch (InvalidDataException error)
        {
            throw new DataException($"{path}: the file is damaged: {error.Message}. Make it anew.", error);
        }
    }
}
