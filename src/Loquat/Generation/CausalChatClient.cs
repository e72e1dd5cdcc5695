using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Loquat.Models;
using Loquat.Text.Tokenization;
using Loquat.Text.Tokenization.ChatTemplates;
using Microsoft.Extensions.AI;
using Conversation = System.Collections.Generic.IEnumerable<Microsoft.Extensions.AI.ChatMessage>;

namespace Loquat.Generation;

/// <summary>
/// Talks with a causal model through its chat template: the interface that .NET programs use for any chat model. Any number of conversations may go on at once, since each
/// request carries the whole of its own. Options that it cannot honour are refused by name (<see cref="ChatRequest"/>).
/// </summary>
public sealed class CausalChatClient : IChatClient
{
    private readonly CausalModel _model;
    private readonly Tokenizer _tokenizer;
    private readonly ChatTemplate _template;
    private readonly IReadOnlyDictionary<string, JsonNode?> _variables;
    private readonly SamplingOptions _defaults;
    private readonly ChatClientMetadata _metadata;
    private readonly TimeProvider _clock;
    private readonly IDisposable? _owned;

    /// <param name="model">Used, not owned.</param>
    /// <param name="tokenizer">The model's own.</param>
    /// <param name="template">The form of conversations that the model was trained on.</param>
    /// <param name="variables">What the template sees besides the messages: <see cref="TokenizerConfig.TemplateVariables"/>.</param>
    /// <param name="defaults">What holds where a request does not say. Its end tokens end every answer, besides the end-of-text token.</param>
    /// <param name="modelId">What answers and metadata call the model.</param>
    /// <param name="owned">Disposed with this client: what holds the model, where nobody else does.</param>
    /// <param name="clock">Stamps answers. Default: the system's.</param>
    public CausalChatClient(
        CausalModel model, Tokenizer tokenizer, ChatTemplate template, IReadOnlyDictionary<string, JsonNode?>? variables = null, SamplingOptions? defaults = null, string? modelId = null,
        IDisposable? owned = null, TimeProvider? clock = null)
    {
        (_model, _tokenizer, _template, _owned) = (model, tokenizer, template, owned);
        _variables = variables ?? new Dictionary<string, JsonNode?>();
        _defaults = (defaults ?? new()).Validated();
        _metadata = new("loquat", null, modelId ?? model.Config.ModelType);
        _clock = clock ?? TimeProvider.System;
    }

    /// <summary>The whole answer.</summary>
    /// <exception cref="OptionsException">An option or a content that cannot be honoured, or a conversation that is longer than the model's context.</exception>
    /// <exception cref="DataException">The template refuses the conversation.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Task<ChatResponse> GetResponseAsync(Conversation messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <summary>The answer as it is written, in whole characters; the last update has the finish reason and the usage.</summary>
    /// <inheritdoc cref="GetResponseAsync"/>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(Conversation messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var request = ChatRequest.Read(messages, options, _defaults, _metadata.DefaultModelId!);
        var ids = _tokenizer.EncodeIds(_template.Render(request.Messages, addGenerationPrompt: true, variables: _variables));
        var room = _model.Positions - ids.Count;
        if (ids.Count == 0) throw new OptionsException("the chat template made no text of this conversation; there is nothing to answer.");
        // Generation would go on without the beginning of the conversation, and so without its instructions.
        if (room < 1) throw new OptionsException($"the conversation has {ids.Count} tokens; this model reads {_model.Positions}, its answer included. Leave out earlier messages.");
        var sampling = request.Sampling with { MaxNewTokens = Math.Min(request.Sampling.MaxNewTokens, room), EosTokenIds = [.. request.Sampling.EosTokenIds.Union(Ends())] };
        return Updates(ids, sampling, cancellationToken);
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : ((object[])[this, _metadata, _model, _tokenizer, _template]).FirstOrDefault(serviceType.IsInstanceOfType);
    }

    public void Dispose() => _owned?.Dispose();

    private async IAsyncEnumerable<ChatResponseUpdate> Updates(List<int> ids, SamplingOptions sampling, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var generator = new TextGenerator(_model, _tokenizer);
        var id = Guid.NewGuid().ToString("n");
        await foreach (var piece in BackgroundSequence.Run(stop => generator.Continue(ids, sampling, stop), cancellation).ConfigureAwait(false)) yield return Update([new TextContent(piece)]);
        var usage = new UsageDetails { InputTokenCount = ids.Count, OutputTokenCount = generator.TokensWritten, TotalTokenCount = ids.Count + generator.TokensWritten };
        var last = Update([new UsageContent(usage)]);
        last.FinishReason = generator.FinishReason == FinishReason.Length ? ChatFinishReason.Length : ChatFinishReason.Stop;
        yield return last;

        ChatResponseUpdate Update(IList<AIContent> contents) =>
            new(ChatRole.Assistant, contents) { ResponseId = id, MessageId = id, ModelId = _metadata.DefaultModelId, CreatedAt = _clock.GetUtcNow() };
    }

    /// <summary>What ends a turn besides the defaults' end tokens: the tokenizer's own end token.</summary>
    private IEnumerable<int> Ends() =>
        _variables.GetValueOrDefault("eos_token") is JsonValue name && name.TryGetValue<string>(out var token) && _tokenizer.TokenToId(token) is { } id ? [id] : [];
}
