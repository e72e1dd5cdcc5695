using System.Text;
using Loquat.Text.Tokenization.Alignment;

namespace Loquat.Text.Tokenization;

/// <summary>
/// What encoding a text, or a pair of texts, gives. All lists have one entry a token. Immutable; a special or padding token has the offsets (0, 0) and no word.
/// </summary>
public sealed class TokenEncoding
{
    private readonly TokenRows _rows;

    internal TokenEncoding(TokenRows rows)
    {
        _rows = rows;
        Overflowing = rows.Overflowing.ConvertAll(part => new TokenEncoding(part));
    }

    public IReadOnlyList<int> Ids => _rows.Ids;

    /// <summary>The tokens' texts as the vocabulary has them; unknown text of a Unigram model as it stands.</summary>
    public IReadOnlyList<string> Tokens => _rows.Tokens;

    /// <summary>Where each token came from, in Unicode code points of its text; a lone surrogate counts as one.</summary>
    public IReadOnlyList<Offsets> CodePointOffsets => _rows.Offsets;

    /// <summary>The same in UTF-16 units, which are places in the string.</summary>
    public IReadOnlyList<Offsets> Utf16Offsets => Convert(c => c.Utf16SequenceLength);

    /// <summary>The same in bytes of the text's UTF-8; a lone surrogate has three.</summary>
    public IReadOnlyList<Offsets> ByteOffsets => Convert(c => c.Utf8SequenceLength);

    /// <summary>Which segment each token belongs to, as models with token type embeddings want it.</summary>
    public IReadOnlyList<int> TypeIds => _rows.TypeIds;

    /// <summary>1 for tokens that the post-processor or padding added.</summary>
    public IReadOnlyList<int> SpecialTokensMask => _rows.SpecialTokensMask;

    /// <summary>0 for padding.</summary>
    public IReadOnlyList<int> AttentionMask => _rows.AttentionMask;

    /// <summary>The piece of the text that each token lies in, counted from 0; null for special tokens.</summary>
    public IReadOnlyList<int?> WordIds => _rows.WordIds;

    /// <summary>0 for the first text, 1 for the second, null for special tokens.</summary>
    public IReadOnlyList<int?> SequenceIds => _rows.SequenceIds;

    /// <summary>What truncation cut off, in parts that are processed and padded like this one.</summary>
    public IReadOnlyList<TokenEncoding> Overflowing { get; }

    public int Count => _rows.Count;

    private Offsets[] Convert(Func<Rune, int> size)
    {
        var places = _rows.Sources.Select(text => Places(text ?? "", size)).ToArray();
        return [.. _rows.Offsets.Select((o, i) => _rows.SequenceIds[i] is { } s ? new Offsets(places[s][Math.Min(o.Start, places[s].Length - 1)], places[s][Math.Min(o.End, places[s].Length - 1)]) : o)];
    }

    private static int[] Places(string text, Func<Rune, int> size)
    {
        var places = new List<int>(text.Length + 1) { 0 };
        foreach (var rune in text.EnumerateRunes()) places.Add(places[^1] + size(rune));
        return [.. places];
    }
}
