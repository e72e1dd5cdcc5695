using System.Buffers;
using System.Runtime.InteropServices;
using Loquat.Text.Tokenization.Models.Unigram;

namespace Loquat.Text.Tokenization.Models.SentencePiece;

/// <summary>
/// The short way for ASCII text in which normalization joins spaces and changes letters for letters, no more: words are looked up as they stand.
/// Gives what normalizing and cutting give. For one thread.
/// </summary>
internal sealed class PlainWords
{
    private readonly PieceTable _table;
    private readonly SentencePieceSegmenter _segmenter;
    private readonly byte[] _forms; // what each ASCII letter becomes
    private readonly SearchValues<char> _plain;
    private readonly PieceCache _cache = new(); // a word's margin, as bits, and its ids
    private readonly ByteBuffer _word = new();
    private readonly List<Segment> _segments = [];
    private readonly List<int> _entry = [];

    private PlainWords(PieceTable table, SentencePieceSegmenter segmenter, int[] forms)
    {
        (_table, _segmenter, _forms) = (table, segmenter, [.. forms.Select(form => (byte)form)]);
        _plain = SearchValues.Create([.. Enumerable.Range(0, forms.Length).Where(c => forms[c] >= 0 && (forms[c] == ' ') == (c == ' ')).Select(c => (char)c)]);
    }

    /// <returns>Null where a model's words are not cut one by one, or spaces become something else.</returns>
    public static PlainWords? Create(PieceTable table, SentencePieceNormalizer normalizer, SentencePieceSegmenter segmenter)
    {
        int[] forms = [.. Enumerable.Range(0, 128).Select(c => normalizer.AsciiForm((byte)c))];
        return table.CutsBeforeSpace && segmenter.CutsWords && forms[' '] == ' ' && table.Model.Normalization is { EscapeWhitespaces: true, AddDummyPrefix: true }
            ? new(table, segmenter, forms) : null;
    }

    /// <summary>Appends the ids of a text.</summary>
    /// <returns>False, with no ids added, where the text is not plain or has unknown characters.</returns>
    public bool TryEncode(ReadOnlySpan<char> text, List<int> ids)
    {
        if (text.ContainsAnyExcept(_plain)) return false;
        var (joinsSpaces, count, score) = (_table.Model.Normalization.RemoveExtraWhitespaces, ids.Count, 0f);
        if (joinsSpaces) text = text.Trim(' ');
        for (int start = 0, end; start < text.Length; start = end)
        {
            var letters = start;
            while (letters < text.Length && text[letters] == ' ') letters++;
            end = letters;
            while (end < text.Length && text[end] != ' ') end++;
            // The dummy prefix is one more space before the first.
            var spaces = start == 0 ? letters + 1 : joinsSpaces ? 1 : letters - start;
            if (TryWord(spaces, text[letters..end], ref score, ids)) continue;
            CollectionsMarshal.SetCount(ids, count);
            return false;
        }
        return true;
    }

    private bool TryWord(int spaces, ReadOnlySpan<char> letters, ref float score, List<int> ids)
    {
        var cached = spaces == 1 && letters.Length is > 0 and <= PieceCache.LongestKey;
        var hash = cached ? PieceCache.Hash(letters) : 0;
        if (cached && _cache.TryGet(letters, hash, out var entry))
        {
            if (BitConverter.Int32BitsToSingle(entry[0]) > UnigramSegmenter.Doubt(score, entry.Length - 1))
            {
                foreach (var id in entry[1..])
                {
                    ids.Add(id);
                    score += _table.Scores[id];
                }
                return true;
            }
            cached = false;
        }
        _word.Clear();
        for (; spaces > 0; spaces--) _word.Add("\u2581"u8);
        foreach (var letter in letters) _word.Add(_forms[letter]);
        _segments.Clear();
        score = _segmenter.CutWord(_word.Span, score, _segments, out var margin);
        _entry.Clear();
        _entry.Add(BitConverter.SingleToInt32Bits(margin));
        foreach (var segment in _segments)
        {
            if (segment.Id == _table.UnknownId) return false;
            _entry.Add(segment.Id);
        }
        var found = CollectionsMarshal.AsSpan(_entry);
        ids.AddRange(found[1..]);
        if (cached) _cache.Add(letters, hash, found);
        return true;
    }
}
