using System.Text;
using System.Text.Json;
using Loquat.Corpus.Collection.Posts;
using Loquat.Corpus.Collection.Reading;

namespace Loquat.Corpus.Collection.Records;

/// <summary>JSON and JSON Lines: a document for each object; exports of social media are known by their keys. Lines of arrays below a line of names are rows.</summary>
internal sealed class JsonRecordReader : IContentReader
{
    private const int LargestRecord = 64 << 20;
    private const int DeepestJson = 128;

    public IEnumerable<Document> Read(Content content, ReadingContext context)
    {
        var begin = Begin(content.Head);
        var posts = new PostThreads(content, context);
        var fields = new RecordFields(context.Options);
        List<string>? names = null;
        var any = false;
        foreach (var (json, place, fault) in Values(content, context, begin))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            any = true;
            if (fault is not null)
            {
                context.Reject(content, fault, place);
                continue;
            }
            var root = json!.RootElement;
            if (root.ValueKind == JsonValueKind.Array && root.GetArrayLength() > 0 && root.EnumerateArray().All(v => v.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array)))
            {
                var row = root.EnumerateArray().Select(Text).ToList();
                if (names is null)
                {
                    names = row;
                    continue;
                }
                var record = row.Select((value, i) => KeyValuePair.Create(i < names.Count ? names[i] : $"{i + 1}", value)).ToList();
                if (fields.Document(record, content, place) is { } document) yield return document;
                else context.Reject(content, "the row has no text", place);
                continue;
            }
            foreach (var one in Records(root))
                foreach (var document in Documents(one, place, content, context, fields, posts)) yield return document;
        }
        foreach (var document in posts.Finish()) yield return document;
        if (!any) context.Reject(content, "there are no records in it");
    }

    private static IEnumerable<Document> Documents(JsonElement record, string place, Content content, ReadingContext context, RecordFields fields, PostThreads posts)
    {
        if (record.ValueKind == JsonValueKind.String && record.GetString() is { Length: > 0 } bare)
        {
            yield return new Document { Id = $"{content.Source}#{place}", Text = bare, Source = content.Source };
            yield break;
        }
        if (record.ValueKind != JsonValueKind.Object)
        {
            context.Reject(content, $"a record is an object, not {record.ValueKind}", place);
            yield break;
        }
        if (context.Options.TextField is null && Post.Of(record) is { } post)
        {
            foreach (var document in posts.Add(post, place)) yield return document;
            yield break;
        }
        if (fields.Document(Flat(record), content, place) is { } plain) yield return plain;
        else context.Reject(content, "the record has no text", place);
    }

    /// <summary>The objects that are records: those of the list that an export wraps them in, else the object itself.</summary>
    private static IEnumerable<JsonElement> Records(JsonElement root)
    {
        if (root.ValueKind == JsonValueKind.Array)
        {
            foreach (var one in root.EnumerateArray()) yield return one;
            yield break;
        }
        if (root.ValueKind == JsonValueKind.Object && Post.Of(root) is null)
        {
            foreach (var name in (string[])["statuses", "messages", "orderedItems", "items", "data", "tweets", "posts", "comments", "records", "rows", "results", "documents", "hits", "children"])
                if (root.TryGetProperty(name, out var list))
                {
                    if (list.ValueKind == JsonValueKind.Object && list.TryGetProperty("children", out var children)) list = children;
                    if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0 || list.EnumerateArray().First().ValueKind != JsonValueKind.Object) continue;
                    foreach (var one in list.EnumerateArray()) yield return one;
                    yield break;
                }
        }
        yield return root;
    }

    private static IEnumerable<(JsonDocument? Json, string Place, string? Fault)> Values(Content content, ReadingContext context, JsonForm form)
    {
        if (form == JsonForm.Object)
        {
            var bytes = content.ReadAll();
            yield return Parse(bytes, "1");
            yield break;
        }
        foreach (var slice in new JsonValues(Utf8(content, context), LargestRecord).Read(form == JsonForm.Array))
        {
            var place = form == JsonForm.Array ? $"{slice.Number}" : $"{slice.Number}";
            if (slice.Fault is not null)
            {
                yield return (null, place, slice.Fault);
                continue;
            }
            var value = Parse(slice.Json, place);
            yield return value;
            value.Json?.Dispose();
        }
    }

    private static (JsonDocument? Json, string Place, string? Fault) Parse(ReadOnlyMemory<byte> bytes, string place)
    {
        if (bytes.Span.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) bytes = bytes[3..];
        // Twitter's archive assigns its list to a variable.
        if (bytes.Span.StartsWith("window.YTD"u8) && bytes.Span.IndexOf((byte)'=') is > 0 and var assigned) bytes = bytes[(assigned + 1)..];
        try
        {
            return (JsonDocument.Parse(bytes, new() { MaxDepth = DeepestJson, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip }), place, null);
        }
        catch (JsonException error)
        {
            return (null, place, $"not JSON: {error.Message}");
        }
    }

    // JSON is UTF-8; files of Windows are sometimes UTF-16.
    private static Stream Utf8(Content content, ReadingContext context)
    {
        var head = content.Head;
        if (head.Length < 2 || !(head[0] is 0xFF or 0xFE || head[0] == 0 || head[1] == 0)) return content.Stream;
        return new MemoryStream(Encoding.UTF8.GetBytes(content.ReadText(context.Options)));
    }

    private enum JsonForm { Lines, Array, Object }

    private static JsonForm Begin(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) head = head[3..];
        var begin = head.TrimStart(" \t\r\n"u8);
        if (begin.StartsWith("window.YTD"u8)) return JsonForm.Array;
        if (begin.IsEmpty) return JsonForm.Lines;
        var end = begin.IndexOf((byte)'\n');
        var line = end >= 0 ? begin[..end].TrimEnd("\r "u8) : begin;
        var whole = IsValue(line);
        if (begin[0] == '[') return whole && end >= 0 && begin[(end + 1)..].TrimStart(" \t\r\n"u8) is { IsEmpty: false } rest && rest[0] is (byte)'[' or (byte)'{' ? JsonForm.Lines : JsonForm.Array;
        return whole || end < 0 && head.Length == HeadLength ? JsonForm.Lines : JsonForm.Object;
    }

    private const int HeadLength = Containers.HeadStream.Looked;

    private static bool IsValue(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = DeepestJson });
            if (!reader.Read()) return false;
            reader.Skip();
            return !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>An object's values by their names; those of objects inside by a path with dots.</summary>
    private static List<KeyValuePair<string, string>> Flat(JsonElement record)
    {
        var fields = new List<KeyValuePair<string, string>>();
        Add(record, "", 0);
        return fields;

        void Add(JsonElement element, string prefix, int depth)
        {
            foreach (var field in element.EnumerateObject())
            {
                if (field.Value.ValueKind == JsonValueKind.Object && depth < 4) Add(field.Value, $"{prefix}{field.Name}.", depth + 1);
                else if (field.Value.ValueKind != JsonValueKind.Null) fields.Add(new(prefix + field.Name, Text(field.Value)));
            }
        }
    }

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Null => "",
        JsonValueKind.Array when value.GetArrayLength() > 0 && value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.String) => string.Join("; ", value.EnumerateArray().Select(v => v.GetString())),
        _ => value.GetRawText(),
    };
}
