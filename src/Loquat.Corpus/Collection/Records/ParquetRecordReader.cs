using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Loquat.Corpus.Collection.Reading;

namespace Loquat.Corpus.Collection.Records;

/// <summary>Parquet: a document a row. A list of texts is its lines; other lists and maps are JSON; the parts of a group are fields of their own (`a.b`).</summary>
internal sealed class ParquetRecordReader : IContentReader
{
    private static readonly JsonWriterOptions _json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static bool Is(ReadOnlySpan<byte> head) => head.StartsWith("PAR1"u8);

    public IEnumerable<Document> Read(Content content, ReadingContext context)
    {
        using var stream = content.OpenSeekable();
        using var table = new ParquetTable(stream);
        table.Unread += (name, reason) => context.Reject(content, reason, $"column {name}");
        var fields = new RecordFields(context.Options);
        var number = 0L;
        foreach (var row in table.Rows())
        {
            context.Cancellation.ThrowIfCancellationRequested();
            number++;
            var record = new List<KeyValuePair<string, string>>();
            foreach (var (name, value) in row) Add(record, name, value);
            if (fields.Document(record, content, $"{number}") is { } document) yield return document;
            else context.Reject(content, "the row has no text", $"row {number}");
        }
        if (number == 0) context.Reject(content, "there are no rows in it");
    }

    private static void Add(List<KeyValuePair<string, string>> record, string name, object? value)
    {
        if (value is List<KeyValuePair<string, object?>> group)
            foreach (var (part, inner) in group) Add(record, $"{name}.{part}", inner);
        else if (value is List<object?> list) record.Add(new(name, list.TrueForAll(v => v is null or string) ? string.Join('\n', list) : Json(list)));
        else if (value is not null) record.Add(new(name, Text(value)));
    }

    private static string Text(object value) => value switch
    {
        string text => text,
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        bool known => known ? "true" : "false",
        DateTime date => date.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Json(List<object?> list)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, _json)) Write(json, list);
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case bool known: json.WriteBooleanValue(known); break;
            case int or long or short or sbyte or byte or ushort or uint or ulong or decimal: json.WriteRawValue(Text(value)); break;
            case double number when double.IsFinite(number): json.WriteNumberValue(number); break;
            case float number when float.IsFinite(number): json.WriteNumberValue(number); break;
            case List<object?> list:
                json.WriteStartArray();
                foreach (var one in list) Write(json, one);
                json.WriteEndArray();
                break;
            case List<KeyValuePair<string, object?>> pair when pair.TrueForAll(p => p.Key.Length == 0): // of a map
                json.WriteStartArray();
                foreach (var one in pair) Write(json, one.Value);
                json.WriteEndArray();
                break;
            case List<KeyValuePair<string, object?>> group:
                json.WriteStartObject();
                foreach (var (name, one) in group)
                {
                    json.WritePropertyName(name);
                    Write(json, one);
                }
                json.WriteEndObject();
                break;
            default: json.WriteStringValue(Text(value)); break;
        }
    }
}
