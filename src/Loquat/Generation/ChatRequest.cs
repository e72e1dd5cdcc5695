using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;
using TemplateMessage = Loquat.Text.Tokenization.ChatTemplates.ChatMessage;

namespace Loquat.Generation;

/// <summary>
/// A chat request in the terms of this project. Honoured: Instructions, Temperature, TopP, TopK, MaxOutputTokens, StopSequences, Seed, and of the additional properties
/// min_p and repetition_penalty. Whatever else is set and would change the answer is refused.
/// </summary>
/// <param name="Messages">For the chat template.</param>
/// <param name="Sampling">The defaults with what the request says.</param>
internal sealed record ChatRequest(IReadOnlyList<TemplateMessage> Messages, SamplingOptions Sampling)
{
    private const string MinP = "min_p";
    private const string RepetitionPenalty = "repetition_penalty";

    /// <exception cref="OptionsException">All that cannot be honoured, in one.</exception>
    public static ChatRequest Read(IEnumerable<ChatMessage> messages, ChatOptions? options, SamplingOptions defaults, string modelId)
    {
        var faults = new List<string>();
        var turns = new List<TemplateMessage>();
        foreach (var message in messages)
        {
            if (message.Contents.FirstOrDefault(content => content is not TextContent) is { } other)
                faults.Add($"message {turns.Count + 1} holds {other.GetType().Name}; this model reads text only.");
            turns.Add(new(message.Role.Value, message.Text));
        }
        if (turns.Count == 0) faults.Add("there are no messages.");
        if (options?.Instructions is { Length: > 0 } instructions)
        {
            // One system message: many templates take it in the first place only.
            if (turns is [{ Role: "system" } system, ..]) turns[0] = system with { Content = $"{instructions}\n{system.Content}" };
            else turns.Insert(0, new("system", instructions));
        }
        if (options is not null) faults.AddRange(Refused(options, modelId));
        if (faults.Count > 0) throw new OptionsException(string.Join(' ', faults));
        return new(turns, options is null ? defaults : Sample(options, defaults).Validated());
    }

    private static SamplingOptions Sample(ChatOptions options, SamplingOptions defaults) => defaults with
    {
        Temperature = Exact(options.Temperature) ?? defaults.Temperature,
        TopP = Exact(options.TopP) ?? defaults.TopP,
        TopK = options.TopK ?? defaults.TopK,
        MinP = Number(options, MinP) ?? defaults.MinP,
        RepetitionPenalty = Number(options, RepetitionPenalty) ?? defaults.RepetitionPenalty,
        MaxNewTokens = options.MaxOutputTokens ?? defaults.MaxNewTokens,
        MaxLength = options.MaxOutputTokens is null ? defaults.MaxLength : null,
        Seed = options.Seed is { } seed ? unchecked((ulong)seed) : defaults.Seed,
        StopSequences = options.StopSequences is { } stops ? [.. stops] : defaults.StopSequences,
    };

    private static IEnumerable<string> Refused(ChatOptions options, string modelId)
    {
        if (options.FrequencyPenalty is not (null or 0)) yield return "FrequencyPenalty is not known here; the additional property repetition_penalty is.";
        if (options.PresencePenalty is not (null or 0)) yield return "PresencePenalty is not known here; the additional property repetition_penalty is.";
        if (options.ResponseFormat is not (null or ChatResponseFormatText)) yield return "ResponseFormat: this model writes plain text only.";
        if (options.ModelId is { } asked && asked != modelId) yield return $"ModelId is '{asked}'; this client holds '{modelId}'.";
        if (options.Tools is { Count: > 0 }) yield return "Tools: this client calls no functions.";
        if (options.ToolMode is not (null or AutoChatToolMode or NoneChatToolMode)) yield return "ToolMode: this client calls no functions.";
        if (options.AllowMultipleToolCalls is not null) yield return "AllowMultipleToolCalls: this client calls no functions.";
        if (options.ConversationId is not null) yield return "ConversationId: nothing is kept between requests; send the whole conversation.";
        foreach (var (key, value) in options.AdditionalProperties ?? [])
        {
            if (key is not (MinP or RepetitionPenalty)) yield return $"the additional property '{key}' is not known; known are {MinP} and {RepetitionPenalty}.";
            else if (Number(value) is null) yield return $"the additional property '{key}' is '{value}'; it must be a number.";
        }
        // Whatever later versions of the abstractions add is refused too until it is known here.
        foreach (var property in typeof(ChatOptions).GetProperties().Where(p => p.CanWrite && !_known.Contains(p.Name)))
            if (property.GetValue(options) is { } value && value is not false) yield return $"{property.Name} is not known here.";
    }

    private static readonly HashSet<string> _known =
    [
        nameof(ChatOptions.Instructions), nameof(ChatOptions.Temperature), nameof(ChatOptions.TopP), nameof(ChatOptions.TopK), nameof(ChatOptions.MaxOutputTokens),
        nameof(ChatOptions.StopSequences), nameof(ChatOptions.Seed), nameof(ChatOptions.FrequencyPenalty), nameof(ChatOptions.PresencePenalty), nameof(ChatOptions.ResponseFormat),
        nameof(ChatOptions.ModelId), nameof(ChatOptions.Tools), nameof(ChatOptions.ToolMode), nameof(ChatOptions.AllowMultipleToolCalls), nameof(ChatOptions.ConversationId),
        nameof(ChatOptions.AdditionalProperties),
    ];

    /// <summary>0.7f is meant as 0.7.</summary>
    private static double? Exact(float? value) => value is { } number ? double.Parse(number.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : null;

    private static double? Number(ChatOptions options, string key) => options.AdditionalProperties?.TryGetValue(key, out var value) == true ? Number(value) : null;

    private static double? Number(object? value) => value switch
    {
        float single => Exact(single),
        double or int or long or decimal => Convert.ToDouble(value, CultureInfo.InvariantCulture),
        JsonElement { ValueKind: JsonValueKind.Number } json => json.GetDouble(),
        _ => null,
    };
}
