using System.Text.Json.Nodes;
using Loquat.FineTuning.Examples;
using Loquat.Text.Conversations;

namespace Loquat.FineTuning;

/// <summary>Conversations as a reward model reads them: what was said before, and an answer, as a pair of texts.</summary>
internal static class RewardTexts
{
    public static Example Of(Conversation pair) => new() { Text = Before(pair.Messages), Pair = Said(pair.Chosen!), Rejected = Said(pair.Rejected!), Place = pair.Place };

    // One question stands alone; of several turns each says whose it is.
    private static string Before(JsonArray messages) => messages is [var only] && Role(only) == "user" ? Content(only) : string.Join('\n', messages.Select(message => $"{Role(message)}: {Content(message)}"));

    private static string Said(JsonArray messages) => messages is [var only] ? Content(only) : string.Join('\n', messages.Select((message, i) => i == 0 ? Content(message) : $"{Role(message)}: {Content(message)}"));

    private static string Role(JsonNode? message) => message?["role"]?.GetValue<string>() ?? "";

    private static string Content(JsonNode? message) => message?["content"] is JsonValue value && value.TryGetValue<string>(out var text) ? text : message?["content"]?.ToJsonString() ?? "";
}
