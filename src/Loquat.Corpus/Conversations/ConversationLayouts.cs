using System.Text.Json.Nodes;
using Loquat.Text.Conversations;

namespace Loquat.Corpus.Conversations;

/// <summary>The layouts of conversations: messages, ShareGPT's, Alpaca's, prompt and completion, questions and answers.</summary>
internal static class ConversationLayouts
{
    private static readonly string[] _lists = ["messages", "conversations", "conversation", "dialogue"];
    private static readonly (string Question, string Answer)[] _pairs = [("prompt", "completion"), ("prompt", "response"), ("instruction", "response"), ("question", "answer"), ("input", "output")];

    /// <summary>The conversations of a record: one, or as many as it has instances.</summary>
    /// <exception cref="DataException">It is of none of the layouts.</exception>
    public static IEnumerable<Conversation> Read(JsonObject record, string place)
    {
        var tools = Turns.Tools(record, place);
        if (record["instances"] is JsonArray instances && Turns.Text(record, "instruction") is { } task)
            return instances.OfType<JsonObject>().Select(instance => new Conversation([Turns.Of(Turns.User, Asked(task, Turns.Text(instance, "input"))), Turns.Of(Turns.Assistant, Turns.Text(instance, "output") ?? "")], place)).ToList();
        return [new Conversation(Messages(record, place), place) { Tools = tools }];
    }

    /// <summary>What is said before an answer, of preferences; null where the record does not say it by itself.</summary>
    public static JsonArray? Prompt(JsonObject record, string place)
    {
        if (List(record) is { } key) return WithSystem(record, Turns.Read(record[key], key, place));
        if (Turns.Text(record, "instruction") is { } instruction) return WithSystem(record, [.. History(record, place), Turns.Of(Turns.User, Asked(instruction, Turns.Text(record, "input")))]);
        if (record["prompt"] is JsonArray list) return WithSystem(record, Turns.Read(list, "prompt", place));
        return (Turns.Text(record, "prompt") ?? Turns.Text(record, "question")) is { } prompt ? WithSystem(record, [Turns.Of(Turns.User, prompt)]) : null;
    }

    private static JsonArray Messages(JsonObject record, string place)
    {
        if (List(record) is { } key) return WithSystem(record, Turns.Read(record[key], key, place));
        if (Turns.Text(record, "instruction") is { } instruction && Turns.Text(record, "output") is { } output)
            return WithSystem(record, [.. History(record, place), Turns.Of(Turns.User, Asked(instruction, Turns.Text(record, "input"))), Turns.Of(Turns.Assistant, output)]);
        if (record["prompt"] is JsonArray prompt && record["completion"] is JsonArray completion)
            return WithSystem(record, [.. Turns.Read(prompt, "prompt", place).Concat(Turns.Read(completion, "completion", place)).Select(turn => turn!.DeepClone())]);
        foreach (var (question, answer) in _pairs)
            if (Turns.Text(record, question) is { } asked && Turns.Text(record, answer) is { } said) return WithSystem(record, [Turns.Of(Turns.User, asked), Turns.Of(Turns.Assistant, said)]);
        if (record["chosen"] is not null && record["rejected"] is not null) throw new DataException($"{place}: these are preferences (chosen, rejected). Learn from them with objective.type: preference.");
        throw new DataException($"{place}: this is no conversation: it has {(record.Count == 0 ? "no keys" : string.Join(", ", record.Select(pair => $"'{pair.Key}'")))}. Known are {string.Join(", ", _lists.Select(list => $"'{list}'"))}, " +
            $"'instruction' with 'output' (and 'input'), {string.Join(", ", _pairs.Select(pair => $"'{pair.Question}' with '{pair.Answer}'"))}.");
    }

    private static string? List(JsonObject record) => _lists.FirstOrDefault(list => record[list] is JsonArray);

    /// <summary>What LLaMA-Factory's files hold of earlier turns: pairs of question and answer.</summary>
    private static IEnumerable<JsonNode?> History(JsonObject record, string place)
    {
        if (record["history"] is not JsonArray history) yield break;
        foreach (var pair in history)
        {
            if (pair is not JsonArray { Count: 2 } both || both.Any(text => text is not JsonValue value || !value.TryGetValue<string>(out _))) throw new DataException($"{place}: 'history' must be a list of pairs of texts.");
            yield return Turns.Of(Turns.User, both[0]!.GetValue<string>());
            yield return Turns.Of(Turns.Assistant, both[1]!.GetValue<string>());
        }
    }

    private static string Asked(string instruction, string? input) => string.IsNullOrWhiteSpace(input) ? instruction : $"{instruction}\n{input}";

    private static JsonArray WithSystem(JsonObject record, JsonArray messages)
    {
        if (Turns.Text(record, "system") is { Length: > 0 } system && (messages.Count == 0 || messages[0]?["role"]?.GetValue<string>() != Turns.System)) messages.Insert(0, Turns.Of(Turns.System, system));
        return messages;
    }
}
