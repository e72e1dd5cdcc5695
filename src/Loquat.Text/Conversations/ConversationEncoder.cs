using System.Text.Json;
using System.Text.Json.Nodes;
using Loquat.Text.Tokenization;
using Loquat.Text.Tokenization.ChatTemplates;

namespace Loquat.Text.Conversations;

/// <summary>
/// Conversations through a chat template to tokens, with which of them the assistant says. Nothing is guessed: what is learned is proved against what the model will read when it answers. For each
/// answer the conversation before it, rendered with the words that open an answer, must begin the rendered whole, and its tokens, encoded alone, must be the first tokens of the whole. Immutable and
/// thread-safe.
/// </summary>
/// <param name="template">The form of conversations.</param>
/// <param name="tokenizer">With the tokens that the template writes.</param>
/// <param name="variables">What the template sees besides the messages.</param>
public sealed class ConversationEncoder(ChatTemplate template, Tokenizer tokenizer, IReadOnlyDictionary<string, JsonNode?>? variables = null)
{
    private const string Assistant = "assistant";
    private const int Shown = 60;

    /// <summary>Encodes a conversation and proves its mask.</summary>
    /// <param name="messages">Objects with "role" and "content".</param>
    /// <param name="tools">Functions that the assistant may call; null: none.</param>
    /// <param name="place">Where it stands, for errors.</param>
    /// <param name="part">What is learned.</param>
    /// <param name="first">Answers before this message are not learned.</param>
    /// <param name="reason">Why there is none: no answer, or one whose first token is made of what is before it as well.</param>
    /// <returns>Null where it cannot be learned from.</returns>
    /// <exception cref="DataException">The template refuses the messages, or what it writes of earlier messages changes when later ones come.</exception>
    public EncodedConversation? Encode(JsonArray messages, JsonArray? tools, string place, LearnedPart part, int first, out LeftOut? reason)
    {
        reason = null;
        List<int> answers = [.. Enumerable.Range(first, messages.Count - first).Where(i => RoleOf(messages[i]) == Assistant)];
        if (answers.Count == 0 && part != LearnedPart.All)
        {
            reason = new("the assistant says nothing in them");
            return null;
        }
        if (part == LearnedPart.LastAnswer) answers = answers[^1..];
        var rendered = Try(place, () => template.RenderWithSpans(messages, tools, false, variables));
        var encoding = tokenizer.Encode(rendered.Text, addSpecialTokens: false);
        var (ids, offsets) = (encoding.Ids, encoding.Utf16Offsets);
        if (ids.Count == 0)
        {
            reason = new("the chat template makes no text of them");
            return null;
        }
        var learned = new bool[ids.Count];
        if (part == LearnedPart.All) Array.Fill(learned, true);
        else if (template.MarksAssistant)
        {
            var spans = Marked(rendered, messages, answers, place);
            for (var t = 0; t < learned.Length; t++) learned[t] = offsets[t].End > offsets[t].Start && spans.Any(span => offsets[t].Start >= span.Start && offsets[t].End <= span.Start + span.Length);
        }
        else
        {
            foreach (var answer in answers)
            {
                var (begin, end) = Borders(rendered.Text, messages, tools, answer, place);
                var from = offsets.Count(o => o.End <= begin && o.Start < begin);
                var before = tokenizer.EncodeIds(rendered.Text[..begin]);
                if (from != before.Count || !before.SequenceEqual(ids.Take(from)) || from >= ids.Count || offsets[from].Start < begin)
                {
                    reason = new("where an answer begins, the tokens of what is before it are not those that the model reads when it is to answer", $"message {answer + 1}, {Near(rendered.Text, begin)}");
                    return null;
                }
                var to = from;
                while (to < ids.Count && offsets[to].End <= end) to++;
                // What follows the token that ends an answer is the template's.
                var last = to - 1;
                while (last >= from && !tokenizer.IsSpecial(ids[last])) last--;
                Array.Fill(learned, true, from, (last >= from ? last + 1 : to) - from);
            }
        }
        if (learned.Contains(true)) return new(ids, learned);
        reason = new("their answers are empty");
        return null;
    }

