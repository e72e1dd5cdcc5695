using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.Models.WordPiece;

/// <summary>The longest token that a word begins with, again and again (Wu et al. 2016); a word that does not come out even is unknown as a whole.</summary>
public sealed class WordPieceModel : TokenizerModel
{
    private readonly string _unkToken;
    private readonly string _prefix;
    private readonly int _mostCharacters;
    private readonly int? _unknown;
    private readonly int _longest;

    internal WordPieceModel(Vocabulary vocabulary, string unkToken, string continuingSubwordPrefix, int maxInputCharsPerWord)
    {
        (Vocabulary, _unkToken, _prefix, _mostCharacters) = (vocabulary, unkToken, continuingSubwordPrefix, maxInputCharsPerWord);
        _unknown = vocabulary.Find(unkToken);
        foreach (var (token, _) in vocabulary.Entries) _longest = Math.Max(_longest, token.Length);
    }

    /// <param name="tokens">The vocabulary; ids are places.</param>
    /// <param name="unkToken">What a word becomes that cannot be cut.</param>
    /// <param name="continuingSubwordPrefix">What tokens that do not begin a word start with.</param>
    /// <param name="maxInputCharsPerWord">Words of more code points are unknown.</param>
    public WordPieceModel(IReadOnlyList<string> tokens, string unkToken = "[UNK]", string continuingSubwordPrefix = "##", int maxInputCharsPerWord = 100)
        : this(new Vocabulary(tokens), unkToken, continuingSubwordPrefix, maxInputCharsPerWord) { }

    public override int VocabSize => Vocabulary.Count;

    internal Vocabulary Vocabulary { get; }

    internal override string Type => "WordPiece";

    internal override int IdLimit => Vocabulary.IdLimit;

    public override int? TokenToId(string token) => Vocabulary.Find(token);

    public override string? IdToToken(int id) => Vocabulary.Token(id);

    internal override void EncodeIds(ReadOnlySpan<char> piece, Workspace work)
    {
        var ends = work.SymbolsOf(2 * piece.Length + 2);
        var count = Cut(piece, ends);
        if (count < 0) work.Add(Unknown());
        else
            for (var i = 0; i < count; i++) work.Add(ends[2 * i]);
    }

    internal override void Tokenize(string piece, List<Token> tokens)
    {
        var parts = new int[2 * piece.Length + 2];
        var count = Cut(piece, parts);
        if (count < 0) tokens.Add(new(Unknown(), _unkToken, 0, piece.Length));
        for (var i = 0; i < count; i++) tokens.Add(new(parts[2 * i], Vocabulary.Token(parts[2 * i])!, i == 0 ? 0 : parts[2 * i - 1], parts[2 * i + 1]));
    }

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("unk_token", _unkToken);
        json.WriteString("continuing_subword_prefix", _prefix);
        json.WriteNumber("max_input_chars_per_word", _mostCharacters);
        Vocabulary.Write(json);
    }

    // Pairs of id and end; -1: the word is unknown.
    private int Cut(ReadOnlySpan<char> word, Span<int> parts)
    {
        if (word.Length > _mostCharacters && IsTooLong(word)) return -1;
        var count = 0;
        Span<char> buffer = stackalloc char[256];
        for (var start = 0; start < word.Length;)
        {
            var prefix = start > 0 ? _prefix.Length : 0;
            var end = Math.Min(word.Length, start + Math.Max(0, _longest - prefix));
            if (end < word.Length && char.IsLowSurrogate(word[end]) && char.IsHighSurrogate(word[end - 1])) end--;
            scoped var spelled = word[start..end];
            if (prefix > 0)
            {
                var room = prefix + spelled.Length <= buffer.Length ? buffer : new char[prefix + spelled.Length];
                _prefix.CopyTo(room);
                spelled.CopyTo(room[prefix..]);
                spelled = room[..(prefix + spelled.Length)];
            }
            var id = -1;
            while (end > start && !Vocabulary.TryGet(spelled[..(prefix + end - start)], out id))
            {
                id = -1;
                end = CodePoints.Before(word, end);
            }
            if (id < 0 || end <= start) return -1;
            (parts[2 * count], parts[2 * count + 1]) = (id, end);
            count++;
            start = end;
        }
        return count;
    }

    private bool IsTooLong(ReadOnlySpan<char> word)
    {
        var count = 0;
        foreach (var _ in word.EnumerateRunes()) count++;
        return count > _mostCharacters;
    }

    private int Unknown() => _unknown ?? throw new DataException($"a word cannot be cut, and the unknown token '{_unkToken}' of model.unk_token is not in the vocabulary.");
}
