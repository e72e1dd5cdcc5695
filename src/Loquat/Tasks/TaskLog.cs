using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Loquat.Tasks;

/// <summary>
/// What each document was asked and what came, a line each, behind a line that says of which task and model. A line is written whole before the next document begins; what a kill cut off is
/// asked again.
/// </summary>
internal sealed class TaskLog : IDisposable
{
    private static readonly JsonSerializerOptions _plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly FileStream _file;
    private readonly TaskDefinition _task;

    private TaskLog(FileStream file, TaskDefinition task) => (_file, _task) = (file, task);

    /// <summary>Opens the log of a task and takes from it what was scored already.</summary>
    /// <exception cref="OptionsException">The file holds the answers of another model, or to other questions.</exception>
    /// <exception cref="MachineException">It cannot be written.</exception>
    public static TaskLog Open(string folder, ITaskModel model, TaskDefinition task, IReadOnlyList<TaskDocument> documents, TaskScore?[] scores)
    {
        try
        {
            Directory.CreateDirectory(folder);
            var path = Path.Combine(folder, $"{string.Concat(task.Name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '_'))}.jsonl");
            var header = new JsonObject { ["task"] = task.Name, ["model"] = model.Fingerprint, ["questions"] = Fingerprint(task, documents), ["few_shot"] = task.FewShot.Count }.ToJsonString(_plain);
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            var end = Take(file, path, header, scores);
            file.SetLength(end);
            file.Position = end;
            if (end == 0) file.Write(Encoding.UTF8.GetBytes(header + "\n"));
            file.Flush();
            return new(file, task);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new MachineException($"{folder}: cannot be written: {error.Message} Name another folder.", error);
        }
    }

    public void Write(TaskDocument document, TaskScore score)
    {
        var line = new JsonObject { ["index"] = document.Index };
        if (document.Category is { } category) line["category"] = category;
        line["prompt"] = document.Requests[0].Context;
        if (document.Requests.Select(r => r.Context).Distinct().Count() > 1) line["prompts"] = Array(document.Requests.Select(r => (JsonNode)r.Context));
        if (_task.Kind != TaskKind.Generation) line["continuations"] = Array(document.Requests.Select(r => (JsonNode)r.Continuation));
        if (_task.Kind == TaskKind.MultipleChoice) line["gold"] = document.Gold;
        if (_task.Kind == TaskKind.Generation)
        {
            line["answers"] = Array(document.Answers.Select(a => (JsonNode)a));
            line["outputs"] = Array(score.Outputs.Select(o => (JsonNode)o));
        }
        else
        {
            line["logprobs"] = Array(score.LogProbabilities.Select(p => (JsonNode)p));
            line["tokens"] = Array(score.Tokens.Select(t => (JsonNode)t));
            line["greedy"] = Array(score.Greedy.Select(g => (JsonNode)g));
        }
        foreach (var metric in TaskMetrics.Of(_task, [document], [score]))
            if (metric.Values is [var value] && double.IsFinite(value)) line[metric.Name] = value;
        _file.Write(Encoding.UTF8.GetBytes(line.ToJsonString(_plain) + "\n"));
        _file.Flush();
    }

    public void Dispose() => _file.Dispose();

    // Up to the last whole line.
    private static long Take(FileStream file, string path, string header, TaskScore?[] scores)
    {
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        var end = 0;
        while (bytes.AsSpan(end).IndexOf((byte)'\n') is >= 0 and var length)
        {
            var line = Encoding.UTF8.GetString(bytes, end, length);
            if (end == 0)
            {
                if (line != header) throw new OptionsException($"{path} holds other answers: those of another model, or to other questions. Name another folder, or delete the file.\n  there: {line}\n  now:   {header}");
            }
            else
            {
                var json = Parse(line, path);
                var index = json["index"]!.GetValue<int>();
                if (index >= 0 && index < scores.Length) scores[index] = Score(json);
            }
            end += length + 1;
        }
        return end;
    }

    private static JsonObject Parse(string line, string path)
    {
        try
        {
            return (JsonObject)JsonNode.Parse(line)!;
        }
        catch (Exception error) when (error is JsonException or InvalidCastException)
        {
            throw new DataException($"{path}: a line is damaged: {error.Message} Delete the file to begin anew.", error);
        }
    }

    private static TaskScore Score(JsonObject json)
    {
        IReadOnlyList<T> List<T>(string name) => json[name] is JsonArray list ? [.. list.Select(v => v!.GetValue<T>())] : [];
        return new() { LogProbabilities = List<double>("logprobs"), Tokens = List<int>("tokens"), Greedy = List<bool>("greedy"), Outputs = List<string>("outputs") };
    }

    private static JsonArray Array(IEnumerable<JsonNode> values) => [.. values];

    private static string Fingerprint(TaskDefinition task, IReadOnlyList<TaskDocument> documents)
    {
        var hash = new XxHash3();
        void Add(string text)
        {
            hash.Append(Encoding.UTF8.GetBytes(text));
            hash.Append([0]);
        }
        Add(task.Source);
        foreach (var document in documents)
        {
            Add(document.Gold.ToString(CultureInfo.InvariantCulture));
            foreach (var (context, continuation) in document.Requests) Add($"{context}\0{continuation}");
            foreach (var answer in document.Answers) Add(answer);
        }
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}
