using Loquat.Text.Tokenization.ByteLevel;

namespace Loquat.Text.Tokenization.Counting;

/// <summary>A split pattern on UTF-8 bytes; cuts as the pattern of characters does.</summary>
internal abstract class PatternWords : WordSplitter
{
    /// <summary>`\s+(?!\S)|\s+` at white space: the run, without its last character where text follows.</summary>
    protected static int Spaces(ReadOnlySpan<byte> text, int start, int run, int to)
    {
        if (run == to) return run;
        var last = run - 1;
        while ((text[last] & 0xC0) == 0x80) last--;
        return last == start ? run : last;
    }
}

internal sealed class Gpt2Words : PatternWords
{
    internal override void Split(ReadOnlySpan<byte> buffer, int from, int to, WordTable words)
    {
        for (int start = from, end; start < to; start = end)
        {
            end = Next(buffer, start, to);
            words.Add(buffer, start, end - start);
        }
    }

    private static int Next(ReadOnlySpan<byte> text, int start, int to)
    {
        var kind = Utf8Classes.At(text, start, out var length);
        if (text[start] == ' ' && start + 1 < to && Utf8Classes.At(text, start + 1, out length) is var next and not CharacterClass.Space)
            return Utf8Classes.Run(text, start + 1 + length, to, next);
        if (text[start] == '\'' && Contraction(text, start, to) is var contraction and > 0) return start + contraction;
        var run = Utf8Classes.Run(text, start + (kind == CharacterClass.Space ? 0 : length), to, kind);
        return kind == CharacterClass.Space ? Spaces(text, start, run, to) : run;
    }

    private static int Contraction(ReadOnlySpan<byte> text, int at, int to)
    {
        if (at + 1 >= to) return 0;
        if (text[at + 1] is (byte)'s' or (byte)'t' or (byte)'m' or (byte)'d') return 2;
        if (at + 2 >= to) return 0;
        return (text[at + 1], text[at + 2]) is ((byte)'r', (byte)'e') or ((byte)'v', (byte)'e') or ((byte)'l', (byte)'l') ? 3 : 0;
    }
}

internal sealed class Llama3Words : PatternWords
{
    internal override void Split(ReadOnlySpan<byte> buffer, int from, int to, WordTable words)
    {
        for (int start = from, end; start < to; start = end)
        {
            end = Next(buffer, start, to);
            words.Add(buffer, start, end - start);
        }
    }

    private static int Next(ReadOnlySpan<byte> text, int start, int to)
    {
        var first = text[start];
        if (first == '\'' && Contraction(text, start, to) is var contraction and > 0) return start + contraction;
        var kind = Utf8Classes.At(text, start, out var length);
        var after = start + length;
        if (kind == CharacterClass.Letter) return Utf8Classes.Run(text, after, to, CharacterClass.Letter);
        if (kind == CharacterClass.Number)
        {
            for (var digits = 1; digits < 3 && after < to && Utf8Classes.At(text, after, out length) == CharacterClass.Number; digits++) after += length;
            return after;
        }
        var next = after < to ? Utf8Classes.At(text, after, out _) : CharacterClass.Space;
        if (first is not ((byte)'\r' or (byte)'\n') && next == CharacterClass.Letter) return Utf8Classes.Run(text, after, to, CharacterClass.Letter);
        if (kind == CharacterClass.Other || (first == ' ' && next == CharacterClass.Other))
        {
            after = Utf8Classes.Run(text, after, to, CharacterClass.Other);
            while (after < to && text[after] is (byte)'\r' or (byte)'\n') after++;
            return after;
        }
        var run = Utf8Classes.Run(text, start, to, CharacterClass.Space);
        var lineEnd = text[start..run].LastIndexOfAny((byte)'\r', (byte)'\n');
        return lineEnd >= 0 ? start + lineEnd + 1 : Spaces(text, start, run, to);
    }

    /// <summary>Bytes of a contraction in either case, or 0. U+017F, the long s, folds to s.</summary>
    private static int Contraction(ReadOnlySpan<byte> text, int at, int to)
    {
        if (at + 1 >= to) return 0;
        var first = text[at + 1] | 0x20;
        if (text[at + 1] < 0x80 && first is 's' or 't' or 'm' or 'd') return 2;
        if (at + 2 >= to) return 0;
        if (text[at + 1] == 0xC5 && text[at + 2] == 0xBF) return 3;
        return (first, text[at + 2] | 0x20) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }
}
