using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Models;
using Loquat.Text.Tokenization.Normalizers;

namespace Loquat.Text.Tokenization;

/// <summary>The added tokens of a tokenizer, with ids: the model's where it has the text, else the next free.</summary>
internal sealed class AddedVocabulary
{
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<int, AddedToken> _tokens = [];
    private readonly Dictionary<int, string> _normalized = [];
    private readonly HashSet<string> _special = new(StringComparer.Ordinal);

    public AddedVocabulary(IEnumerable<AddedToken> tokens, TokenizerModel model, Normalizer? normalizer)
    {
        var highest = -1;
        foreach (var token in tokens)
        {
            if (token.Content.Length == 0) continue;
            if (!_ids.TryGetValue(token.Content, out var id))
            {
                id = model.TokenToId(token.Content) ?? (highest >= model.VocabSize || model.VocabSize == 0 ? highest + 1 : model.VocabSize);
                _ids[token.Content] = id;
            }
            highest = Math.Max(highest, id);
            _tokens[id] = token;
            if (token.Normalized && normalizer is not null) _normalized[id] = normalizer.Normalize(token.Content);
            if (token.Special) _special.Add(token.Content);
        }
        IdLimit = highest + 1;
        // Special tokens come first, as in the reference; of two that are equal once normalized the first counts.
        List<AddedTokenText> raw = [], normalized = [];
        foreach (var special in (ReadOnlySpan<bool>)[true, false])
            foreach (var (id, token) in _tokens)
                if (token.Special == special) (token.Normalized ? normalized : raw).Add(new(Token(id)!, id, token));
        (Raw, Normalized) = (new(raw), new(normalized));
        List<AddedTokenText> all = [.. raw, .. normalized];
        all.Sort((a, b) => a.Id.CompareTo(b.Id));
        Tokens = all;
    }

    public AddedTokenMatcher Raw { get; }

    public AddedTokenMatcher Normalized { get; }

    public int IdLimit { get; }

    /// <summary>By id.</summary>
    public IReadOnlyList<AddedTokenText> Tokens { get; }

    public int? Find(string token) => _ids.TryGetValue(token, out var id) ? id : null;

    /// <summary>What the token is in normalized text, where it is found there and a decoder takes it back; else its content.</summary>
    public string? Token(int id) => _normalized.TryGetValue(id, out var text) ? text : _tokens.TryGetValue(id, out var token) ? token.Content : null;

    public bool IsSpecial(string token) => _special.Contains(token);
}
