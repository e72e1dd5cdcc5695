using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Loquat.Text.Collection;
using Loquat.Text.Datasets;
using Loquat.Text.Tokenization;
using Loquat.Text.Tokenization.ChatTemplates;

namespace Loquat.Text.Conversations;

/// <summary>
/// Conversations in a file of tokens: each is its tokens and, as many, whether each is learned (1) or not (0). A preference is four rows: tokens and mask of the preferred answer, with what is before it,
/// and of the other. Documents are <see cref="Conversation.ToJson"/>.
/// </summary>
public sealed class ConversationDocuments : IDocumentEncoder
{
    private readonly ChatForm _form;
    private readonly TokenizerConfig? _config;
    private readonly LearnedPart _part;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (int Count, string Example)> _left = new(StringComparer.Ordinal);
    private (Tokenizer Tokenizer, ConversationEncoder Encoder)? _encoder;
    private long _answers, _conversations, _open;

    /// <param name="form">How conversations are written.</param>
    /// <param name="config">Of the folder that the tokenizer comes from; null: there is none.</param>
    /// <param name="part">What is learned of a conversation; of preferences the answers that differ.</param>
    public ConversationDocuments(ChatForm form, TokenizerConfig? config, LearnedPart part) => (_form, _config, _part) = (form, config, part);

    public string Fingerprint => $"chat:{XxHash3.HashToUInt64(MemoryMarshal.AsBytes(_form.Source.AsSpan())):x16}:{_part}:{_form.EndOfTurn}:{string.Join(' ', _form.AddedTokens)}";

    public IReadOnlyList<string> Notes
    {
        get
        {
            lock (_lock)
            {
                List<string> notes = [string.Create(CultureInfo.InvariantCulture, $"chat template {_form.Name}: what is learned of {_conversations:N0} conversations ({_answers:N0} answers) was checked token by token against it")];
                if (_open > 0) notes.Add(string.Create(CultureInfo.InvariantCulture, $"in {_open:N0} of them no special token ends the last answer: the model will not learn when to stop"));
                foreach (var (reason, (count, example)) in _left) notes.Add(string.Create(CultureInfo.InvariantCulture, $"{count:N0} conversations are left out: {reason} (such as {example})"));
                return notes;
            }
        }
    }

    public string TextOf(TextDocument document) => Conversation.Parse(document.Text).Text();

    public Tokenizer Complete(Tokenizer tokenizer) => _form.Complete(tokenizer);

    public IReadOnlyList<List<int>> Encode(TextDocument document, Tokenizer tokenizer)
    {
        var conversation = Conversation.Parse(document.Text);
        if (conversation is { Chosen: { } chosen, Rejected: { } rejected })
        {
            var same = 0;
            while (same < Math.Min(chosen.Count, rejected.Count) && JsonNode.DeepEquals(chosen[same], rejected[same])) same++;
            if (same == chosen.Count && same == rejected.Count) return Leave(conversation, new("both answers are the same"));
            var before = conversation.Messages.Count + same;
            var first = Rows(conversation, [.. conversation.Messages, .. chosen], before, tokenizer);
            var second = first is null ? null : Rows(conversation, [.. conversation.Messages, .. rejected], before, tokenizer);
            return second is null ? [] : [.. first!, .. second];
        }
        return Rows(conversation, [.. conversation.Messages], 0, tokenizer) ?? [];
    }

    public void WriteBeside(Tokenizer tokenizer, string folder)
    {
        var end = _form.EndOfTurn ?? _config?.EosToken ?? (TokenDataset.EndOfTextOf(tokenizer) is { } id ? tokenizer.IdToToken(id) : null);
        TokenizerConfigFile.Write(folder, _config, _form.Source, end);
    }

    private List<int>[]? Rows(Conversation conversation, IEnumerable<JsonNode?> messages, int first, Tokenizer tokenizer)
    {
        var encoded = EncoderOf(tokenizer).Encode(new JsonArray([.. messages.Select(message => message?.DeepClone())]), conversation.Tools, conversation.Place, _part, first, out var reason);
        if (encoded is null)
        {
            Leave(conversation, reason!);
            return null;
        }
        var last = Enumerable.Range(0, encoded.Ids.Count).Last(t => encoded.Learned[t]);
        lock (_lock)
        {
            _conversations++;
            _answers += Enumerable.Range(0, encoded.Ids.Count).Count(t => encoded.Learned[t] && (t == 0 || !encoded.Learned[t - 1]));
            if (!tokenizer.IsSpecial(encoded.Ids[last])) _open++;
        }
        return [[.. encoded.Ids], [.. encoded.Learned.Select(learned => learned ? 1 : 0)]];
    }

    private List<int>[] Leave(Conversation conversation, LeftOut reason)
    {
        lock (_lock)
        {
            var (count, example) = _left.GetValueOrDefault(reason.Reason);
            _left[reason.Reason] = (count + 1, example ?? $"{conversation.Place}{(reason.Detail is null ? "" : $", {reason.Detail}")}");
        }
        return [];
    }

    private ConversationEncoder EncoderOf(Tokenizer tokenizer)
    {
        lock (_lock)
        {
            if (_encoder is not { } known || known.Tokenizer != tokenizer)
            {
                var end = TokenDataset.EndOfTextOf(tokenizer) is { } id ? tokenizer.IdToToken(id) : null;
                _encoder = known = (tokenizer, new(ChatTemplate.Parse(_form.Source, $"chat template '{_form.Name}'"), tokenizer, _form.Variables(_config, end)));
            }
            return known.Encoder;
        }
    }
}
