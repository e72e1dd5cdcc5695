using System.Text;
using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.Models.Unigram;

/// <summary>The most probable way to cut a piece, by the tokens' log probabilities (Kudo 2018, "Subword Regularization", section 3.2); Viterbi over a trie of bytes.</summary>
public sealed class UnigramModel : TokenizerModel
{
    private const double UnknownPenalty = 10;

    private readonly (string Token, double Score)[] _pieces;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly ByteTrie _trie;
    private readonly Lazy<UnigramLattice> _lattice; // for sampling and lists of the best, which few ask for
    private readonly int? _unknown;
    private readonly bool _byteFallback;
    private readonly int[] _fallback = new int[256];
    private readonly double _unknownScore;

    /// <param name="pieces">Tokens with their log probabilities; ids are places.</param>
    /// <param name="unkId">The unknown token's id; null: text that has unknown characters is an error.</param>
    /// <param name="byteFallback">Whether unknown text becomes the tokens of its UTF-8 bytes, where all of them are there.</param>
    /// <exception cref="DataException"><paramref name="unkId"/> is outside the vocabulary, or a score is not finite.</exception>
    public UnigramModel(IReadOnlyList<(string Token, double Score)> pieces, int? unkId, bool byteFallback = false)
    {
        _pieces = [.. pieces];
        if (unkId is { } unknown && unknown >= _pieces.Length) throw new DataException($"model.unk_id is {unknown}; the vocabulary has {_pieces.Length} tokens.");
        var lowest = double.PositiveInfinity;
        var keys = new List<(byte[], int)>(_pieces.Length);
        _ids.EnsureCapacity(_pieces.Length);
        for (var id = 0; id < _pieces.Length; id++)
        {
            var (token, score) = _pieces[id];
            if (!double.IsFinite(score)) throw new DataException($"model.vocab[{id}]: the score of '{token}' is {score}; expected a finite number.");
            _ids[token] = id;
            lowest = Math.Min(lowest, score);
            if (token.Length > 0) keys.Add((Encoding.UTF8.GetBytes(token), id));
        }
        _trie = new ByteTrie(keys);
        (_unknown, _byteFallback, _unknownScore) = (unkId, byteFallback, lowest - UnknownPenalty);
        for (var b = 0; b < 256; b++) _fallback[b] = _ids.GetValueOrDefault($"<0x{b:X2}>", -1);
        _lattice = new(() => new UnigramLattice(_trie, Array.ConvertAll(_pieces, p => p.Score), unkId ?? -1, _unknownScore));
    }

    public override int VocabSize => _pieces.Length;

    /// <summary>Tokens with their log probabilities, by id.</summary>
    public IReadOnlyList<(string Token, double Score)> Pieces => _pieces;

    internal override string Type => "Unigram";

    internal override int IdLimit => _pieces.Length;

    internal override SamplingMethod Sampling => SamplingMethod.Lattice;

    public override int? TokenToId(string token) => _ids.TryGetValue(token, out var id) ? id : null;

    public override string? IdToToken(int id) => (uint)id < (uint)_pieces.Length ? _pieces[id].Token : null;

    internal override void EncodeIds(ReadOnlySpan<char> piece, Workspace work)
    {
        var bytes = work.BytesOf(Encoding.UTF8.GetMaxByteCount(piece.Length));
        bytes = bytes[..Encoding.UTF8.GetBytes(piece, bytes)];
        var ends = Best(bytes);
        for (var i = 0; i < ends.Count; i++) Emit(bytes[(i == 0 ? 0 : ends[i - 1])..ends[i]], work, null, default);
    }

    internal override void Tokenize(string piece, List<Token> tokens)
    {
        var bytes = Encoding.UTF8.GetBytes(piece);
        Emit(piece, bytes, Best(bytes), tokens);
    }

    internal override void Sample(string piece, double alpha, int nbestSize, Random random, List<Token> tokens)
    {
        var bytes = Encoding.UTF8.GetBytes(piece);
        var segments = new List<Segment>();
        _lattice.Value.Sample(bytes, alpha, nbestSize, random, segments);
        Emit(piece, bytes, Ends(segments), tokens);
    }

