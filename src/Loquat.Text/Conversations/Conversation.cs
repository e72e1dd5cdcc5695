using System.Text.Json;
using System.Text.Json.Nodes;

namespace Loquat.Text.Conversations;

/// <summary>A conversation to learn from; or one with two ways to go on, of which one is preferred.</summary>
/// <param name="Messages">Objects with "role" and "content", as chat templates take them. Of preferences: what both answers are to.</param>
/// <param name="Place">Where it stands: "chat.jsonl, line 12".</param>
public sealed record Conversation(JsonArray Messages, string Place)
{
    private const string MessagesKey = "messages", ToolsKey = "tools", ChosenKey = "chosen", RejectedKey = "rejected", PlaceKey = "place";

    private static readonly JsonSerializerOptions _plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Descriptions of the functions that the assistant may call; null: none.</summary>
    public JsonArray? Tools { get; init; }

    /// <summary>The messages of the preferred answer; null: it is no preference.</summary>
    public JsonArray? Chosen { get; init; }

    /// <summary>Those of the other.</summary>
    public JsonArray? Rejected { get; init; }

    /// <summary>As JSON, by which equal conversations are told.</summary>
    /// <param name="withPlace">Whether it says where it stands.</param>
    public string ToJson(bool withPlace)
    {
        var json = new JsonObject { [MessagesKey] = Messages.DeepClone() };
        if (Tools is not null) json[ToolsKey] = Tools.DeepClone();
        if (Chosen is not null) json[ChosenKey] = Chosen.DeepClone();
        if (Rejected is not null) json[RejectedKey] = Rejected.DeepClone();
        if (withPlace) json[PlaceKey] = Place;
        return json.ToJsonString(_plain);
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    public static Conversation Parse(string json)
    {
        var node = JsonNode.Parse(json)!.AsObject();
        JsonArray? List(string key) => node[key]?.DeepClone().AsArray();
        return new(List(MessagesKey)!, node[PlaceKey]?.GetValue<string>() ?? "a conversation") { Tools = List(ToolsKey), Chosen = List(ChosenKey), Rejected = List(RejectedKey) };
    }

    /// <summary>What is said in it, a message a line: what a tokenizer is learned from.</summary>
    public string Text() => string.Join('\n', Messages.Concat(Chosen ?? []).Concat(Rejected ?? []).Select(message => message?["content"] is JsonValue value && value.TryGetValue<string>(out var text) ? text : ""));
}
