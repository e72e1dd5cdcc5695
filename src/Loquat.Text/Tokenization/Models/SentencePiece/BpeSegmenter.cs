using System.Runtime.InteropServices;
using Loquat.Text.Tokenization.Models.Unigram;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.Models.SentencePiece;

/// <summary>Byte pair encoding: of all neighbours that form a piece, those with the highest score join first, the leftmost where scores are equal.</summary>
/// <remarks>Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units"; bpe_model.cc of the sentencepiece project.</remarks>
internal sealed class BpeSegmenter(PieceTable table) : SentencePieceSegmenter
{
    private readonly SegmentCache _cache = new();
    private readonly PriorityQueue<Pair, (float NegatedScore, int Left)> _queue = new();
    private readonly Dictionary<int, (int Left, int Right)> _undo = [];
    private Symbol[] _symbols = new Symbol[64];

    private struct Symbol
    {
        public int Start;
        public int Length; // 0: joined to its left neighbour
        public int Previous;
        public int Next;
        public bool Frozen;
    }

    private readonly record struct Pair(int Left, int Right, int Length);

    public override bool CutsWords => true;

    public override void Segment(ReadOnlySpan<byte> text, List<Segment> output)
    {
        while (!text.IsEmpty)
        {
            var length = table.CutsBeforeSpace ? PieceTable.WordLength(text) : text.Length;
            var word = text[..length];
            text = text[length..];
            if (_cache.TryGet(word, out var known, out _, out var hash))
            {
                output.AddRange(known);
                continue;
            }
            var from = output.Count;
            Merge(word, 0, null, output);
            _cache.Add(word, hash, CollectionsMarshal.AsSpan(output)[from..], 0);
        }
    }

    public override float CutWord(ReadOnlySpan<byte> word, float score, List<Segment> output, out float margin)
    {
        margin = float.PositiveInfinity;
        Merge(word, 0, null, output);
        return score;
    }

    /// <summary>A join that is left out is not thought of again (other than in the paper, as the reference does it).</summary>
    public override void Sample(ReadOnlySpan<byte> text, double alpha, int nbestSize, Random random, List<Segment> output)
    {
        if (!text.IsEmpty) Merge(text, alpha, random, output);
    }

    private void Merge(ReadOnlySpan<byte> text, double dropout, Random? random, List<Segment> output)
    {
        _queue.Clear();
        _undo.Clear();
        var count = 0;
        for (var at = 0; at < text.Length; count++)
        {
            if (count == _symbols.Length) Array.Resize(ref _symbols, count * 2);
            var defined = table.UserDefined?.Longest(text[at..], out _) ?? 0;
            var length = defined > 0 ? defined : CodePoints.Utf8Length(text[at..]);
            _symbols[count] = new() { Start = at, Length = length, Previous = count - 1, Next = count + 1, Frozen = defined > 0 };
            at += length;
        }
        _symbols[count - 1].Next = -1;
        for (var i = 1; i < count; i++) Consider(i - 1, i, text);
        while (_queue.TryDequeue(out var pair, out _))
        {
            ref var left = ref _symbols[pair.Left];
            ref var right = ref _symbols[pair.Right];
            if (left.Length == 0 || right.Length == 0 || left.Length + right.Length != pair.Length) continue;
            if (random is not null && random.NextDouble() < dropout) continue;
            left.Length = pair.Length;
            left.Next = right.Next;
            if (right.Next >= 0) _symbols[right.Next].Previous = pair.Left;
            right.Length = 0;
            Consider(left.Previous, pair.Left, text);
            Consider(pair.Left, left.Next, text);
        }
        for (var i = 0; i >= 0; i = _symbols[i].Next) Emit(text.Slice(_symbols[i].Start, _symbols[i].Length), output);
    }

    private void Consider(int left, int right, ReadOnlySpan<byte> text)
    {
        if (left < 0 || right < 0 || _symbols[left].Frozen || _symbols[right].Frozen) return;
        var (first, second) = (_symbols[left].Length, _symbols[right].Length);
        var id = table.Trie.Find(text.Slice(_symbols[left].Start, first + second));
        if (id < 0) return;
        _queue.Enqueue(new(left, right, first + second), (-table.Scores[id], left));
        if (table.Types[id] == PieceType.Unused) _undo[id] = (first, second);
    }

    // An unused piece may be a step on the way but not the end: it is taken apart again as it was made.
    private void Emit(ReadOnlySpan<byte> piece, List<Segment> output)
    {
        var id = table.Trie.Find(piece);
        if (id >= 0 && table.Types[id] == PieceType.Unused && _undo.TryGetValue(id, out var parts))
        {
            Emit(piece[..parts.Left], output);
            Emit(piece[parts.Left..], output);
            return;
        }
        output.Add(new(piece.Length, id >= 0 ? id : table.UnknownId));
    }
}

/// <summary>Every word is a piece or unknown.</summary>
internal sealed class WordSegmenter(PieceTable table) : SentencePieceSegmenter
{
    public override void Segment(ReadOnlySpan<byte> text, List<Segment> output)
    {
        while (!text.IsEmpty)
        {
            int length;
            if (table.Model.TreatWhitespaceAsSuffix)
            {
                var space = text.IndexOf("\u2581"u8);
                length = space < 0 ? text.Length : space + 3;
            }
            else
            {
                var next = text[Math.Min(text.Length, text.StartsWith("\u2581"u8) ? 3 : 1)..].IndexOf("\u2581"u8);
                length = next < 0 ? text.Length : next + (text.StartsWith("\u2581"u8) ? 3 : 1);
            }
            var id = table.Trie.Find(text[..length]);
            output.Add(new(length, id < 0 ? table.UnknownId : id));
            text = text[length..];
        }
    }
}

/// <summary>Every character is a piece or unknown.</summary>
internal sealed class CharacterSegmenter(PieceTable table) : SentencePieceSegmenter
{
    public override void Segment(ReadOnlySpan<byte> text, List<Segment> output)
    {
        while (!text.IsEmpty)
        {
            var length = table.UserDefined?.Longest(text, out _) is > 0 and var defined ? defined : CodePoints.Utf8Length(text);
            var id = table.Trie.Find(text[..length]);
            output.Add(new(length, id < 0 ? table.UnknownId : id));
            text = text[length..];
        }
    }
}