    /// <summary>Where an answer begins and ends in the whole text, as renderings of its beginnings tell.</summary>
    private (int Begin, int End) Borders(string whole, JsonArray messages, JsonArray? tools, int answer, string place)
    {
        var before = Try(place, () => template.Render(Part(messages, answer), tools, addGenerationPrompt: true, variables));
        if (!whole.StartsWith(before, StringComparison.Ordinal)) throw Changes(whole, before, answer, messages, place, "what it writes before the answer, with the words that open one, is not how the whole conversation begins");
        var upTo = Try(place, () => template.Render(Part(messages, answer + 1), tools, addGenerationPrompt: false, variables));
        if (!whole.StartsWith(upTo, StringComparison.Ordinal)) throw Changes(whole, upTo, answer, messages, place, "what it writes up to the answer's end changes when later messages come");
        return upTo.Length > before.Length ? (before.Length, upTo.Length) : throw Changes(whole, before, answer, messages, place, "the answer adds no text");
    }

    /// <summary>The spans of the answers that are learned, of a template that marks what the assistant says.</summary>
    private static List<AssistantSpan> Marked(RenderedChat rendered, JsonArray messages, List<int> answers, string place)
    {
        List<int> all = [.. Enumerable.Range(0, messages.Count).Where(i => RoleOf(messages[i]) == Assistant)];
        if (rendered.AssistantSpans.Count != all.Count)
            throw new DataException($"{place}: the chat template marks {rendered.AssistantSpans.Count} answers ({{% generation %}}); the conversation has {all.Count}. What is to be learned is not certain; mend the template.");
        var spans = answers.Select(answer => rendered.AssistantSpans[all.IndexOf(answer)]).ToList();
        foreach (var (answer, span) in answers.Zip(spans))
            if (ContentOf(messages[answer]) is { } content && !rendered.Text.AsSpan(span.Start, span.Length).Contains(content.AsSpan().Trim(), StringComparison.Ordinal))
                throw new DataException($"{place}, message {answer + 1}: what the chat template marks as the assistant's ({Quoted(rendered.Text.Substring(span.Start, span.Length))}) does not hold what it says ({Quoted(content)}). Mend the template.");
        return spans;
    }

    private T Try<T>(string place, Func<T> render)
    {
        try
        {
            return render();
        }
        catch (DataException error)
        {
            throw new DataException($"{place}: {error.Message}", error);
        }
    }

    private static DataException Changes(string whole, string part, int answer, JsonArray messages, string place, string how)
    {
        var same = 0;
        while (same < Math.Min(whole.Length, part.Length) && whole[same] == part[same]) same++;
        return new($"{place}, message {answer + 1} of {messages.Count} (assistant): the chat template cannot be learned from in this way: {how}: {Quoted(part[Math.Max(0, same - Shown / 3)..])} became {Quoted(whole[Math.Max(0, same - Shown / 3)..])}. " +
            "Choose a template that keeps what it wrote (objective.chat_template), mark answers in it by {% generation %}, or learn the last answers alone (objective.mask_history: true).");
    }

    private static JsonArray Part(JsonArray messages, int count) => new([.. messages.Take(count).Select(message => message?.DeepClone())]);

    private static string? RoleOf(JsonNode? message) => message?["role"] is JsonValue role && role.TryGetValue<string>(out var text) ? text : null;

    private static string? ContentOf(JsonNode? message) => message?["content"] is JsonValue content && content.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;

    private static string Near(string text, int place) => Quoted(text[Math.Max(0, place - Shown / 3)..Math.Min(text.Length, place + Shown / 3)]);

    private static string Quoted(string text) => JsonSerializer.Serialize(text.Length > Shown ? text[..Shown] + "…" : text);
}
