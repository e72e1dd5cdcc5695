using System.Text;
using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.Models.Bpe;

/// <summary>Options of <see cref="BpeModel"/>; names and defaults are those of `tokenizer.json`.</summary>
public sealed record BpeModelOptions
{
    /// <summary>Probability of leaving a merge out, 0 to 1; null for none.</summary>
    public float? Dropout { get; init; }

    /// <summary>What characters outside the vocabulary become; null: they are left out.</summary>
    public string? UnkToken { get; init; }

    /// <summary>What each character but the first of a piece begins with in the vocabulary.</summary>
    public string? ContinuingSubwordPrefix { get; init; }

    /// <summary>What the last character of a piece ends with in the vocabulary.</summary>
    public string? EndOfWordSuffix { get; init; }

    /// <summary>Whether neighbouring unknown characters are one token.</summary>
    public bool FuseUnk { get; init; }

    /// <summary>Whether a character outside the vocabulary becomes the tokens of its UTF-8 bytes, `&lt;0x00&gt;` to `&lt;0xFF&gt;`.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Whether a piece that is a token is taken whole, whatever the merges.</summary>
    public bool IgnoreMerges { get; init; }
}

/// <summary>Byte-pair encoding (Sennrich et al. 2016): the merges of a piece's characters, in the order they were learned.</summary>
public sealed class BpeModel : TokenizerModel
{
    private readonly BpeModelOptions _options;
    private readonly BpeMerges _table;
    private readonly List<(int Left, int Right)> _merges;
    private readonly int[] _characterIds = new int[0x10000];
    private readonly int[] _fallback = new int[256];
    private readonly int _unknown;
    private readonly bool _isPlain;
    private ulong[]? _joined;
    private int _seed;

    internal BpeModel(Vocabulary vocabulary, List<(int Left, int Right)> merges, BpeModelOptions options, string place = "model", List<int>? joined = null)
    {
        (Vocabulary, _merges, _options) = (vocabulary, merges, options);
        _table = new BpeMerges(merges.Count);
        var prefix = options.ContinuingSubwordPrefix?.Length ?? 0;
        for (var i = 0; i < merges.Count; i++)
        {
            var (left, right) = merges[i];
            var token = joined is not null && prefix == 0 && joined[i] >= 0 ? joined[i] : Joined(vocabulary, left, right, prefix);
            if (token < 0) throw new DataException($"{place}.merges[{i}]: '{vocabulary.Token(left)}' and '{vocabulary.Token(right)}' make no token of the vocabulary.");
            _table.Add(left, right, token);
        }
        if (options.Dropout is < 0 or > 1) throw new DataException($"{place}.dropout: expected 0 to 1, found {options.Dropout}.");
        _unknown = options.UnkToken is { } unknown ? vocabulary.Find(unknown) ?? -2 : -1;
        Array.Fill(_characterIds, -1);
        foreach (var (token, id) in vocabulary.Entries)
            if (token.Length == 1 && vocabulary.Find(token) == id) _characterIds[token[0]] = id;
        for (var b = 0; b < 256; b++) _fallback[b] = options.ByteFallback && vocabulary.Find($"<0x{b:X2}>") is { } id ? id : -1;
        _isPlain = string.IsNullOrEmpty(options.ContinuingSubwordPrefix) && string.IsNullOrEmpty(options.EndOfWordSuffix);
        Place = place;
    }

    /// <param name="tokens">The vocabulary; ids are places.</param>
    /// <param name="merges">Pairs of ids, the first learned first; each must join to a token.</param>
    /// <exception cref="DataException">A merge makes no token.</exception>
    public BpeModel(IReadOnlyList<string> tokens, IReadOnlyList<(int Left, int Right)> merges, BpeModelOptions options) : this(new Vocabulary(tokens), [.. merges], options) { }

    public IReadOnlyList<(int Left, int Right)> Merges => _merges;

    public BpeModelOptions Options => _options;

    public override int VocabSize => Vocabulary.Count;

    internal Vocabulary Vocabulary { get; }

    internal override string Type => "BPE";

    internal override int IdLimit => Vocabulary.IdLimit;

    internal override SamplingMethod Sampling => SamplingMethod.MergeDropout;

    internal bool HasDropout => _options.Dropout is > 0;

    private string Place { get; }

    public override int? TokenToId(string token) => Vocabulary.Find(token);

    public override string? IdToToken(int id) => Vocabulary.Token(id);

    /// <summary>The id of one character's token, or -1.</summary>
    internal int CharacterId(char c) => _characterIds[c];

    internal int Merge(Span<int> symbols) => HasDropout ? BpeDropout.Apply(_table, symbols, default, _options.Dropout!.Value, NextRandom()) : _table.Apply(symbols);

    internal override void EncodeIds(ReadOnlySpan<char> piece, Workspace work)
    {
        if (_options.IgnoreMerges && !HasDropout && Vocabulary.TryGet(piece, out var whole))
        {
            work.Add(whole);
            return;
        }
        if (_isPlain)
        {
            var symbols = work.SymbolsOf(piece.Length);
            var count = 0;
            for (; count < piece.Length; count++)
                if ((symbols[count] = _characterIds[piece[count]]) < 0) break;
            if (count == piece.Length)
            {
                work.Add(symbols[..Merge(symbols)]);
                return;
            }
        }
        var (ids, _) = Symbols(piece);
        work.Add(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(ids)[..Merge(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(ids))]);
    }

