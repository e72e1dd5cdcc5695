using System.Buffers;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization;

/// <summary>What is looked for, and the token that it is.</summary>
internal sealed record AddedTokenText(string Text, int Id, AddedToken Token);

/// <summary>Finds added tokens in one pass: the leftmost, and the longest of those that begin there. A filter of first characters passes over the rest of the text.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly SearchValues<char> _firsts;
    private readonly Dictionary<char, List<AddedTokenText>> _byFirst = [];

    /// <param name="tokens">In the order of search: of two with the same text the first counts.</param>
    public AddedTokenMatcher(IEnumerable<AddedTokenText> tokens)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var token in tokens)
        {
            if (token.Text.Length == 0 || !known.Add(token.Text)) continue;
            if (!_byFirst.TryGetValue(token.Text[0], out var others)) _byFirst[token.Text[0]] = others = [];
            var at = others.FindIndex(other => other.Text.Length < token.Text.Length);
            others.Insert(at < 0 ? others.Count : at, token);
        }
        _firsts = SearchValues.Create([.. _byFirst.Keys]);
    }

    public bool IsEmpty => _byFirst.Count == 0;

    /// <summary>The next added token.</summary>
    /// <param name="from">Where the search begins; moved behind the match.</param>
    /// <param name="taken">How far the text is taken by the token before; moved to the end of this one.</param>
    public bool Next(ReadOnlySpan<char> text, ref int from, ref int taken, out int start, out int id)
    {
        while (from < text.Length && text[from..].IndexOfAny(_firsts) is >= 0 and var skipped)
        {
            var at = from + skipped;
            from = at + 1;
            foreach (var (content, tokenId, token) in _byFirst[text[at]])
            {
                if (!text[at..].StartsWith(content)) continue;
                var end = at + content.Length;
                from = end;
                if (token.SingleWord && TouchesWord(text, at, end)) break;
                start = at;
                if (token.LStrip)
                {
                    while (start > 0 && UnicodeTables.IsWhiteSpace(text[start - 1])) start--;
                    start = Math.Max(start, taken);
                }
                if (token.RStrip)
                    while (end < text.Length && UnicodeTables.IsWhiteSpace(text[end])) end++;
                // All of it is the token's before, which took the white space behind itself.
                if (end <= start) break;
                taken = end;
                id = tokenId;
                return true;
            }
        }
        (start, id) = (text.Length, -1);
        return false;
    }

    /// <summary>Cuts a piece into added tokens and what lies between.</summary>
    public void Split(AlignedText text, List<Piece> pieces)
    {
        var (from, taken, done) = (0, 0, 0);
        while (Next(text.Text, ref from, ref taken, out var start, out var id))
        {
            if (done < start) pieces.Add(new(text.Slice(done, start), null));
            var slice = text.Slice(start, taken);
            pieces.Add(new(slice, new Token(id, slice.Text, 0, slice.Text.Length)));
            done = taken;
        }
        if (done < text.Text.Length) pieces.Add(new(text.Slice(done, text.Text.Length), null));
    }

    private static bool TouchesWord(ReadOnlySpan<char> text, int start, int end) =>
        (start > 0 && UnicodeTables.Is(CodePoints.At(text, CodePoints.Before(text, start), out _), CodePointSets.Word))
        || (end < text.Length && UnicodeTables.Is(CodePoints.At(text, end, out _), CodePointSets.Word));
}