    internal override List<(List<Token> Tokens, double Score)> Nbest(string piece, int size)
    {
        var bytes = Encoding.UTF8.GetBytes(piece);
        var paths = _lattice.Value.Nbest(bytes, size);
        var found = new List<(List<Token> Tokens, double Score)>();
        for (var path = 0; path < paths.Count; path++)
        {
            var tokens = new List<Token>();
            Emit(piece, bytes, Ends(paths[path]), tokens);
            found.Add((tokens, paths.Score(path)));
        }
        return found;
    }

    internal override void Write(Utf8JsonWriter json)
    {
        if (_unknown is { } unknown) json.WriteNumber("unk_id", unknown);
        else json.WriteNull("unk_id");
        json.WriteStartArray("vocab");
        foreach (var (token, score) in _pieces)
        {
            json.WriteStartArray();
            json.WriteStringValue(token);
            json.WriteNumberValue(score);
            json.WriteEndArray();
        }
        json.WriteEndArray();
        json.WriteBoolean("byte_fallback", _byteFallback);
    }

    private void Emit(string piece, byte[] bytes, List<int> ends, List<Token> tokens)
    {
        var places = new Utf8Places(piece);
        for (var i = 0; i < ends.Count; i++)
        {
            var start = i == 0 ? 0 : ends[i - 1];
            Emit(bytes.AsSpan(start, ends[i] - start), null, tokens, places.Units(start, ends[i]));
        }
    }

    private void Emit(ReadOnlySpan<byte> part, Workspace? work, List<Token>? tokens, (int Start, int End) place)
    {
        var id = _trie.Find(part);
        if (id < 0 && _byteFallback && HasAllBytes(part))
        {
            foreach (var b in part)
            {
                work?.Add(_fallback[b]);
                tokens?.Add(new(_fallback[b], _pieces[_fallback[b]].Token, place.Start, place.End));
            }
            return;
        }
        if (id < 0) id = _unknown!.Value;
        work?.Add(id);
        tokens?.Add(new(id, Encoding.UTF8.GetString(part), place.Start, place.End));
    }

    // Where segments end; neighbouring unknown characters are one part.
    private List<int> Ends(List<Segment> segments)
    {
        var ends = new List<int>(segments.Count);
        var (at, afterUnknown) = (0, false);
        foreach (var (length, id) in segments)
        {
            at += length;
            var unknown = id == _unknown;
            if (unknown && afterUnknown) ends[^1] = at;
            else ends.Add(at);
            afterUnknown = unknown;
        }
        return ends;
    }

    private bool HasAllBytes(ReadOnlySpan<byte> part)
    {
        foreach (var b in part)
            if (_fallback[b] < 0) return false;
        return true;
    }

    // Where the parts of the best way end; neighbouring unknown characters are one part.
    private List<int> Best(ReadOnlySpan<byte> text)
    {
        var scores = text.Length < 256 ? stackalloc double[text.Length + 1] : new double[text.Length + 1];
        var starts = text.Length < 256 ? stackalloc int[text.Length + 1] : new int[text.Length + 1];
        var ids = text.Length < 256 ? stackalloc int[text.Length + 1] : new int[text.Length + 1];
        starts.Fill(-1);
        scores[0] = 0;
        for (var start = 0; start < text.Length;)
        {
            var here = scores[start];
            var one = CodePoints.Utf8Length(text[start..]);
            var (state, single) = (0, false);
            for (var end = start; end < text.Length;)
            {
                state = _trie.Step(state, text[end++]);
                if (state < 0) break;
                var id = _trie.ValueAt(state);
                if (id < 0) continue;
                var score = _pieces[id].Score + here;
                if (starts[end] < 0 || score > scores[end]) (scores[end], starts[end], ids[end]) = (score, start, id);
                single |= end - start == one;
            }
            if (!single)
            {
                var (end, score) = (start + one, _unknownScore + here);
                if (starts[end] < 0 || score > scores[end])
                    (scores[end], starts[end], ids[end]) = (score, start, _unknown ?? throw new DataException("the text has a character outside the vocabulary, and model.unk_id is null."));
            }
            start += one;
        }
        var ends = new List<int>();
        var unknownAfter = false;
        for (var end = text.Length; end > 0; end = starts[end])
        {
            var unknown = _unknown is { } u && ids[end] == u;
            if (!unknown || !unknownAfter) ends.Add(end);
            unknownAfter = unknown;
        }
        ends.Reverse();
        return ends;
    }
}
