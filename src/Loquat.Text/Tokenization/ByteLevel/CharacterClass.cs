using System.Globalization;
using System.Runtime.CompilerServices;
using Loquat.Text.Tokenization.Unicode;

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

    /// <summary>All else.</summary>
    Other,

    /// <summary>Half a character: look at both.</summary>
    Surrogate,
}

internal static class CharacterClasses
{
    /// <summary>By UTF-16 unit.</summary>
    public static CharacterClass[] Basic { get; } = CreateBasic();

    /// <summary>The class of the character at a position, and how many UTF-16 units it has. A lone surrogate is <see cref="CharacterClass.Other"/>: it encodes as U+FFFD.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static CharacterClass At(ReadOnlySpan<char> text, int index, out int length)
    {
        length = 1;
        var found = Basic[text[index]];
        return found != CharacterClass.Surrogate ? found : Pair(text, index, out length);
    }

    private static CharacterClass[] CreateBasic()
    {
        var classes = new CharacterClass[0x10000];
        for (var c = 0; c < classes.Length; c++) classes[c] = char.IsSurrogate((char)c) ? CharacterClass.Surrogate : Of(c);
        return classes;
    }

    private static CharacterClass Pair(ReadOnlySpan<char> text, int index, out int length)
    {
        length = 1;
        if (!char.IsHighSurrogate(text[index]) || index + 1 >= text.Length || !char.IsLowSurrogate(text[index + 1])) return CharacterClass.Other;
        length = 2;
        return Of(char.ConvertToUtf32(text[index], text[index + 1]));
    }

    private static CharacterClass Of(int c) => UnicodeTables.IsWhiteSpace(c) ? CharacterClass.Space : UnicodeTables.Category(c) switch
    {
        <= UnicodeCategory.OtherLetter => CharacterClass.Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterClass.Number,
        _ => CharacterClass.Other,
    };
}
