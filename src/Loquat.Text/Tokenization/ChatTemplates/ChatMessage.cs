using System.Text.Json.Nodes;

namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>One turn of a conversation in its plain form. Tool calls, content parts and other keys: give a <see cref="JsonArray"/> instead.</summary>
/// <param name="Role">"system", "user", "assistant", "tool" or what the template knows.</param>
/// <param name="Content">The text of the turn.</param>
public sealed record ChatMessage(string Role, string Content)
{
    internal JsonObject ToJson() => new() { ["role"] = Role, ["content"] = Content };
}

/// <summary>A stretch of the rendered text that the assistant said, in UTF-16 units.</summary>
public readonly record struct AssistantSpan(int Start, int Length);

/// <summary>A rendered conversation.</summary>
/// <param name="Text">What the model reads.</param>
/// <param name="AssistantSpans">What stood in <c>{% generation %}</c> blocks, in order: where the loss is taken. Empty where the template has no such block.</param>
public sealed record RenderedChat(string Text, IReadOnlyList<AssistantSpan> AssistantSpans)
{
    /// <summary>Whether a token with these offsets (UTF-16 units in <see cref="Text"/>, end exclusive) holds anything the assistant said.</summary>
    public bool IsAssistant(int start, int end)
    {
        var (low, high) = (0, AssistantSpans.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (AssistantSpans[middle].Start + AssistantSpans[middle].Length <= start) low = middle + 1;
            else high = middle;
        }
        return low < AssistantSpans.Count && AssistantSpans[low].Start < end;
    }
}
