using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loquat.Corpus.Tables;
using Loquat.Text.Collection;
using Loquat.Text.Conversations;

namespace Loquat.Corpus.Conversations;

/// <summary>Reads conversations and preferences in the layouts in which they are published; docs/chat.md tells them.</summary>
public static class ConversationFile
{
    /// <summary>What it reads, for messages.</summary>
    public const string Kinds = "JSON Lines (.jsonl), a JSON list (.json), either compressed (.gz), or a table with such columns (.csv, .tsv, .parquet)";

    private static readonly JsonDocumentOptions _once = new() { AllowDuplicateProperties = false, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <param name="path">A file.</param>
    /// <param name="preferences">Whether each is to have a preferred answer and another.</param>
    /// <exception cref="DataException">It is missing or damaged, or a row is of none of the layouts; the message tells the line.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two rows.</exception>
    public static IEnumerable<Conversation> Read(string path, bool preferences, CancellationToken cancellation = default)
    {
        if (!File.Exists(path)) throw new DataException($"{path}: there is no such file. Give {Kinds}.");
        foreach (var (record, place) in Records(path, cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var conversation in preferences ? [PreferenceLayouts.Read(record, place)] : ConversationLayouts.Read(record, place)) yield return conversation;
        }
    }

    private static IEnumerable<(JsonObject Record, string Place)> Records(string path, CancellationToken cancellation)
    {
        var name = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        return Path.GetExtension(name).ToLowerInvariant() is ".json" or ".jsonl" or ".ndjson" ? Objects(path) : Rows(path, cancellation);
    }

    private static IEnumerable<(JsonObject, string)> Objects(string path)
    {
        foreach (var (value, place) in JsonRecords.Read(path, ReadText(path)))
        {
            if (value.ValueKind != JsonValueKind.Object) throw new DataException($"{place}: a conversation is an object such as {{\"messages\": …}} or {{\"instruction\": …, \"output\": …}}.");
            yield return (Object(value.GetRawText(), place), place);
        }
    }

    private static JsonObject Object(string json, string place)
    {
        try
        {
            return JsonNode.Parse(json, null, _once)!.AsObject();
        }
        catch (JsonException error)
        {
            throw new DataException($"{place}: {error.Message}", error);
        }
    }

    private static IEnumerable<(JsonObject, string)> Rows(string path, CancellationToken cancellation)
    {
        var table = TableFile.Read(path, cancellation);
        for (var row = 0; row < table.Count; row++)
        {
            var record = new JsonObject();
            for (var column = 0; column < table.Columns.Count; column++)
                if (table.Text(row, column) is { } text) record[table.Columns[column]] = text;
            yield return (record, table.Place(row));
        }
    }

    private static string ReadText(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            var compressed = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
            file.Position = 0;
            using var reader = new StreamReader(new CheckedUtf8Stream(compressed ? new GZipStream(file, CompressionMode.Decompress) : file, path), new UTF8Encoding(false));
            return reader.ReadToEnd();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new DataException($"{path}: cannot be read: {error.Message}", error);
        }
    }
}
