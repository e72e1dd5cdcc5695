using System.Text.Json;

namespace Loquat.Corpus.Tables;

/// <summary>The values of a file of JSON Lines, of a list, or of an object that holds such a list.</summary>
internal static class JsonRecords
{
    private static readonly JsonDocumentOptions _options = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };
    private static readonly string[] _lists = ["data", "rows", "examples", "records", "items"];

    /// <param name="path">For errors.</param>
    /// <param name="text">Of the file.</param>
    /// <returns>Each value, good until the next is read, and where it stands.</returns>
    /// <exception cref="DataException">It is no JSON; the message tells the line.</exception>
    public static IEnumerable<(JsonElement Value, string Place)> Read(string path, string text)
    {
        text = text.TrimStart('\uFEFF');
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
}
