using System.Text;

namespace Loquat.Text.Tokenization.Alignment;

/// <summary>One code point of changed text.</summary>
/// <param name="CodePoint">What stands there now.</param>
/// <param name="Offset">0: it takes the place of the next old code point; n > 0: it is new and belongs to the one before; -n: it takes the place of the next and n more go.</param>
internal readonly record struct Change(int CodePoint, int Offset);

/// <summary>
/// Text under normalization, which knows for each UTF-16 unit the stretch of the original text that it came from. Without alignment it is text alone, for encoders that want ids only.
/// </summary>
public sealed class AlignedText
{
    private int[]? _starts;
    private int[]? _ends;

    internal AlignedText(string text, bool aligned)
    {
        Text = text;
        if (!aligned) return;
        (_starts, _ends) = (new int[text.Length], new int[text.Length]);
        for (var i = 0; i < text.Length; i++)
        {
            var pair = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            (_starts[i], _ends[i]) = (i, i + (pair ? 2 : 1));
            if (pair) (_starts[++i], _ends[i]) = (i - 1, i + 1);
        }
    }

    private AlignedText(string text, int[]? starts, int[]? ends, int origin) => (Text, _starts, _ends, Origin) = (text, starts, ends, origin);

    /// <summary>The text as it is now.</summary>
    public string Text { get; private set; }

    /// <summary>Where in the original text this part begins, in UTF-16 units.</summary>
    internal int Origin { get; private set; }

    internal bool IsAligned => _starts is not null;

    /// <summary>The stretch of the original, in UTF-16 units, that a stretch of this text came from.</summary>
    internal (int Start, int End) Original(int start, int end) =>
        start >= end || _starts is null ? (Origin + start, Origin + end) : (_starts[start], _ends![Math.Min(end, _ends.Length) - 1]);

    internal AlignedText Slice(int start, int end)
    {
        if (start == 0 && end == Text.Length && (Text.Length == 0 || _starts is null || _starts[0] == Origin)) return this;
        var text = Text[start..end];
        return _starts is null
            ? new(text, null, null, Origin + start)
            : new(text, _starts[start..end], _ends![start..end], start < end ? _starts[start] : Origin + start);
    }

    /// <summary>Replaces the whole text, where no alignment is kept.</summary>
    internal void Change(string text) => Text = _starts is null ? text : throw new InvalidOperationException("The alignment would be lost.");

    /// <summary>Replaces the whole text.</summary>
    /// <param name="changes">The new code points in order.</param>
    /// <param name="removed">How many old code points go before the first of them.</param>
    internal void Transform(List<Change> changes, int removed)
    {
        var builder = new StringBuilder(Text.Length + 16);
        if (_starts is null)
        {
            foreach (var change in changes) Append(builder, change.CodePoint);
            Text = builder.ToString();
            return;
        }
        var (starts, ends) = (new List<int>(Text.Length + 16), new List<int>(Text.Length + 16));
        var at = 0; // place in the old text
        for (var i = 0; i < removed; i++) at = Next(at);
        foreach (var (codePoint, offset) in changes)
        {
            var from = offset > 0 ? at - 1 : Math.Min(at, Text.Length - 1);
            var (start, end) = from < 0 ? (Origin, Origin) : (_starts[from], _ends![from]);
            if (offset <= 0) at = Next(at);
            for (var i = offset; i < 0; i++) at = Next(at);
            for (var units = Append(builder, codePoint); units > 0; units--)
            {
                starts.Add(start);
                ends.Add(end);
            }
        }
        (Text, _starts, _ends) = (builder.ToString(), [.. starts], [.. ends]);
    }

    /// <summary>Puts text before the first code point, with that one's origin; nothing before empty text.</summary>
    internal void Prepend(string prefix)
    {
        if (Text.Length == 0) return;
        Text = prefix + Text;
        if (_starts is null) return;
        var (start, end) = (_starts[0], _ends![0]);
        _starts = [.. Enumerable.Repeat(start, prefix.Length), .. _starts];
        _ends = [.. Enumerable.Repeat(end, prefix.Length), .. _ends];
    }

    /// <summary>Keeps a stretch; the origin stays that of the whole.</summary>
    internal void Keep(int start, int end)
    {
        Text = Text[start..end];
        if (_starts is not null) (_starts, _ends) = (_starts[start..end], _ends![start..end]);
    }

    /// <summary>Puts <paramref name="content"/> in place of each match; it gets the origin of the last code point that it replaces.</summary>
    internal void Replace(List<PatternMatch> matches, string content)
    {
        if (!matches.Exists(m => m.IsMatch)) return;
        var builder = new StringBuilder(Text.Length + 16);
        var (starts, ends) = (new List<int>(Text.Length + 16), new List<int>(Text.Length + 16));
        foreach (var (start, end, isMatch) in matches)
        {
            if (isMatch) builder.Append(content);
            else builder.Append(Text, start, end - start);
            if (_starts is null) continue;
            if (!isMatch)
            {
                starts.AddRange(_starts.AsSpan(start, end - start));
                ends.AddRange(_ends.AsSpan(start, end - start));
                continue;
            }
            var from = end - 1;
            for (var i = 0; i < content.Length; i++)
            {
                starts.Add(from < 0 ? Origin : _starts[from]);
                ends.Add(from < 0 ? Origin : _ends![from]);
            }
        }
        Text = builder.ToString();
        if (_starts is not null) (_starts, _ends) = ([.. starts], [.. ends]);
    }

    /// <summary>Keeps only the code points of which <paramref name="keep"/> holds.</summary>
    internal void Filter(Func<int, bool> keep)
    {
        var changes = new List<Change>(Text.Length);
        var first = 0;
        foreach (var rune in Text.EnumerateRunes())
            if (keep(rune.Value)) changes.Add(new(rune.Value, 0));
            else if (changes.Count > 0) changes[^1] = changes[^1] with { Offset = changes[^1].Offset - 1 };
            else first++;
        Transform(changes, first);
    }

    /// <summary>Maps each code point to one.</summary>
    internal void Map(Func<int, int> map)
    {
        var changes = new List<Change>(Text.Length);
        foreach (var rune in Text.EnumerateRunes()) changes.Add(new(map(rune.Value), 0));
        Transform(changes, 0);
    }

    private int Next(int at) =>
        at + (at + 1 < Text.Length && char.IsHighSurrogate(Text[at]) && char.IsLowSurrogate(Text[at + 1]) ? 2 : 1) is var next && next > Text.Length ? Text.Length : next;

    private static int Append(StringBuilder builder, int codePoint)
    {
        if (codePoint < 0x10000)
        {
            builder.Append((char)codePoint);
            return 1;
        }
        builder.Append((char)(0xD7C0 + (codePoint >> 10))).Append((char)(0xDC00 + (codePoint & 0x3FF)));
        return 2;
    }
}
