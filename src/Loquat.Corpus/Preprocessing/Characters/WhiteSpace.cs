using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Loquat.Corpus.Preprocessing.Characters;

/// <summary>
/// White space and line ends as the field's tools know them: the information separators U+001C to U+001F are white space there, and .NET does not count them.
/// </summary>
public static class WhiteSpace
{
    public static bool Is(char c) => c <= ' ' ? c == ' ' || c is >= '\t' and <= '\r' or >= '\u001c' : c >= '\u0085' && char.IsWhiteSpace(c);

    /// <summary>Characters that <see cref="Block"/> looks at.</summary>
    internal const int BlockLength = 32;

    /// <summary>A bit for each of the next 32 characters: whether it is white space. What is behind the end of the text is.</summary>
    internal static uint Block(ReadOnlySpan<char> text, int start)
    {
        var white = uint.MaxValue;
        if (text.Length - start >= BlockLength)
        {
            ref var first = ref Unsafe.As<char, ushort>(ref Unsafe.Add(ref MemoryMarshal.GetReference(text), start));
            return Half(Vector256.LoadUnsafe(ref first)) | Half(Vector256.LoadUnsafe(ref first, (nuint)Vector256<ushort>.Count)) << Vector256<ushort>.Count;
        }
        for (var i = start; i < text.Length; i++)
            if (!Is(text[i])) white &= ~(1u << (i - start));
        return white;
    }

    private static uint Half(Vector256<ushort> c)
    {
        var white = Range(c, '\t', '\r') | Range(c, '\u001c', ' ');
        if (Vector256.GreaterThanAny(c, Vector256.Create((ushort)0x84)))
            white |= Range(c, '\u2000', '\u200a') | Range(c, '\u2028', '\u2029') | One(c, '\u0085') | One(c, '\u00a0') | One(c, '\u1680') | One(c, '\u202f') | One(c, '\u205f') | One(c, '\u3000');
        return white.ExtractMostSignificantBits();
    }

    private static Vector256<ushort> Range(Vector256<ushort> c, char from, char to) => Vector256.LessThanOrEqual(c - Vector256.Create((ushort)from), Vector256.Create((ushort)(to - from)));

    private static Vector256<ushort> One(Vector256<ushort> c, char one) => Vector256.Equals(c, Vector256.Create((ushort)one));

    public static ReadOnlySpan<char> Trim(ReadOnlySpan<char> text) => TrimEnd(TrimStart(text));

    public static ReadOnlySpan<char> TrimStart(ReadOnlySpan<char> text)
    {
        var start = 0;
        while (start < text.Length && Is(text[start])) start++;
        return text[start..];
    }

    public static ReadOnlySpan<char> TrimEnd(ReadOnlySpan<char> text)
    {
        var end = text.Length;
        while (end > 0 && Is(text[end - 1])) end--;
        return text[..end];
    }

    /// <summary>Characters as Unicode counts them: a surrogate pair is one.</summary>
    public static int CodePoints(ReadOnlySpan<char> text)
    {
        var count = text.Length;
        if (!text.ContainsAnyInRange('\ud800', '\udbff')) return count;
        for (var i = 1; i < text.Length; i++)
            if (char.IsSurrogatePair(text[i - 1], text[i])) count--;
        return count;
    }

    /// <summary>Runs of white space become one space; none at either end.</summary>
    public static string Collapse(string text)
    {
        if (IsCollapsed(text)) return text;
        var result = new System.Text.StringBuilder(text.Length);
        foreach (var word in new WordSpans(text))
        {
            if (result.Length > 0) result.Append(' ');
            result.Append(text.AsSpan(word.Start, word.Length));
        }
        return result.ToString();
    }

    private static bool IsCollapsed(string text)
    {
        var space = true;
        foreach (var c in text)
        {
            if (!Is(c)) space = false;
            else if (c != ' ' || space) return false;
            else space = true;
        }
        return !space || text.Length == 0;
    }
}

/// <summary>A stretch of a text, in UTF-16 units.</summary>
public readonly record struct TextSpan(int Start, int Length)
{
    public int End => Start + Length;

    public ReadOnlySpan<char> Of(ReadOnlySpan<char> text) => text.Slice(Start, Length);
}

/// <summary>The words of a text: runs of what is not white space.</summary>
public readonly ref struct WordSpans(ReadOnlySpan<char> text)
{
    private readonly ReadOnlySpan<char> _text = text;

    public Enumerator GetEnumerator() => new(_text);

    /// <summary>All of them at once, for those who look at a word more than once.</summary>
    public static List<TextSpan> Of(ReadOnlySpan<char> text)
    {
        var words = new List<TextSpan>(text.Length / 5 + 8);
        var (start, before) = (-1, 1u);
        for (var i = 0; i < text.Length; i += WhiteSpace.BlockLength)
        {
            var white = WhiteSpace.Block(text, i);
            // Where white space ends or begins, a word begins or ends.
            for (var turns = white ^ (white << 1 | before); turns != 0; turns &= turns - 1)
            {
                var at = i + BitOperations.TrailingZeroCount(turns);
                if (start < 0) start = at;
                else
                {
                    words.Add(new(start, at - start));
                    start = -1;
                }
            }
            before = white >> 31;
        }
        if (start >= 0) words.Add(new(start, text.Length - start));
        return words;
    }

    /// <summary>How many there are.</summary>
    public static int Count(ReadOnlySpan<char> text)
    {
        var (count, before) = (0, 1u);
        for (var i = 0; i < text.Length; i += WhiteSpace.BlockLength)
        {
            var white = WhiteSpace.Block(text, i);
            count += BitOperations.PopCount(~white & (white << 1 | before));
            before = white >> 31;
        }
        return count;
    }

    public ref struct Enumerator(ReadOnlySpan<char> text)
    {
        private readonly ReadOnlySpan<char> _text = text;
        private int _place;

        public TextSpan Current { get; private set; }

        public bool MoveNext()
        {
            var start = _place;
            while (start < _text.Length && WhiteSpace.Is(_text[start])) start++;
            if (start == _text.Length) return false;
            var end = start + 1;
            while (end < _text.Length && !WhiteSpace.Is(_text[end])) end++;
            (Current, _place) = (new(start, end - start), end);
            return true;
        }
    }
}

/// <summary>The lines of a text without their ends. Every line end of Unicode counts, and CR LF as one; an end at the end of the text begins no line.</summary>
public readonly ref struct LineSpans(ReadOnlySpan<char> text)
{
    private readonly ReadOnlySpan<char> _text = text;

    public Enumerator GetEnumerator() => new(_text);

    public ref struct Enumerator(ReadOnlySpan<char> text)
    {
        private static readonly System.Buffers.SearchValues<char> _ends = System.Buffers.SearchValues.Create("\n\r\v\f\u001c\u001d\u001e\u0085\u2028\u2029");
        private readonly ReadOnlySpan<char> _text = text;
        private int _place;

        public TextSpan Current { get; private set; }

        public bool MoveNext()
        {
            if (_place >= _text.Length) return false;
            var length = _text[_place..].IndexOfAny(_ends);
            if (length < 0) length = _text.Length - _place;
            Current = new(_place, length);
            _place += length + 1;
            if (_place < _text.Length && _text[_place] == '\n' && _text[_place - 1] == '\r') _place++;
            return true;
        }
    }
}
