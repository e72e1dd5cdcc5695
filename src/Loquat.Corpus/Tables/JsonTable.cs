using System.Text.Json;

namespace Loquat.Corpus.Tables;

/// <summary>JSON Lines, a list of objects, or an object that holds such a list. Keys of objects inside are paths with dots.</summary>
internal static class JsonTable
{
    private const int Deepest = 4;

    public static Table Read(string path, string text, CancellationToken cancellation)
    {
        var columns = new List<string>();
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var rows = new List<(object?[], string)>();
        foreach (var (record, place) in JsonRecords.Read(path, text))
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
