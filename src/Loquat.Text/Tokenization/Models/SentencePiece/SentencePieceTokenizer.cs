using System.Collections.Concurrent;
using System.Text;
using Loquat.Text.Tokenization.Decoders;
using Loquat.Text.Tokenization.Models.Unigram;

namespace Loquat.Text.Tokenization.Models.SentencePiece;

/// <summary>One piece of an encoded text.</summary>
/// <param name="Id">Its place in the vocabulary.</param>
/// <param name="Piece">Its text; for an unknown piece, what stood there after normalization.</param>
/// <param name="Start">Where it begins in the text, in UTF-8 bytes.</param>
/// <param name="End">Where it ends, exclusive.</param>
public readonly record struct EncodedPiece(int Id, string Piece, int Start, int End);

/// <summary>
/// A sentencepiece model as the reference runs it: the same ids, pieces and decoded text. Thread-safe. A lone surrogate is read as U+FFFD.
/// </summary>
/// <remarks>Source: sentencepiece_processor.cc of the sentencepiece project. No begin or end piece is added.</remarks>
public sealed class SentencePieceTokenizer
{
    private const char Space = '\u2581';

    private readonly PieceTable _table;
    private readonly Lazy<DecodingTable> _decoding;
    private readonly SentencePieceNormalizer _normalizer;
    private readonly SentencePieceNormalizer? _denormalizer;
    private readonly ConcurrentBag<Workspace> _workspaces = [];

    private sealed record Workspace(SentencePieceSegmenter Segmenter, PlainWords? Plain)
    {
        public ByteBuffer Input { get; } = new();

        public ByteBuffer Normalized { get; } = new();

        public List<Segment> Segments { get; } = [];
    }

    /// <summary>Prepares a model for use.</summary>
    public SentencePieceTokenizer(SentencePieceModel model, string source = "sentencepiece model")
    {
        _table = new(model);
        _decoding = new(CreateDecoding);
        _normalizer = new(model.Normalization, _table.UserDefined, model.TreatWhitespaceAsSuffix, source);
        _denormalizer = model.Denormalization is { PrecompiledCharsMap.IsEmpty: false } back ? new(back, null, model.TreatWhitespaceAsSuffix, source) : null;
    }

    /// <summary>Reads a <c>.model</c> file.</summary>
    /// <exception cref="DataException">The file is not there or damaged; the message names the place.</exception>
    public static SentencePieceTokenizer Load(string path) => new(SentencePieceModel.Load(path), path);

    public SentencePieceModel Model => _table.Model;

    public int VocabSize => _table.Types.Length;

    public int? TokenToId(string token) => _table.Find(token);

    public string? IdToToken(int id) => id >= 0 && id < VocabSize ? _table.Model.Pieces[id].Text : null;

    /// <summary>Appends the ids of a text.</summary>
    public void EncodeIds(ReadOnlySpan<char> text, List<int> ids)
    {
        var work = Rent();
        if (work.Plain is { } words && words.TryEncode(text, ids))
        {
            _workspaces.Add(work);
            return;
        }
        Normalize(text, null, work);
        work.Segmenter.Segment(work.Normalized.Span, work.Segments);
        var (at, afterUnknown) = (0, false);
        foreach (var segment in work.Segments)
        {
            var unknown = segment.Id == _table.UnknownId;
            if (unknown && _table.Model.ByteFallback)
                foreach (var b in work.Normalized.Span.Slice(at, segment.Length)) ids.Add(_table.ByteIds[b]);
            else if (!unknown || !afterUnknown) ids.Add(segment.Id); // neighbouring unknowns are one
            afterUnknown = unknown;
            at += segment.Length;
        }
        _workspaces.Add(work);
    }

    /// <summary>The ids of a text.</summary>
    public List<int> EncodeIds(string text)
    {
        var ids = new List<int>(text.Length / 3 + 4);
        EncodeIds(text, ids);
        return ids;
    }

    /// <summary>The pieces of a text with their ids and places.</summary>
    public List<EncodedPiece> Encode(string text)
    {
        var origins = new List<int>();
        var work = Normalize(text, origins);
        work.Segmenter.Segment(work.Normalized.Span, work.Segments);
        var pieces = Pieces(work.Normalized.Span, work.Segments, origins);
        _workspaces.Add(work);
        return pieces;
    }

    /// <summary>The same, cut by chance.</summary>
    internal List<EncodedPiece> Sample(string text, double alpha, int nbestSize, Random random)
    {
        var origins = new List<int>();
        var work = Normalize(text, origins);
        work.Segmenter.Sample(work.Normalized.Span, alpha, nbestSize, random, work.Segments);
        var pieces = Pieces(work.Normalized.Span, work.Segments, origins);
        _workspaces.Add(work);
        return pieces;
    }

    /// <summary>The most probable ways to cut a text, best first, with their log probabilities.</summary>
    internal List<(List<EncodedPiece> Pieces, double Score)> Nbest(string text, int size)
    {
        var origins = new List<int>();
        var work = Normalize(text, origins);
        var paths = work.Segmenter.Nbest(work.Normalized.Span, size);
        var found = new List<(List<EncodedPiece> Pieces, double Score)>();
        for (var path = 0; path < paths.Count; path++) found.Add((Pieces(work.Normalized.Span, paths[path], origins), paths.Score(path)));
        _workspaces.Add(work);
        return found;
    }

