using System.Runtime.InteropServices;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Models;

namespace Loquat.Text.Tokenization;

public sealed partial class Tokenizer
{
    /// <summary>Appends the ids of a text. Special texts in it become their tokens; none are added around it, nothing is cut or padded.</summary>
    public void EncodeIds(ReadOnlySpan<char> text, List<int> ids)
    {
        var work = _workspaces.Rent();
        try
        {
            EncodeIds(text, work);
            CollectionsMarshal.SetCount(ids, ids.Count + work.Count);
            work.Ids.CopyTo(CollectionsMarshal.AsSpan(ids)[^work.Count..]);
        }
        finally
        {
            _workspaces.Return(work);
        }
    }

    public List<int> EncodeIds(string text)
    {
        var ids = new List<int>();
        EncodeIds(text.AsSpan(), ids);
        return ids;
    }

    /// <summary>Encodes a text with all there is to tell.</summary>
    /// <param name="addSpecialTokens">Whether the post-processor adds its tokens.</param>
    public TokenEncoding Encode(string text, bool addSpecialTokens = true) => Encode(text, null, addSpecialTokens);

    /// <summary>Encodes a pair of texts; the second may be null.</summary>
    public TokenEncoding Encode(string text, string? pair, bool addSpecialTokens = true)
    {
        var rows = EncodeUnpadded(text, pair, addSpecialTokens);
        Components.Padding?.Pad([rows]);
        return new(rows);
    }

    private delegate void PieceCutter(int word, string piece, List<Token> tokens);

    private TokenRows EncodeUnpadded(string text, string? pair, bool addSpecialTokens) => EncodeUnpadded(text, pair, addSpecialTokens, (_, piece, tokens) => Model.Tokenize(piece, tokens));

    private TokenRows EncodeUnpadded(string text, string? pair, bool addSpecialTokens, PieceCutter cut)
    {
        (text, pair) = (WellFormed(text), pair is null ? null : WellFormed(pair));
        var first = EncodeSequence(text, Pieces(text, aligned: true).Pieces, 0, cut);
        var second = pair is null ? null : EncodeSequence(pair, Pieces(pair, aligned: true).Pieces, 1, cut);
        return Process(first, second, addSpecialTokens);
    }

    private TokenRows Process(TokenRows first, TokenRows? second, bool addSpecialTokens)
    {
        var processor = Components.PostProcessor;
        Components.Truncation?.Truncate(first, second, addSpecialTokens ? processor?.AddedTokens(second is not null) ?? 0 : 0);
        List<TokenRows> parts = second is null ? [first] : [first, second];
        if (processor is not null) parts = processor.Process(parts, addSpecialTokens);
        if (parts.Count == 1) return parts[0];
        var joined = new TokenRows(null);
        foreach (var part in parts) joined.Append(part);
        return joined;
    }

    private static TokenRows EncodeSequence(string text, List<Piece> pieces, int sequence, PieceCutter cut)
    {
        var rows = sequence == 0 ? new TokenRows(text) : new TokenRows(null, text);
        var codePoints = new CodePointPlaces(text);
        var tokens = new List<Token>();
        for (var word = 0; word < pieces.Count; word++)
        {
            var (piece, added) = pieces[word];
            tokens.Clear();
            if (added is { } token) tokens.Add(token);
            else cut(word, piece.Text, tokens);
            foreach (var (id, value, start, end) in tokens)
            {
                var (from, to) = piece.Original(start, end);
                rows.Add(id, value, new(codePoints.At(from), codePoints.At(to)), sequence, special: false, word, sequence);
            }
        }
        return rows;
    }

    private PreTokenizedText Pieces(string text, bool aligned)
    {
        var pieces = new PreTokenizedText(new AlignedText(text, aligned));
        pieces.Split(_added.Raw.Split);
        pieces.Split((piece, parts) =>
        {
            Components.Normalizer?.Normalize(piece);
            _added.Normalized.Split(piece, parts);
        });
        Components.PreTokenizer?.PreTokenize(pieces);
        return pieces;
    }

    private void EncodeIds(ReadOnlySpan<char> text, Workspace work)
    {
        if (!IsWellFormed(text)) text = WellFormed(text.ToString());
        if (_fast is null)
        {
            EncodeSlowly(text.ToString(), work);
            return;
        }
        var (from, taken, done) = (0, 0, 0);
        while (!_added.Raw.IsEmpty && _added.Raw.Next(text, ref from, ref taken, out var start, out var id))
        {
            if (done < start) EncodeNormalized(text[done..start], done == 0, work);
            work.Add(id);
            done = taken;
        }
        if (done < text.Length) EncodeNormalized(text[done..], done == 0, work);
    }

    private void EncodeNormalized(ReadOnlySpan<char> text, bool atStart, Workspace work)
    {
        if (Components.Normalizer is { } normalizer && !_fast!.TakesNormalizer)
        {
            var aligned = new AlignedText(text.ToString(), _needsAlignment);
            normalizer.Normalize(aligned);
            text = aligned.Text;
            // A mark before the first piece only: what a normalizer took from the beginning counts as text before it.
            if (_needsAlignment && text.Length > 0) atStart &= aligned.Original(0, 1).Start == 0;
        }
        var (from, taken, done) = (0, 0, 0);
        while (!_added.Normalized.IsEmpty && _added.Normalized.Next(text, ref from, ref taken, out var start, out var id))
        {
            if (done < start) _fast!.Encode(text[done..start], atStart && done == 0, work);
            work.Add(id);
            done = taken;
        }
        if (done < text.Length) _fast!.Encode(text[done..], atStart && done == 0, work);
    }

    private void EncodeSlowly(string text, Workspace work)
    {
        foreach (var (piece, added) in Pieces(text, _needsAlignment).Pieces)
            if (added is { } token) work.Add(token.Id);
            else if (Model is Models.Bpe.BpeModel { HasDropout: true }) Model.EncodeIds(piece.Text, work);
            else _whole.EncodeCached(piece.Text, work);
    }

    private static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        while (text.IndexOfAnyInRange('\uD800', '\uDFFF') is >= 0 and var at)
        {
            if (!char.IsHighSurrogate(text[at]) || at + 1 >= text.Length || !char.IsLowSurrogate(text[at + 1])) return false;
            text = text[(at + 2)..];
        }
        return true;
    }

    private static string WellFormed(string text) => IsWellFormed(text) ? text : string.Create(text.Length, text, (to, from) =>
    {
        for (var i = 0; i < from.Length; i++)
        {
            var pair = char.IsHighSurrogate(from[i]) && i + 1 < from.Length && char.IsLowSurrogate(from[i + 1]);
            to[i] = pair || !char.IsSurrogate(from[i]) ? from[i] : '\uFFFD';
            if (pair) to[++i] = from[i];
        }
    });
}
