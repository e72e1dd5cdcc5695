using System.Text.Json.Nodes;
using Loquat.Text.Conversations;

namespace Loquat.Corpus.Conversations;

/// <summary>The layouts of preferences: what was said and two answers, or two whole dialogues that begin alike, as messages or as hh-rlhf's text.</summary>
internal static class PreferenceLayouts
{
    private const string Human = "\n\nHuman:", Assistant = "\n\nAssistant:";

    /// <exception cref="DataException">It is of none of the layouts.</exception>
    public static Conversation Read(JsonObject record, string place)
    {
        if (record["chosen"] is null || record["rejected"] is null)
            throw new DataException($"{place}: a preference has 'chosen' and 'rejected'; this has {(record.Count == 0 ? "no keys" : string.Join(", ", record.Select(pair => $"'{pair.Key}'")))}.");
        var tools = Turns.Tools(record, place);
        var prompt = ConversationLayouts.Prompt(record, place);
        var (chosen, rejected) = (Answer(record["chosen"], "chosen", prompt is not null, place), Answer(record["rejected"], "rejected", prompt is not null, place));
        if (prompt is null)
        {
            // Whole dialogues: what they begin with alike is what both answer.
            var same = 0;
            while (same < Math.Min(chosen.Count, rejected.Count) - 1 && JsonNode.DeepEquals(chosen[same], rejected[same])) same++;
            prompt = [.. chosen.Take(same).Select(turn => turn!.DeepClone())];
            (chosen, rejected) = (Rest(chosen, same), Rest(rejected, same));
        }
        else
        {
            // Some files repeat the prompt in the answers.
            (chosen, rejected) = (Without(prompt, chosen), Without(prompt, rejected));
        }
        foreach (var (key, answer) in (ReadOnlySpan<(string, JsonArray)>)[("chosen", chosen), ("rejected", rejected)])
            if (answer.Count == 0 || answer[^1]?["role"]?.GetValue<string>() != Turns.Assistant) throw new DataException($"{place}: '{key}' must end with an answer of the assistant.");
        return new(prompt, place) { Tools = tools, Chosen = chosen, Rejected = rejected };
    }

    private static JsonArray Answer(JsonNode? node, string key, bool alone, string place)
    {
        if (node is not JsonValue value || !value.TryGetValue<string>(out var text)) return Turns.Read(node, key, place);
        if (text.StartsWith(Human, StringComparison.Ordinal) || !alone && text.Contains(Assistant, StringComparison.Ordinal)) return Dialogue(text, place);
        return alone ? [Turns.Of(Turns.Assistant, text)] : throw new DataException($"{place}: '{key}' is an answer, but nothing says to what: there is no 'prompt', 'instruction', 'messages' or 'conversations', and no dialogue of Human: and Assistant:.");
    }

    /// <summary>Turns that begin with "\n\nHuman:" and "\n\nAssistant:".</summary>
    private static JsonArray Dialogue(string text, string place)
    {
        var turns = new JsonArray();
        var at = 0;
        while (at < text.Length)
        {
            var human = text.AsSpan(at).StartsWith(Human, StringComparison.Ordinal);
            if (!human && !text.AsSpan(at).StartsWith(Assistant, StringComparison.Ordinal)) throw new DataException($"{place}: a dialogue begins with \"\\n\\nHuman:\" or \"\\n\\nAssistant:\".");
            var begin = at + (human ? Human : Assistant).Length;
            var ends = new[] { text.IndexOf(Human, begin, StringComparison.Ordinal), text.IndexOf(Assistant, begin, StringComparison.Ordinal) }.Where(end => end >= 0);
            at = ends.Append(text.Length).Min();
            turns.Add(Turns.Of(human ? Turns.User : Turns.Assistant, text[begin..at].Trim()));
        }
        return turns;
    }

    private static JsonArray Rest(JsonArray turns, int from) => [.. turns.Skip(from).Select(turn => turn!.DeepClone())];

    private static JsonArray Without(JsonArray prompt, JsonArray answer) =>
        answer.Count > prompt.Count && prompt.Zip(answer).All(pair => JsonNode.DeepEquals(pair.First, pair.Second)) ? Rest(answer, prompt.Count) : answer;
}
