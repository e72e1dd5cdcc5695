using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Loquat.Corpus.Shards;

/// <summary>A document as one line of JSON: `{"id": …, "text": …, "source": …}`; what is null is left out.</summary>
public static class DocumentJson
{
    private static readonly JsonWriterOptions _writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Writes the object, without a line end.</summary>
    public static void Write(Stream stream, Document document)
    {
        using var json = new Utf8JsonWriter(stream, _writing);
        json.WriteStartObject();
        json.WriteString("id", WellFormed(document.Id));
        json.WriteString("text", WellFormed(document.Text));
        json.WriteString("source", WellFormed(document.Source));
        WriteKnown(json, "title", document.Title);
        WriteKnown(json, "author", document.Author);
        WriteKnown(json, "date", document.Date);
        WriteKnown(json, "language", document.Language);
        WriteKnown(json, "url", document.Url);
        WriteKnown(json, "license", document.License);
        if (document.Metadata.Count > 0)
        {
            json.WriteStartObject("metadata");
            foreach (var (name, value) in document.Metadata) json.WriteString(WellFormed(name), WellFormed(value));
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    /// <summary>Reads what <see cref="Write"/> wrote, and any object with a `text`.</summary>
    /// <param name="line">One JSON object, UTF-8.</param>
    /// <param name="place">Names the line: the document's id where it states none, and its source.</param>
    /// <exception cref="DataException">Not a JSON object with a string `text`.</exception>
    public static Document Read(ReadOnlyMemory<byte> line, string place)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            if (json.RootElement.ValueKind != JsonValueKind.Object) throw new DataException($"{place}: a document is a JSON object, not {json.RootElement.ValueKind}.");
            var root = json.RootElement;
            return new()
            {
                Id = Text(root, "id") ?? place,
                Text = Text(root, "text") ?? throw new DataException($"{place}: the document has no string \"text\"."),
                Source = Text(root, "source") ?? place,
                Title = Text(root, "title"),
                Author = Text(root, "author"),
                Date = Text(root, "date"),
                Language = Text(root, "language"),
                Url = Text(root, "url"),
                License = Text(root, "license"),
                Metadata = Metadata(root),
            };
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new DataException($"{place}: not JSON: {error.Message}", error);
        }
    }

    /// <summary>Text with U+FFFD in place of halves of surrogate pairs, as every UTF-8 file has it.</summary>
    internal static string WellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1])) i++;
            else return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
        }
        return text;
    }

    internal static IReadOnlyDictionary<string, string> Metadata(JsonElement root)
    {
        if (!root.TryGetProperty("metadata", out var metadata) || metadata.ValueKind != JsonValueKind.Object) return new Dictionary<string, string>();
        var values = new Dictionary<string, string>();
        foreach (var one in metadata.EnumerateObject()) values[one.Name] = one.Value.ValueKind == JsonValueKind.String ? one.Value.GetString()! : one.Value.GetRawText();
        return values;
    }

    private static string? Text(JsonElement root, string name) => root.TryGetProperty(name, out var value) ? value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number when name == "id" => value.GetRawText(),
        _ => null,
    } : null;

    private static void WriteKnown(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null) json.WriteString(name, WellFormed(value));
    }
}
