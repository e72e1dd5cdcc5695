using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loquat.Text.Datasets;

namespace Loquat.Tasks;

/// <summary>A record of a task made into what a model is asked.</summary>
public sealed record TaskDocument
{
    /// <summary>Its place in the data, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>What is scored, or one question to be answered: a prompt, with the text behind it. Of choices, one each.</summary>
    public required IReadOnlyList<(string Context, string Continuation)> Requests { get; init; }

    /// <summary>The choices without what stands before them, whose lengths the scores are divided by.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>The number of the right choice.</summary>
    public int Gold { get; init; }

    /// <summary>The right answers of a generation.</summary>
    public IReadOnlyList<string> Answers { get; init; } = [];

    public string? Category { get; init; }

    /// <summary>The question with its right answer, without what stands before it.</summary>
    public string Text { get; init; } = "";

    public required JsonObject Record { get; init; }
}

/// <summary>Makes documents of the records of a task, examples before each.</summary>
internal sealed class TaskDocuments
{
    private readonly TaskDefinition _task;
    private readonly List<(int Index, string Text)> _examples = [];
    private readonly int _count;

    private TaskDocuments(TaskDefinition task, int count) => (_task, _count) = (task, count);

    /// <param name="folders">Where data is.</param>
    /// <param name="limit">The most documents; null: all.</param>
    /// <returns>The documents, and what the prompts of most of them begin with.</returns>
    /// <exception cref="DataException">The data is not there, or a record lacks what the templates ask for.</exception>
    public static (List<TaskDocument> Documents, string Shared) Read(TaskDefinition task, IReadOnlyList<string> folders, int? limit)
    {
        var records = TaskData.Read(task.Data, folders, $"task {task.Name}");
        if (records.Count == 0) throw new DataException($"task {task.Name}: its data holds no records.");
        var shots = task.FewShot;
        var own = shots.Data.Count == 0;
        var documents = new TaskDocuments(task, shots.Count);
        if (shots.Count > 0) documents.Draw(own ? records : TaskData.Read(shots.Data, folders, $"few_shot of task {task.Name}"), own);
        return ([.. records.Take(limit ?? int.MaxValue).Select((record, i) => documents.Guarded(record, i, () => documents.Document(record, i) with { Text = documents.Whole(record) }))], documents.Before(-1));
    }

    // What stands before a question.
    private string Before(int index) => _task.Description + string.Concat(_examples.Where(e => e.Index != index || index < 0).Take(_count).Select(e => e.Text + _task.FewShot.Separator));

    // One more than needed: where examples come from the questions themselves, none is its own.
    private void Draw(IReadOnlyList<JsonObject> records, bool own)
    {
        var wanted = _count + (own ? 1 : 0);
        if (records.Count < wanted) throw new DataException($"task {_task.Name}: {_count} examples are asked for, and there are {records.Count - (own ? 1 : 0)}.");
        var order = new Permutation(records.Count, _task.FewShot.Seed);
        for (var place = 0; place < wanted; place++)
        {
            var index = (int)order[place];
            _examples.Add((own ? index : -1, Guarded(records[index], index, () => Example(records[index]))));
        }
    }

    private T Guarded<T>(JsonObject record, int index, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (DataException error)
        {
            throw new DataException($"task {_task.Name}, record {index + 1}: {error.Message}. Its fields are {string.Join(", ", record.Select(f => f.Key))}.", error);
        }
    }

    private string Whole(JsonObject record) => _task.Kind == TaskKind.Perplexity ? _task.Text!.Render(record) : Example(record);

    private string Example(JsonObject record)
    {
        if (_task.Kind == TaskKind.Perplexity) throw new DataException("a perplexity task has no examples");
        var target = _task.Kind switch
        {
            TaskKind.MultipleChoice when _task.Prompts is null => Choices(record) is var choices ? choices[Gold(record, choices)] : "",
            TaskKind.Generation when _task.Target is null => _task.Answers!.Texts(record) is [var first, ..] ? first : "",
            _ => _task.Target!.Render(record),
        };
        var prompt = _task.Prompts is { } several ? several.Texts(record) is var prompts ? prompts[Gold(record, prompts)] : "" : _task.Prompt!.Render(record);
        return prompt + _task.Delimiter + target;
    }

    private TaskDocument Document(JsonObject record, int index)
    {
        var before = Before(index);
        var category = _task.Category?.Render(record);
        switch (_task.Kind)
        {
            case TaskKind.MultipleChoice when _task.Prompts is { } several:
                {
                    var (prompts, target) = (several.Texts(record), _task.Target!.Render(record));
                    return new() { Index = index, Requests = [.. prompts.Select(prompt => (before + prompt, _task.Delimiter + target))], Choices = prompts, Gold = Gold(record, prompts), Category = category, Record = record };
                }
            case TaskKind.MultipleChoice:
                {
                    var (prompt, choices) = (before + _task.Prompt!.Render(record), Choices(record));
                    return new() { Index = index, Requests = [.. choices.Select(choice => (prompt, _task.Delimiter + choice))], Choices = choices, Gold = Gold(record, choices), Category = category, Record = record };
                }
            case TaskKind.Continuation:
                return new() { Index = index, Requests = [(before + _task.Prompt!.Render(record), _task.Delimiter + _task.Target!.Render(record))], Category = category, Record = record };
            case TaskKind.Generation:
                return new() { Index = index, Requests = [(before + _task.Prompt!.Render(record), "")], Answers = _task.Answers!.Texts(record), Category = category, Record = record };
            default:
                return new() { Index = index, Requests = [("", _task.Text!.Render(record))], Category = category, Record = record };
        }
    }

    private IReadOnlyList<string> Choices(JsonObject record)
    {
        var choices = _task.Choices is [var one] ? one.Texts(record) : [.. _task.Choices.Select(c => c.Render(record))];
        return choices.Count >= 2 ? choices : throw new DataException($"there is {choices.Count} choice; a question has 2 or more");
    }

    private int Gold(JsonObject record, IReadOnlyList<string> choices)
    {
        var value = _task.Gold!.Value(record);
        var text = value is null ? "" : value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();
        var index = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : choices.ToList().IndexOf(text) is >= 0 and var at ? at
            : text is [>= 'A' and <= 'Z'] ? text[0] - 'A' : -1;
        return index >= 0 && index < choices.Count ? index : throw new DataException($"the right choice is '{text}'; it must be a number from 0 to {choices.Count - 1}, a letter, or one of the choices");
    }
}
