using System.Globalization;
using System.Text;
using Loquat.Corpus.Collection.Reading;
using Parquet;
using Parquet.Schema;

namespace Loquat.Corpus.Collection.Records;

/// <summary>Parquet: a document a row, from the columns that hold one value a row.</summary>
internal sealed class ParquetRecordReader : IContentReader
{
    public static bool Is(ReadOnlySpan<byte> head) => head.StartsWith("PAR1"u8);

    public IEnumerable<Document> Read(Content content, ReadingContext context)
    {
        using var stream = content.OpenSeekable();
        var reader = ParquetReader.CreateAsync(stream).GetAwaiter().GetResult();
        var fields = new RecordFields(context.Options);
        var number = 0L;
        var unread = new HashSet<string>();
        for (var g = 0; g < reader.RowGroupCount; g++)
        {
            using var group = reader.OpenRowGroupReader(g);
            var columns = new List<(string Name, string?[] Values)>();
            foreach (var field in reader.Schema.DataFields)
            {
                var name = field.Path.ToString().Replace('/', '.');
                if (field.MaxRepetitionLevel == 0 && Column(group, field) is { } values) columns.Add((name, values));
                else if (unread.Add(name)) context.Reject(content, "the column holds lists or a type that is not read", $"column {name}");
            }
            for (var r = 0; r < group.RowCount; r++)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                number++;
                var record = columns.Where(c => c.Values[r] is not null).Select(c => KeyValuePair.Create(c.Name, c.Values[r]!)).ToList();
                if (fields.Document(record, content, $"{number}") is { } document) yield return document;
                else context.Reject(content, "the row has no text", $"row {number}");
            }
        }
        if (number == 0) context.Reject(content, "there are no rows in it");
    }

    private static string?[]? Column(ParquetRowGroupReader group, DataField field)
    {
        try
        {
            var type = field.ClrType;
            if (type == typeof(ReadOnlyMemory<char>) || type == typeof(string))
            {
                var values = new string?[group.RowCount];
                group.ReadAsync(field, values.AsMemory()!).AsTask().GetAwaiter().GetResult();
                return values;
            }
            if (type == typeof(ReadOnlyMemory<byte>) || type == typeof(byte[]))
            {
                var values = new byte[]?[group.RowCount];
                group.ReadAsync(field, values.AsMemory()!).AsTask().GetAwaiter().GetResult();
                return [.. values.Select(v => v is null ? null : Encoding.UTF8.GetString(v))];
            }
            if (type == typeof(int)) return Values<int>(group, field);
            if (type == typeof(long)) return Values<long>(group, field);
            if (type == typeof(uint)) return Values<uint>(group, field);
            if (type == typeof(ulong)) return Values<ulong>(group, field);
            if (type == typeof(float)) return Values<float>(group, field);
            if (type == typeof(double)) return Values<double>(group, field);
            return type == typeof(DateTime) ? Values<DateTime>(group, field) : null;
        }
        catch (Exception error) when (error is not (OutOfMemoryException or OperationCanceledException))
        {
            return null;
        }
    }

    private static string?[] Values<T>(ParquetRowGroupReader group, DataField field) where T : struct, IFormattable
    {
        if (!field.IsNullable)
        {
            var all = new T[group.RowCount];
            group.ReadAsync(field, all.AsMemory()).AsTask().GetAwaiter().GetResult();
            return [.. all.Select(v => Text(v))];
        }
        var values = new T?[group.RowCount];
        group.ReadAsync(field, values.AsMemory()).AsTask().GetAwaiter().GetResult();
        return [.. values.Select(v => v is { } known ? Text(known) : null)];
    }

    private static string Text<T>(T value) where T : IFormattable => value is DateTime date ? date.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture) : value.ToString(null, CultureInfo.InvariantCulture);
}
