namespace Loquat.Text.Tokenization.Alignment;

/// <summary>A stretch of text, end exclusive.</summary>
public readonly record struct Offsets(int Start, int End);

/// <summary>The tokens of a text, or of a pair, while post-processing, truncation and padding change them: one entry a token in each list.</summary>
internal sealed class TokenRows(string? first, string? second = null)
{
    public List<int> Ids { get; init; } = [];

    public List<string> Tokens { get; init; } = [];

    /// <summary>In code points of the token's source.</summary>
    public List<Offsets> Offsets { get; init; } = [];

    public List<int> TypeIds { get; init; } = [];

    public List<int> SpecialTokensMask { get; init; } = [];

    public List<int> AttentionMask { get; init; } = [];

    public List<int?> WordIds { get; init; } = [];

    public List<int?> SequenceIds { get; init; } = [];

    public List<TokenRows> Overflowing { get; init; } = [];

    /// <summary>The texts that sequences 0 and 1 stand in.</summary>
    public string?[] Sources { get; } = [first, second];

    public int Count => Ids.Count;

    public void Add(int id, string token, Offsets offsets, int typeId, bool special, int? word, int? sequence)
    {
        Ids.Add(id);
        Tokens.Add(token);
        Offsets.Add(offsets);
        TypeIds.Add(typeId);
        SpecialTokensMask.Add(special ? 1 : 0);
        AttentionMask.Add(1);
        WordIds.Add(word);
        SequenceIds.Add(sequence);
    }

    public TokenRows Clone() => Slice(0, Count, [.. Overflowing]);

    public TokenRows Slice(int start, int end, List<TokenRows>? overflowing = null) => new(Sources[0], Sources[1])
    {
        Ids = Ids[start..end],
        Tokens = Tokens[start..end],
        Offsets = Offsets[start..end],
        TypeIds = TypeIds[start..end],
        SpecialTokensMask = SpecialTokensMask[start..end],
        AttentionMask = AttentionMask[start..end],
        WordIds = WordIds[start..end],
        SequenceIds = SequenceIds[start..end],
        Overflowing = overflowing ?? [],
    };

    /// <summary>Appends another; overflowing parts are combined each with each.</summary>
    public void Append(TokenRows other)
    {
        var overflowing = new List<TokenRows>();
        foreach (var mine in Overflowing)
        {
            overflowing.Add(Joined(mine, other));
            foreach (var theirs in other.Overflowing) overflowing.Add(Joined(mine, theirs));
        }
        foreach (var theirs in other.Overflowing) overflowing.Add(Joined(this, theirs));
        AppendTokens(other);
        Overflowing.Clear();
        Overflowing.AddRange(overflowing);
    }

    public void SetTypeIds(int typeId)
    {
        for (var i = 0; i < Count; i++) TypeIds[i] = typeId;
    }

    /// <summary>Cuts to a length; the rest becomes overflowing parts that begin <paramref name="stride"/> tokens before the last one ended.</summary>
    public void Truncate(int length, int stride, bool left)
    {
        if (length >= Count) return;
        if (length == 0)
        {
            Overflowing.Add(Slice(0, Count));
            Replace(Slice(0, 0), Overflowing);
            return;
        }
        var parts = new List<TokenRows>();
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

    public void Pad(int length, int id, int typeId, string token, bool left)
    {
        foreach (var part in Overflowing) part.Pad(length, id, typeId, token, left);
        var missing = length - Count;
        if (missing <= 0) return;
        Insert(Ids, id);
        Insert(Tokens, token);
        Insert(Offsets, default);
        Insert(TypeIds, typeId);
        Insert(SpecialTokensMask, 1);
        Insert(AttentionMask, 0);
        Insert(WordIds, null);
        Insert(SequenceIds, null);

        void Insert<T>(List<T> list, T value) => list.InsertRange(left ? 0 : list.Count, Enumerable.Repeat(value, missing));
    }

    private static TokenRows Joined(TokenRows first, TokenRows second)
    {
        var joined = first.Slice(0, first.Count);
        joined.AppendTokens(second);
        return joined;
    }

    private void AppendTokens(TokenRows other)
    {
        for (var i = 0; i < Sources.Length; i++) Sources[i] ??= other.Sources[i];
        Ids.AddRange(other.Ids);
        Tokens.AddRange(other.Tokens);
        Offsets.AddRange(other.Offsets);
        TypeIds.AddRange(other.TypeIds);
        SpecialTokensMask.AddRange(other.SpecialTokensMask);
        AttentionMask.AddRange(other.AttentionMask);
        WordIds.AddRange(other.WordIds);
        SequenceIds.AddRange(other.SequenceIds);
    }

    private void Replace(TokenRows part, List<TokenRows> overflowing)
    {
        List<TokenRows> parts = [.. overflowing];
        Ids.Clear();
        Tokens.Clear();
        Offsets.Clear();
        TypeIds.Clear();
        SpecialTokensMask.Clear();
        AttentionMask.Clear();
        WordIds.Clear();
        SequenceIds.Clear();
        Overflowing.Clear();
        AppendTokens(part);
        Overflowing.AddRange(parts);
    }
}
