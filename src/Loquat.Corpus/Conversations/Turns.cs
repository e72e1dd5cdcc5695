using System.Text.Json.Nodes;

namespace Loquat.Corpus.Conversations;

/// <summary>Messages in the form that chat templates take, from whatever a file calls them.</summary>
internal static class Turns
{
    public const string System = "system", User = "user", Assistant = "assistant", Tool = "tool";

    private static readonly Dictionary<string, string> _roles = new(StringComparer.OrdinalIgnoreCase)
    {
        ["human"] = User,
        ["user"] = User,
        ["prompter"] = User,
        ["gpt"] = Assistant,
        ["assistant"] = Assistant,
        ["model"] = Assistant,
        ["chatgpt"] = Assistant,
        ["bot"] = Assistant,
        ["system"] = System,
        ["developer"] = "developer",
        ["tool"] = Tool,
        ["observation"] = Tool,
        ["function"] = Tool,
        ["function_call"] = "function_call",
    };

    public static JsonObject Of(string role, string content) => new() { ["role"] = role, ["content"] = content };

    /// <summary>A list of messages, or one, in either of the two usual forms: role and content, or from and value.</summary>
    /// <exception cref="DataException">It is none.</exception>
    public static JsonArray Read(JsonNode? node, string key, string place)
    {
        var messages = new JsonArray();
        foreach (var message in node switch { JsonArray list => list, JsonObject one => (IEnumerable<JsonNode?>)[one], _ => throw Wrong(place, key) })
            messages.Add(message is JsonObject turn ? Turn(turn, $"{place}, {key} {messages.Count + 1}") : throw Wrong(place, key));
        return messages;
    }

    /// <summary>Functions that may be called; a text that holds the list is read too. Null: none.</summary>
    /// <exception cref="DataException">It is no list.</exception>
    public static JsonArray? Tools(JsonObject record, string place) => record["tools"] switch
    {
        null => null,
        JsonArray list => list.Count == 0 ? null : list.DeepClone().AsArray(),
        JsonValue value when value.TryGetValue<string>(out var text) => text.Trim().Length == 0 ? null : Parse(text, place) is JsonArray { } list ? list.Count == 0 ? null : list : throw new DataException($"{place}: 'tools' is a text that holds no JSON list."),
        _ => throw new DataException($"{place}: 'tools' must be a list of descriptions of functions."),
    };

    /// <summary>A field that holds a text; null where it is not there.</summary>
    public static string? Text(JsonObject record, string key) => record[key] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    public static JsonNode? Parse(string text, string place)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (global::System.Text.Json.JsonException error)
        {
            throw new DataException($"{place}: cannot be read as JSON: {error.Message}", error);
        }
    }

    private static JsonObject Turn(JsonObject turn, string place)
    {
        var name = Text(turn, "role") ?? Text(turn, "from") ?? throw new DataException($"{place}: a message has a 'role' (or 'from') and 'content' (or 'value').");
        if (!_roles.TryGetValue(name, out var role)) throw new DataException($"{place}: the role is '{name}'; known are {string.Join(", ", _roles.Keys.Order(StringComparer.Ordinal))}.");
        if (turn["role"] is not null && turn["content"] is null && turn["tool_calls"] is null) throw new DataException($"{place}: the message has no 'content'.");
        if (turn["from"] is null)
        {
            var own = turn.DeepClone().AsObject();
            own["role"] = role;
            return own;
        }
        var value = Text(turn, "value") ?? throw new DataException($"{place}: the message has no 'value'.");
        if (role != "function_call") return Of(role, value);
        var call = Parse(value, place) switch
        {
            JsonArray list => list,
            { } one => new JsonArray(one),
            _ => throw new DataException($"{place}: a function_call holds {{\"name\": …, \"arguments\": …}}."),
        };
        return new JsonObject { ["role"] = Assistant, ["content"] = "", ["tool_calls"] = new JsonArray([.. call.Select(one => (JsonNode?)new JsonObject { ["type"] = "function", ["function"] = one?.DeepClone() })]) };
    }

    private static DataException Wrong(string place, string key) => new($"{place}: '{key}' must be a list of messages, each with 'role' and 'content' (or 'from' and 'value').");
}
