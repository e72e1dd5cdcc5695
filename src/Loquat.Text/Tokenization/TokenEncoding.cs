using System.Text;

namespace Loquat.Text.Tokenization;

/// <summary>A stretch of text, end exclusive.</summary>
public readonly record struct Offsets(int Start, int End);

/// <summary>
/// What encoding a text, or a pair of texts, gives. All lists have one entry a token. Immutable for users; a special or padding token has the offsets (0, 0) and no word.
/// </summary>
public sealed class TokenEncoding
{
    internal TokenEncoding(string? first, string? second = null) => Sources = [first, second];

    internal List<int> IdList { get; init; } = [];

    internal List<string> TokenList { get; init; } = [];

    internal List<Offsets> OffsetList { get; init; } = [];

    internal List<int> TypeIdList { get; init; } = [];

    internal List<int> SpecialTokensMaskList { get; init; } = [];

    internal List<int> AttentionMaskList { get; init; } = [];

    internal List<int?> WordIdList { get; init; } = [];

    internal List<int?> SequenceIdList { get; init; } = [];

    internal List<TokenEncoding> OverflowingList { get; init; } = [];

    internal string?[] Sources { get; }

    public IReadOnlyList<int> Ids => IdList;

    /// <summary>The tokens' texts as the vocabulary has them; unknown text of a Unigram model as it stands.</summary>
    public IReadOnlyList<string> Tokens => TokenList;

    /// <summary>Where each token came from, in Unicode code points of its text; a lone surrogate counts as one.</summary>
    public IReadOnlyList<Offsets> CodePointOffsets => OffsetList;

    /// <summary>The same in UTF-16 units, which are places in the string.</summary>
    public IReadOnlyList<Offsets> Utf16Offsets => Convert(c => c.Utf16SequenceLength);

    /// <summary>The same in bytes of the text's UTF-8; a lone surrogate has three.</summary>
    public IReadOnlyList<Offsets> ByteOffsets => Convert(c => c.Utf8SequenceLength);

    /// <summary>Which segment each token belongs to, as models with token type embeddings want it.</summary>
    public IReadOnlyList<int> TypeIds => TypeIdList;

    /// <summary>1 for tokens that the post-processor or padding added.</summary>
    public IReadOnlyList<int> SpecialTokensMask => SpecialTokensMaskList;

    /// <summary>0 for padding.</summary>
    public IReadOnlyList<int> AttentionMask => AttentionMaskList;

    /// <summary>The piece of the text that each token lies in, counted from 0; null for special tokens.</summary>
    public IReadOnlyList<int?> WordIds => WordIdList;

    /// <summary>0 for the first text, 1 for the second, null for special tokens.</summary>
    public IReadOnlyList<int?> SequenceIds => SequenceIdList;

    /// <summary>What truncation cut off, in parts that are processed and padded like this one.</summary>
    public IReadOnlyList<TokenEncoding> Overflowing => OverflowingList;

    public int Count => IdList.Count;

    internal void Add(int id, string token, Offsets offsets, int typeId, bool special, int? word, int? sequence)
    {
        IdList.Add(id);
        TokenList.Add(token);
        OffsetList.Add(offsets);
        TypeIdList.Add(typeId);
        SpecialTokensMaskList.Add(special ? 1 : 0);
        AttentionMaskList.Add(1);
        WordIdList.Add(word);
        SequenceIdList.Add(sequence);
    }

    internal TokenEncoding Clone() => Slice(0, Count, [.. OverflowingList]);

    internal TokenEncoding Slice(int start, int end, List<TokenEncoding>? overflowing = null) => new(Sources[0], Sources[1])
    {
        IdList = IdList[start..end],
        TokenList = TokenList[start..end],
        OffsetList = OffsetList[start..end],
        TypeIdList = TypeIdList[start..end],
        SpecialTokensMaskList = SpecialTokensMaskList[start..end],
        AttentionMaskList = AttentionMaskList[start..end],
        WordIdList = WordIdList[start..end],
        SequenceIdList = SequenceIdList[start..end],
        OverflowingList = overflowing ?? [],
    };