    internal override void Tokenize(string piece, List<Token> tokens)
    {
        if (HasDropout) Tokenize(piece, tokens, _options.Dropout!.Value, NextRandom());
        else Tokenize(piece, tokens, 0, null);
    }

    internal override void Sample(string piece, double alpha, int nbestSize, Random random, List<Token> tokens) => Tokenize(piece, tokens, alpha, alpha > 0 ? random : null);

    internal override void Write(Utf8JsonWriter json)
    {
        if (_options.Dropout is { } dropout) json.WriteNumber("dropout", dropout);
        else json.WriteNull("dropout");
        json.WriteString("unk_token", _options.UnkToken);
        json.WriteString("continuing_subword_prefix", _options.ContinuingSubwordPrefix);
        json.WriteString("end_of_word_suffix", _options.EndOfWordSuffix);
        json.WriteBoolean("fuse_unk", _options.FuseUnk);
        json.WriteBoolean("byte_fallback", _options.ByteFallback);
        json.WriteBoolean("ignore_merges", _options.IgnoreMerges);
        Vocabulary.Write(json);
        json.WriteStartArray("merges");
        foreach (var (left, right) in _merges)
        {
            json.WriteStartArray();
            json.WriteStringValue(Vocabulary.Token(left));
            json.WriteStringValue(Vocabulary.Token(right));
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    /// <summary>
    /// Whether no token can reach over the place between two characters: both are tokens, and no token has the two side by side. Text may be cut there and the parts encoded alone.
    /// </summary>
    internal bool Separates(char left, char right)
    {
        if (!_isPlain || _characterIds[left] < 0 || _characterIds[right] < 0) return false;
        var bit = Bit(left, right);
        return ((_joined ??= JoinedPairs())[bit >> 6] >> (int)(bit & 63) & 1) == 0;
    }

    // A filter of 2^20 bits: a pair that is not in it stands in no token.
    private ulong[] JoinedPairs()
    {
        var bits = new ulong[1 << 14];
        foreach (var (token, _) in Vocabulary.Entries)
            for (var i = 0; i + 1 < token.Length; i++)
            {
                var bit = Bit(token[i], token[i + 1]);
                bits[bit >> 6] |= 1UL << (int)(bit & 63);
            }
        return bits;
    }

    private static uint Bit(char left, char right) => (((uint)left << 16) | right) * 0x9E3779B1u >> 12;

    // What a merge makes, or -1.
    private static int Joined(Vocabulary vocabulary, int left, int right, int prefix)
    {
        var rest = vocabulary.Token(right)!;
        return vocabulary.Find(string.Concat(vocabulary.Token(left), rest.AsSpan(Math.Min(prefix, rest.Length)))) ?? -1;
    }

    // `random` null: no merge is left out.
    private void Tokenize(string piece, List<Token> tokens, double dropout, Random? random)
    {
        if (piece.Length == 0) return;
        if (_options.IgnoreMerges && random is null && Vocabulary.TryGet(piece, out var whole))
        {
            tokens.Add(new(whole, piece, 0, piece.Length));
            return;
        }
        var (ids, lengths) = Symbols(piece);
        var symbols = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(ids);
        var sizes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(lengths);
        var count = random is null ? _table.Apply(symbols, sizes) : BpeDropout.Apply(_table, symbols, sizes, dropout, random);
        var places = new Utf8Places(piece);
        for (int i = 0, at = 0; i < count; i++)
        {
            var (start, end) = places.Units(at, at + sizes[i]);
            tokens.Add(new(symbols[i], Vocabulary.Token(symbols[i])!, start, end));
            at += sizes[i];
        }
    }

    private Random NextRandom() => new(Interlocked.Increment(ref _seed));

    // The piece's characters as tokens, with their lengths in UTF-8 bytes.
    private (List<int> Ids, List<int> Lengths) Symbols(ReadOnlySpan<char> piece)
    {
        var (ids, lengths) = (new List<int>(piece.Length), new List<int>(piece.Length));
        var waiting = 0; // bytes of an unknown token that is not written yet
        var (prefix, suffix) = (_options.ContinuingSubwordPrefix ?? "", _options.EndOfWordSuffix ?? "");
        for (int at = 0, next; at < piece.Length; at = next)
        {
            CodePoints.At(piece, at, out next);
            var character = piece[at..next];
            var size = Encoding.UTF8.GetByteCount(character);
            string? spelled = null;
            if (at > 0 && prefix.Length > 0) spelled = prefix + character.ToString();
            if (next == piece.Length && suffix.Length > 0) spelled = (spelled ?? character.ToString()) + suffix;
            if (Vocabulary.TryGet(spelled ?? character, out var id))
            {
                if (waiting > 0) AddUnknown();
                ids.Add(id);
                lengths.Add(size);
                continue;
            }
            if (_options.ByteFallback && Encoding.UTF8.GetBytes(spelled ?? character.ToString()) is var bytes && Array.TrueForAll(bytes, b => _fallback[b] >= 0))
            {
                foreach (var b in bytes)
                {
                    ids.Add(_fallback[b]);
                    lengths.Add(1);
                }
                continue;
            }
            if (_unknown == -1) continue;
            if (_unknown == -2) throw new DataException($"{Place}.unk_token: '{_options.UnkToken}' is not in the vocabulary, and the text has the unknown character '{character}'.");
            if (waiting > 0 && !_options.FuseUnk) AddUnknown();
            waiting += size;
        }
        if (waiting > 0) AddUnknown();
        return (ids, lengths);

        void AddUnknown()
        {
            ids.Add(_unknown);
            lengths.Add(waiting);
            waiting = 0;
        }
    }
}
