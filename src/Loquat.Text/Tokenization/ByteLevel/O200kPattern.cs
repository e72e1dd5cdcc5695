using System.Globalization;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.ByteLevel;

/// <summary>o200k's pattern: capitals, then small letters, with marks among both; then what Llama 3's has, slashes with line breaks.</summary>
internal sealed class O200kPattern : SplitPattern
{
    private const byte Upper = 1, Lower = 2; // letters of no case, modifiers and marks are both

    private static readonly byte[] _cases = [.. Enumerable.Range(0, 0x10000).Select(Case)];

    public override string Regex =>
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public override int Next(ReadOnlySpan<char> text, int start)
    {
        var kind = CharacterClasses.At(text, start, out var length);
        if (kind == CharacterClass.Number) return Run(text, start, CharacterClass.Number, most: 3);
        // One character before the word, unless it is part of it; a mark is both, and the greedy pattern takes it as the one before where a word follows.
        var leads = kind != CharacterClass.Letter && text[start] is not ('\r' or '\n');
        if (leads && Word(text, start + length, small: true) is var after and > 0) return Contracted(text, after);
        if (Word(text, start, small: true) is var word and > 0) return Contracted(text, word);
        if (leads && Word(text, start + length, small: false) is var capitals and > 0) return Contracted(text, capitals);
        if (Word(text, start, small: false) is var upper and > 0) return Contracted(text, upper);
        if (kind == CharacterClass.Other) return Breaks(text, Run(text, start, CharacterClass.Other));
        if (text[start] == ' ' && start + 1 < text.Length && CharacterClasses.At(text, start + 1, out _) == CharacterClass.Other) return Breaks(text, Run(text, start + 1, CharacterClass.Other));
        return SpacesAndBreaks(text, start);
    }

    // small: U*L+, which may give capitals back that are small too; otherwise U+L*. -1: no match.
    private static int Word(ReadOnlySpan<char> text, int start, bool small)
    {
        var (at, lastBoth) = (start, -1);
        while (at < text.Length && CaseAt(text, at, out var next) is var c && (c & Upper) != 0)
        {
            if ((c & Lower) != 0) lastBoth = next;
            at = next;
        }
        var capitals = at;
        while (at < text.Length && (CaseAt(text, at, out var next) & Lower) != 0) at = next;
        if (!small) return capitals > start ? at : -1;
        return at > capitals ? at : lastBoth;
    }

    private static int Contracted(ReadOnlySpan<char> text, int end) => end + Contraction(text, end, ignoreCase: true);

    private static int Breaks(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && text[at] is '\r' or '\n' or '/') at++;
        return at;
    }

    private static byte CaseAt(ReadOnlySpan<char> text, int at, out int next)
    {
        if (!char.IsSurrogate(text[at]))
        {
            next = at + 1;
            return _cases[text[at]];
        }
        return Case(CodePoints.At(text, at, out next));
    }

    private static byte Case(int c) => UnicodeTables.Category(c) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter => Upper,
        UnicodeCategory.LowercaseLetter => Lower,
        UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => Upper | Lower,
        _ => 0,
    };
}