    /// <summary>Appends another; overflowing parts are combined each with each.</summary>
    internal void Append(TokenEncoding other)
    {
        var overflowing = new List<TokenEncoding>();
        foreach (var mine in OverflowingList)
        {
            overflowing.Add(Joined(mine, other));
            foreach (var theirs in other.OverflowingList) overflowing.Add(Joined(mine, theirs));
        }
        foreach (var theirs in other.OverflowingList) overflowing.Add(Joined(this, theirs));
        AppendTokens(other);
        OverflowingList.Clear();
        OverflowingList.AddRange(overflowing);
    }

    internal void SetTypeIds(int typeId)
    {
        for (var i = 0; i < Count; i++) TypeIdList[i] = typeId;
    }

    /// <summary>Cuts to a length; the rest becomes overflowing parts that begin <paramref name="stride"/> tokens before the last one ended.</summary>
    internal void Truncate(int length, int stride, bool left)
    {
        if (length >= Count) return;
        if (length == 0)
        {
            OverflowingList.Add(Slice(0, Count));
            Replace(Slice(0, 0), OverflowingList);
            return;
        }
        var parts = new List<TokenEncoding>();
        var step = length - stride;
        if (left)
            for (var stop = Count; ; stop -= step)
            {
                parts.Add(Slice(Math.Max(0, stop - length), stop));
                if (stop <= length) break;
            }
        else
            for (var start = 0; ; start += step)
            {
                parts.Add(Slice(start, Math.Min(start + length, Count)));
                if (start + length >= Count) break;
            }
        Replace(parts[0], parts[1..]);
    }

    internal void Pad(int length, int id, int typeId, string token, bool left)
    {
        foreach (var part in OverflowingList) part.Pad(length, id, typeId, token, left);
        var missing = length - Count;
        if (missing <= 0) return;
        Insert(IdList, id);
        Insert(TokenList, token);
        Insert(OffsetList, default);
        Insert(TypeIdList, typeId);
        Insert(SpecialTokensMaskList, 1);
        Insert(AttentionMaskList, 0);
        Insert(WordIdList, null);
        Insert(SequenceIdList, null);

        void Insert<T>(List<T> list, T value) => list.InsertRange(left ? 0 : list.Count, Enumerable.Repeat(value, missing));
    }

    private static TokenEncoding Joined(TokenEncoding first, TokenEncoding second)
    {
        var joined = first.Slice(0, first.Count);
        joined.AppendTokens(second);
        return joined;
    }

    private void AppendTokens(TokenEncoding other)
    {
        for (var i = 0; i < Sources.Length; i++) Sources[i] ??= other.Sources[i];
        IdList.AddRange(other.IdList);
        TokenList.AddRange(other.TokenList);
        OffsetList.AddRange(other.OffsetList);
        TypeIdList.AddRange(other.TypeIdList);
        SpecialTokensMaskList.AddRange(other.SpecialTokensMaskList);
        AttentionMaskList.AddRange(other.AttentionMaskList);
        WordIdList.AddRange(other.WordIdList);
        SequenceIdList.AddRange(other.SequenceIdList);
    }

    private void Replace(TokenEncoding part, List<TokenEncoding> overflowing)
    {
        List<TokenEncoding> parts = [.. overflowing];
        IdList.Clear();
        TokenList.Clear();
        OffsetList.Clear();
        TypeIdList.Clear();
        SpecialTokensMaskList.Clear();
        AttentionMaskList.Clear();
        WordIdList.Clear();
        SequenceIdList.Clear();
        OverflowingList.Clear();
        AppendTokens(part);
        OverflowingList.AddRange(parts);
    }

    private Offsets[] Convert(Func<Rune, int> size)
    {
        var places = Sources.Select(text => Places(text ?? "", size)).ToArray();
        return [.. OffsetList.Select((o, i) => SequenceIdList[i] is { } s ? new Offsets(places[s][Math.Min(o.Start, places[s].Length - 1)], places[s][Math.Min(o.End, places[s].Length - 1)]) : o)];
    }

    private static int[] Places(string text, Func<Rune, int> size)
    {
        var places = new List<int>(text.Length + 1) { 0 };
        foreach (var rune in text.EnumerateRunes()) places.Add(places[^1] + size(rune));
        return [.. places];
    }
}
