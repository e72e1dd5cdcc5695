using System.Text.Json;

namespace Loquat.Corpus.Tables;

/// <summary>JSON Lines, a list of objects, or an object that holds such a list. Keys of objects inside are paths with dots.</summary>
internal static class JsonTable
{
    private const int Deepest = 4;

    private static readonly JsonDocumentOptions _options = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };
    private static readonly string[] _lists = ["data", "rows", "examples", "records", "items"];

    public static Table Read(string path, string text, CancellationToken cancellation)
    {
        var columns = new List<string>();
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var rows = new List<(object?[], string)>();
        foreach (var (record, place) in Records(path, text.TrimStart('\uFEFF')))
        {
            cancellation.ThrowIfCancellationRequested();
            if (record.ValueKind == JsonValueKind.String) Add([("text", record)], place);
            else if (record.ValueKind == JsonValueKind.Object) Add(Fields(record, "", place, Deepest), place);
            else throw new DataException($"{place}: a row is an object such as {{\"text\": …, \"label\": …}}, not {Name(record)}.");
        }
        return new(path, columns, true, rows);

        void Add(IEnumerable<(string Name, JsonElement Value)> fields, string place)
        {
            var cells = new Dictionary<int, object?>();
            foreach (var (name, value) in fields)
            {
                if (!places.TryGetValue(name, out var column))
                {
                    places[name] = column = columns.Count;
                    columns.Add(name);
                }
                if (!cells.TryAdd(column, Cell(value))) throw new DataException($"{place}: the key '{name}' occurs twice. Take one of them out.");
            }
            rows.Add(([.. Enumerable.Range(0, columns.Count).Select(i => cells.GetValueOrDefault(i))], place));
        }
    }

    private static IEnumerable<(JsonElement, string)> Records(string path, string text)
    {
        if (IsLines(text))
        {
            var line = 0;
            foreach (var raw in text.Split('\n'))
            {
                line++;
                if (string.IsNullOrWhiteSpace(raw)) continue;
                using var one = Parse(raw, $"{path}, line {line}");
                yield return (one.RootElement, $"{path}, line {line}");
            }
            yield break;
        }
        using var whole = Parse(text, path);
        var root = whole.RootElement;
        foreach (var name in _lists)
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array) root = list;
        if (root.ValueKind != JsonValueKind.Array)
        {
            yield return (root, path);
            yield break;
        }
        var number = 0;
        foreach (var record in root.EnumerateArray()) yield return (record, $"{path}, row {++number}");
    }

    private static bool IsLines(string text)
    {
        var begin = text.AsSpan().TrimStart();
        if (begin.IsEmpty || begin[0] == '[') return begin.IsEmpty;
        var end = begin.IndexOf('\n');
        if (end < 0) return true;
        // A first line that is whole has others below it.
        try
        {
            using var first = JsonDocument.Parse(begin[..end].ToString(), _options);
            return true;
        }
        catch (JsonException)
        {
            // One that is not may be the beginning of a whole file, or a damaged line.
            return !IsWhole(text);
        }
    }

    private static bool IsWhole(string text)
    {
        try
        {
            using var whole = JsonDocument.Parse(text, _options);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static JsonDocument Parse(string text, string place)
    {
        try
        {
            return JsonDocument.Parse(text, _options);
        }
        catch (JsonException error)
        {
            throw new DataException($"{place}: cannot be read as JSON: {error.Message}", error);
        }
    }

    private static IEnumerable<(string, JsonElement)> Fields(JsonElement record, string prefix, string place, int deepest)
    {
        foreach (var field in record.EnumerateObject())
        {
            if (field.Value.ValueKind == JsonValueKind.Object && deepest > 0)
                foreach (var inner in Fields(field.Value, $"{prefix}{field.Name}.", place, deepest - 1)) yield return inner;
            else yield return (prefix + field.Name, field.Value);
        }
    }

    private static object? Cell(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Array => value.EnumerateArray().Select(Text).ToArray(),
        _ => Text(value),
    };

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Null => "",
        _ => value.GetRawText(),
    };

    private static string Name(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "a list",
        JsonValueKind.Null => "null",
        _ => value.GetRawText(),
    };
}
