using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;

namespace Loquat.Text.Tokenization.Models.WordLevel;

/// <summary>Each piece is a token or unknown.</summary>
public sealed class WordLevelModel : TokenizerModel
{
    private readonly string _unkToken;
    private readonly int? _unknown;

    internal WordLevelModel(Vocabulary vocabulary, string unkToken) => (Vocabulary, _unkToken, _unknown) = (vocabulary, unkToken, vocabulary.Find(unkToken));

    /// <param name="tokens">The vocabulary; ids are places.</param>
    /// <param name="unkToken">What a piece outside the vocabulary becomes; must be in it where such pieces come.</param>
    public WordLevelModel(IReadOnlyList<string> tokens, string unkToken) : this(new Vocabulary(tokens), unkToken) { }

    public override int VocabSize => Vocabulary.Count;

    internal Vocabulary Vocabulary { get; }

    internal override string Type => "WordLevel";

    internal override int IdLimit => Vocabulary.IdLimit;

    public override int? TokenToId(string token) => Vocabulary.Find(token);

    public override string? IdToToken(int id) => Vocabulary.Token(id);

    internal override void EncodeIds(ReadOnlySpan<char> piece, Workspace work) => work.Add(Vocabulary.TryGet(piece, out var id) ? id : Unknown(piece));

    internal override void Tokenize(string piece, List<Token> tokens)
    {
        if (Vocabulary.TryGet(piece, out var id)) tokens.Add(new(id, piece, 0, piece.Length));
        else tokens.Add(new(Unknown(piece), _unkToken, 0, piece.Length));
    }

    internal override void Write(Utf8JsonWriter json)
    {
        Vocabulary.Write(json);
        json.WriteString("unk_token", _unkToken);
    }

    private int Unknown(ReadOnlySpan<char> piece) =>
        _unknown ?? throw new DataException($"'{piece}' is not in the vocabulary, nor is the unknown token '{_unkToken}' of model.unk_token.");
}
