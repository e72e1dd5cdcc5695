using System.Globalization;
using System.Runtime.CompilerServices;

namespace Loquat.Text.Tokenization.ByteLevel;

/// <summary>What the pre-tokenization patterns tell apart.</summary>
internal enum CharacterClass : byte
{
    /// <summary>\p{L}.</summary>
    Letter,

    /// <summary>\p{N}.</summary>
    Number,

    /// <summary>\s.</summary>
    Space,

    /// <summary>All else; lone surrogates too, which encode as U+FFFD.</summary>
    Other,
}

internal static class CharacterClasses
{
    private static readonly CharacterClass[] _basic = [.. Enumerable.Range(0, 0x10000).Select(c => Of((char)c))];

    /// <summary>The class of the character at a position, and how many UTF-16 units it has.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static CharacterClass At(ReadOnlySpan<char> text, int index, out int length)
    {
        var c = text[index];
        length = 1;
        if (!char.IsHighSurrogate(c) || index + 1 >= text.Length || !char.IsLowSurrogate(text[index + 1])) return _basic[c];
        length = 2;
        return Of(Unicode.UnicodeTables.Category(char.ConvertToUtf32(c, text[index + 1])));
    }

    private static CharacterClass Of(char c) => char.IsWhiteSpace(c) ? CharacterClass.Space : Of(Unicode.UnicodeTables.Category(c));

    private static CharacterClass Of(UnicodeCategory category) => category switch
    {
        <= UnicodeCategory.OtherLetter => CharacterClass.Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterClass.Number,
        _ => CharacterClass.Other,
    };
}
