using System.Globalization;
using System.Runtime.CompilerServices;
using Loquat.Text.Tokenization.ByteLevel;

namespace Loquat.Text.Tokenization.Counting;

/// <summary>The classes of characters read from valid UTF-8 bytes.</summary>
internal static class Utf8Classes
{
    private const byte NotAscii = 0xFF;
    private static readonly byte[] _basic = [.. Enumerable.Range(0, 0x10000).Select(c => (byte)CharacterClasses.At([(char)c], 0, out _))];
    private static readonly byte[] _bytes = [.. Enumerable.Range(0, 256).Select(b => b < 0x80 ? _basic[b] : NotAscii)];

    /// <summary>The class of the character at a place before the end of valid UTF-8, and its bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static CharacterClass At(ReadOnlySpan<byte> text, int at, out int length)
    {
        var first = text[at];
        length = 1;
        return first < 0x80 ? (CharacterClass)_bytes[first] : Decode(text, at, out length);
    }

    /// <summary>The end of the run of a class from a place on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Run(ReadOnlySpan<byte> text, int at, int end, CharacterClass wanted)
    {
        while (at < end)
        {
            var found = _bytes[text[at]];
            if (found == (byte)wanted)
            {
                at++;
                continue;
            }
            if (found != NotAscii || Decode(text, at, out var length) != wanted) break;
            at += length;
        }
        return at;
    }

    private static CharacterClass Decode(ReadOnlySpan<byte> text, int at, out int length)
    {
        int first = text[at];
        if (first < 0xE0)
        {
            length = 2;
            return (CharacterClass)_basic[((first & 0x1F) << 6) | (text[at + 1] & 0x3F)];
        }
        if (first < 0xF0)
        {
            length = 3;
            return (CharacterClass)_basic[((first & 0xF) << 12) | ((text[at + 1] & 0x3F) << 6) | (text[at + 2] & 0x3F)];
        }
        length = 4;
        var code = ((first & 7) << 18) | ((text[at + 1] & 0x3F) << 12) | ((text[at + 2] & 0x3F) << 6) | (text[at + 3] & 0x3F);
        return CharUnicodeInfo.GetUnicodeCategory(code) switch
        {
            <= UnicodeCategory.OtherLetter => CharacterClass.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterClass.Number,
            _ => CharacterClass.Other,
        };
    }
}
