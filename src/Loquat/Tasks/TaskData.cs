using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loquat.Corpus.Collection.Records;

namespace Loquat.Tasks;

/// <summary>Finds and reads the records of a task.</summary>
public static class TaskData
{
    /// <summary>Whether a path of a task file stays below the folder that it starts from.</summary>
    public static bool StaysInside(string path) =>
        path.Length > 0 && !Path.IsPathRooted(path) && !path.Contains('\0') && !path.Contains(':') && path[0] is not ('/' or '\\') && !path.Split('/', '\\').Contains("..");

    /// <summary>The records of the first source whose files are there.</summary>
    /// <param name="folders">Where to look: the task's own folder, then the data folder.</param>
    /// <param name="what">What errors call it.</param>
    /// <exception cref="DataException">No source is there, or a file is not what it should be.</exception>
    public static IReadOnlyList<JsonObject> Read(IReadOnlyList<TaskSource> sources, IReadOnlyList<string> folders, string what)
    {
        foreach (var source in sources)
            foreach (var folder in folders)
                if (Find(source, folder) is { } files) return [.. Records(source, files, what)];
        var wanted = string.Join("; or ", sources.Select(s => string.Join(" and ", s.Paths.Values)));
        throw new DataException(folders.Count == 0
            ? $"{what}: say with --data in which folder its files are: {wanted}."
            : $"{what}: there is no {wanted} in {string.Join(" or ", folders)}. Bring the files there, or name another folder with --data.");
    }

    private static Dictionary<string, string[]>? Find(TaskSource source, string folder)
    {
        var found = new Dictionary<string, string[]>();
        foreach (var (name, path) in source.Paths)
        {
            var place = Path.Combine(folder, path);
            var parent = Path.GetDirectoryName(place)!;
            if (!Directory.Exists(parent)) return null;
            string[] files = path.Contains('*') ? [.. Directory.EnumerateFiles(parent, Path.GetFileName(place)).Order(StringComparer.Ordinal)] : File.Exists(place) ? [place] : [];
            if (files.Length == 0) return null;
            found[name] = files;
        }
        return found;
    }

    private static IEnumerable<JsonObject> Records(TaskSource source, Dictionary<string, string[]> files, string what)
    {
        var number = 0;
        foreach (var record in files.Count > 1 ? SideBySide(files) : files.Values.Single().SelectMany(file => Records(source, file).Select(record => Named(record, file, source))))
        {
            number++;
            try
            {
                foreach (var (name, template) in source.Fields) record[name] = template.Value(record);
                if (source.Where is { } where && !IsTrue(where.Value(record))) continue;
            }
            catch (DataException error)
            {
                throw new DataException($"{what}, record {number}: {error.Message}. Its fields are {string.Join(", ", record.Select(f => f.Key))}.", error);
            }
            yield return record;
        }
    }

    // Of several files each may be a subject.
    private static JsonObject Named(JsonObject record, string file, TaskSource source)
    {
        if (source.Paths.Values.Any(path => path.Contains('*'))) record.TryAdd("file", Path.GetFileNameWithoutExtension(file));
        return record;
    }

    private static IEnumerable<JsonObject> Records(TaskSource source, string file) => source.Layout switch
    {
        TaskLayout.Hellaswag => Hellaswag(file),
        TaskLayout.Squad => Squad(file),
        TaskLayout.Stereoset => Stereoset(file),
        _ => RecordTable.Read(file, source.Format ?? RecordTable.FormatOf(file) ?? throw new DataException($"{file}: its name does not tell its format; give one in the task: 'format: jsonl'."), source.Columns.Count > 0 ? source.Columns : null),
    };

    private static IEnumerable<JsonObject> SideBySide(Dictionary<string, string[]> files)
    {
        var columns = files.Select(f => (f.Key, Lines: f.Value.SelectMany(path => RecordTable.Read(path, RecordFormat.Text)).Select(r => r["text"]!.GetValue<string>()).ToList())).ToList();
        if (columns.Select(c => c.Lines.Count).Distinct().Count() > 1)
            throw new DataException($"{string.Join(", ", columns.Select(c => $"{files[c.Key][0]} has {c.Lines.Count} lines"))}; files read side by side have equally many.");
        for (var i = 0; i < columns[0].Lines.Count; i++)
        {
            var record = new JsonObject { ["line"] = i + 1 };
            foreach (var (name, lines) in columns) record[name] = lines[i];
            yield return record;
        }
    }

    private static IEnumerable<JsonObject> Hellaswag(string file)
    {
        foreach (var lines in RecordTable.Read(file, RecordFormat.Text).Chunk(6))
        {
            string[] texts = [.. lines.Select(line => line["text"]!.GetValue<string>())];
            if (texts.Length < 6 && texts.All(string.IsNullOrWhiteSpace)) yield break;
            if (texts.Length < 6 || !int.TryParse(texts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var gold) || gold > 3)
                throw new DataException($"{file}, line {lines[0]["line"]}: a record has six lines: the question, the number of the right ending from 0 to 3, four endings.");
            yield return new JsonObject { ["query"] = texts[0], ["gold"] = gold, ["choices"] = new JsonArray([.. texts[2..].Select(t => JsonValue.Create(t))]) };
        }
    }

    private static IEnumerable<JsonObject> Squad(string file)
    {
        foreach (var article in RecordTable.Read(file, RecordFormat.Json))
        {
            foreach (var paragraph in List(article, "paragraphs", file))
            {
                foreach (var question in List(paragraph, "qas", file))
                {
                    yield return new JsonObject
                    {
                        ["id"] = question["id"]?.DeepClone(),
                        ["title"] = article["title"]?.GetValue<string>() ?? "",
                        ["context"] = paragraph["context"]?.DeepClone(),
                        ["question"] = question["question"]?.DeepClone(),
                        ["answers"] = new JsonArray([.. List(question, "answers", file).Select(a => a["text"]?.DeepClone())]),
                        ["is_impossible"] = question["is_impossible"]?.DeepClone() ?? false,
                    };
                }
            }
        }
    }

    private static IEnumerable<JsonObject> Stereoset(string file)
    {
        foreach (var root in RecordTable.Read(file, RecordFormat.Json))
        {
            // The list may be that of the intrasentence tests already.
            var tests = (root["data"] as JsonObject ?? root)["intrasentence"] is JsonArray list ? list.OfType<JsonObject>() : [root];
            foreach (var test in tests)
            {
                var record = new JsonObject { ["target"] = test["target"]?.DeepClone(), ["bias_type"] = test["bias_type"]?.DeepClone(), ["context"] = test["context"]?.DeepClone() };
                foreach (var sentence in List(test, "sentences", file))
                    if (sentence["gold_label"]?.GetValue<string>() is { } label) record[label == "anti-stereotype" ? "antistereotype" : label] = sentence["sentence"]?.DeepClone();
                yield return record;
            }
        }
    }

    private static IEnumerable<JsonObject> List(JsonObject record, string name, string file) =>
        record[name] is JsonArray list ? list.OfType<JsonObject>() : throw new DataException($"{file}: a record has no list '{name}'; this is not the layout that the task expects.");

    private static bool IsTrue(JsonNode? value) => value?.GetValueKind() switch
    {
        null or JsonValueKind.Null or JsonValueKind.False => false,
        JsonValueKind.Number => value.GetValue<double>() != 0,
        JsonValueKind.String => value.GetValue<string>() is { Length: > 0 } text && text is not ("false" or "False" or "0"),
        _ => true,
    };
}