    internal bool Denormalizes => _denormalizer is not null;

    /// <summary>The text that ids stand for.</summary>
    /// <exception cref="DataException">An id is outside the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids)
    {
        foreach (var id in ids)
            if (id < 0 || id >= VocabSize) throw new DataException($"id {id} is outside the vocabulary of {VocabSize} pieces");
        return Decode(ids, skipControl: false);
    }

    /// <summary>The same, where ids outside the vocabulary count for nothing.</summary>
    /// <param name="skipControl">Whether bytes on both sides of a control piece may be one character.</param>
    internal string Decode(ReadOnlySpan<int> ids, bool skipControl)
    {
        var text = new DecodedText(stackalloc char[512]);
        try
        {
            _decoding.Value.Append(ids[AppendStart(ids, ref text)..], skipControl, ref text);
            if (_denormalizer is null) return text.ToString();
            var output = new ByteBuffer();
            _denormalizer.Normalize(Encoding.UTF8.GetBytes(text.ToString()), output, null);
            return Encoding.UTF8.GetString(output.Span);
        }
        finally
        {
            text.Dispose();
        }
    }

    private List<EncodedPiece> Pieces(ReadOnlySpan<byte> normalized, List<Segment> segments, List<int> origins)
    {
        var pieces = new List<EncodedPiece>(segments.Count);
        for (int i = 0, at = 0; i < segments.Count; i++)
        {
            var (length, id) = segments[i];
            var unknown = id == _table.UnknownId;
            if (unknown && !_table.Model.ByteFallback)
                for (; i + 1 < segments.Count && segments[i + 1].Id == id; i++) length += segments[i + 1].Length; // neighbouring unknowns are one
            var (start, end) = (origins[at], origins[at + length]);
            var bytes = normalized.Slice(at, length);
            if (unknown && _table.Model.ByteFallback)
                for (var b = 0; b < bytes.Length; b++) // the last byte stands for the whole character
                    pieces.Add(new(_table.ByteIds[bytes[b]], _table.Model.Pieces[_table.ByteIds[bytes[b]]].Text, start, b == bytes.Length - 1 ? end : start));
            else
                pieces.Add(new(id, unknown ? Encoding.UTF8.GetString(bytes) : _table.Model.Pieces[id].Text, start, end));
            at += length;
        }
        return pieces;
    }

    // Pieces before which there is no text: the space that the dummy prefix put there is left out. Returns how many they are.
    private int AppendStart(ReadOnlySpan<int> ids, ref DecodedText text)
    {
        var rules = _table.Model.Normalization;
        if (!rules.AddDummyPrefix && !rules.RemoveExtraWhitespaces) return 0;
        for (var i = 0; i < ids.Length; i++)
        {
            if ((uint)ids[i] >= (uint)VocabSize) continue;
            if (_table.Types[ids[i]] == PieceType.Byte) return i;
            var spaced = ids[i] != _table.UnknownId && _table.Types[ids[i]] != PieceType.Control && _table.Model.Pieces[ids[i]].Text.StartsWith(Space);
            var piece = TextOf(ids[i]).AsSpan(spaced ? 1 : 0);
            text.Add(piece);
            // Where spaces are removed anyway, every leading one goes.
            if (piece.Length > 0 || (spaced && !rules.RemoveExtraWhitespaces)) return i + 1;
        }
        return ids.Length;
    }

    private string TextOf(int id) =>
        _table.Types[id] == PieceType.Control ? "" : id == _table.UnknownId ? _table.Model.UnknownSurface : _table.Model.Pieces[id].Text.Replace(Space, ' ');

    private DecodingTable CreateDecoding()
    {
        var table = new DecodingTable(VocabSize, InvalidBytes.ReplaceByte);
        for (var id = 0; id < VocabSize; id++)
            if (_table.Types[id] == PieceType.Byte) table.SetBytes(id, [SentencePieceModel.ByteOf(_table.Model.Pieces[id].Text)!.Value], special: false);
            else table.SetText(id, TextOf(id), special: _table.Types[id] == PieceType.Control);
        return table;
    }

    private Workspace Rent()
    {
        if (_workspaces.TryTake(out var work)) return work;
        var segmenter = SentencePieceSegmenter.Create(_table);
        return new(segmenter, PlainWords.Create(_table, _normalizer, segmenter));
    }

    private Workspace Normalize(ReadOnlySpan<char> text, List<int>? origins) => Normalize(text, origins, Rent());

    private Workspace Normalize(ReadOnlySpan<char> text, List<int>? origins, Workspace work)
    {
        work.Input.Clear();
        work.Input.Length = Encoding.UTF8.GetBytes(text, work.Input.Grow(Encoding.UTF8.GetMaxByteCount(text.Length)));
        _normalizer.Normalize(work.Input.Span, work.Normalized, origins);
        work.Segments.Clear();
        return work;
    }
}
