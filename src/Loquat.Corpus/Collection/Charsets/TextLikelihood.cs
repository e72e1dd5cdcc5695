using System.Globalization;

namespace Loquat.Corpus.Collection.Charsets;

/// <summary>How likely it is that somebody wrote a text, in natural logarithms: by the letters of the language that fits best, and by what stands beside what.</summary>
internal static class TextLikelihood
{
    private const float AsciiLetter = -3.1f;
    private const float AsciiOther = -4.6f;
    private const float Space = -1.9f;
    private const float AsciiLetterElsewhere = -3.4f; // in text of another script, where markup and names are
    private const float Punctuation = -7;
    private const float Symbol = -9.5f;
    private const float Control = -18;
    private const float Invalid = -20;
    private const float RareHan = -10.2f;
    private const float RarestHan = -14;
    private const float Clash = -5; // a capital inside a word, two scripts in one word, a symbol between letters

    /// <returns>The score, and the language that gave it.</returns>
    public static (float Score, string Language) Of(ReadOnlySpan<char> text)
    {
        var counts = new Dictionary<char, int>();
        var clashes = 0;
        var before = Kind(' ');
        for (var i = 0; i < text.Length; i++)
        {
            var character = text[i];
            System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(counts, character, out _)++;
            var kind = Kind(character);
            if (character >= 0x80 || i > 0 && text[i - 1] >= 0x80) clashes += Clashes(before, kind, i + 1 < text.Length ? Kind(text[i + 1]) : Kinds.Other);
            before = kind;
        }
        var shared = 0f;
        var special = new List<(char Character, int Count)>();
        foreach (var (character, count) in counts)
        {
            if (character == '\uFFFD' || character is >= '\uE000' and < '\uF900') shared += Invalid * count;
            else if (character is >= '\x80' and < '\xA0' || character < 0x20 && character is not ('\n' or '\r' or '\t' or '\f')) shared += Control * count;
            else special.Add((character, count));
        }
        var (best, language) = (float.NegativeInfinity, "");
        foreach (var one in LetterTable.Shared.Languages)
        {
            var score = 0f;
            foreach (var (character, count) in special)
            {
                score += count * Score(character, one);
                if (score < best) break;
            }
            if (score > best) (best, language) = (score, one.Language);
        }
        return (best + shared + Clash * clashes, language);
    }

    private static float Score(char character, LanguageLetters language)
    {
        if (character < 0x80)
        {
            if (char.IsAsciiLetter(character)) return language.IsLatin ? AsciiLetter : AsciiLetterElsewhere;
            return character is ' ' or '\n' or '\r' or '\t' ? Space : AsciiOther;
        }
        if (language.Letters.TryGetValue(character, out var known)) return known;
        if (character is >= '\u4E00' and < '\uA000') return !language.IsLatin ? HanFrequency.IsCommon(character) ? RareHan : RarestHan : RarestHan;
        if (character is >= '\uAC00' and < '\uD7A4') return !language.IsLatin && HanFrequency.IsCommon(character) ? RareHan : RarestHan;
        if (char.IsLetter(character) || char.IsSurrogate(character)) return LetterTable.Foreign;
        return character is '“' or '”' or '‘' or '’' or '–' or '—' or '…' or '«' or '»' or '°' or '\u00A0' or '„' or '·' or '•' or '§' or '©' or '®' or '€' or '£' or '。' or '、' or '，' ? Punctuation : Symbol;
    }

    private enum Kinds { Other, Lower, Upper, LetterElse, Symbol }

    private static Kinds Kind(char character)
    {
        if (char.IsAsciiLetterLower(character)) return Kinds.Lower;
        if (character < 0x80) return char.IsAsciiLetterUpper(character) ? Kinds.Upper : Kinds.Other;
        return char.GetUnicodeCategory(character) switch
        {
            UnicodeCategory.LowercaseLetter => Kinds.Lower,
            UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter => Kinds.Upper,
            UnicodeCategory.OtherLetter or UnicodeCategory.ModifierLetter => Kinds.LetterElse,
            UnicodeCategory.MathSymbol or UnicodeCategory.ModifierSymbol or UnicodeCategory.OtherSymbol or UnicodeCategory.CurrencySymbol or UnicodeCategory.OtherNumber => Kinds.Symbol,
            UnicodeCategory.OtherPunctuation or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OpenPunctuation when character != '’' && character < 0x3000 => Kinds.Symbol,
            _ => Kinds.Other,
        };
    }

    private static int Clashes(Kinds before, Kinds here, Kinds after)
    {
        if (here == Kinds.Upper && before == Kinds.Lower) return 1;
        if (here == Kinds.LetterElse && before is Kinds.Lower or Kinds.Upper || before == Kinds.LetterElse && here is Kinds.Lower or Kinds.Upper) return 1;
        return here == Kinds.Symbol && before is Kinds.Lower or Kinds.Upper && after is Kinds.Lower or Kinds.Upper ? 1 : 0;
    }
}
