using System.Globalization;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.Patterns;

/// <summary>A set of code points in a regular expression; ASCII answers come from a table.</summary>
internal sealed class CharacterSet
{
    private readonly UInt128 _ascii;
    private readonly Func<int, bool> _rest;

    public CharacterSet(Func<int, bool> contains)
    {
        _rest = contains;
        for (var c = 0; c < 128; c++)
            if (contains(c)) _ascii |= UInt128.One << c;
    }

    public static CharacterSet WhiteSpace { get; } = new(UnicodeTables.IsWhiteSpace);

    public static CharacterSet Word { get; } = new(IsWord);

    public static CharacterSet Digit { get; } = new(c => UnicodeTables.Category(c) == UnicodeCategory.DecimalDigitNumber);

    public static CharacterSet HexDigit { get; } = new(c => c < 128 && char.IsAsciiHexDigit((char)c));

    public static CharacterSet NotLineFeed { get; } = new(c => c != '\n');

    public static CharacterSet Any { get; } = new(_ => true);

    public bool Contains(int c) => c < 128 ? (_ascii >> c & UInt128.One) != 0 : _rest(c);

    public CharacterSet Not() => new(c => !Contains(c));

    public static CharacterSet Union(List<CharacterSet> sets)
    {
        CharacterSet[] all = [.. sets];
        return all.Length == 1 ? all[0] : new(c => Array.Exists(all, set => set.Contains(c)));
    }

    public CharacterSet And(CharacterSet other) => new(c => Contains(c) && other.Contains(c));

    /// <summary>The set with all code points that differ from one in it by case only.</summary>
    public CharacterSet IgnoringCase() => new(c =>
    {
        if (Contains(c)) return true;
        var fold = Fold(c);
        return Contains(fold) || Contains(Upper(fold)) || Contains(Upper(c)) || fold switch
        {
            's' => Contains('\u017F'),
            'k' => Contains('\u212A'),
            'å' => Contains('\u212B'),
            'σ' => Contains('ς'),
            'ω' => Contains('\u2126'),
            'ß' => Contains('\u1E9E'),
            'μ' => Contains('\u00B5'),
            _ => false,
        };
    });

    /// <summary>Simple case folding.</summary>
    public static int Fold(int c) => c switch { 0x17F => 's', 0xB5 => 0x3BC, _ => UnicodeTables.ToLower(Upper(c)) };

    /// <summary>A property by its name in `\p{…}`, or null.</summary>
    public static CharacterSet? Property(string name)
    {
        var key = string.Concat(name.Where(c => c is not (' ' or '_' or '-'))).ToLowerInvariant();
        if (Categories(key) is { } categories) return new(c => categories.Contains(UnicodeTables.Category(c)));
        return key switch
        {
            "any" => Any,
            "assigned" => new(c => UnicodeTables.Category(c) != UnicodeCategory.OtherNotAssigned),
            "alpha" or "alphabetic" => new(c => UnicodeTables.Is(c, CodePointSets.Alphabetic)),
            "space" or "whitespace" => WhiteSpace,
            "word" => Word,
            "digit" => Digit,
            "alnum" => new(c => UnicodeTables.Is(c, CodePointSets.Alphabetic) || Digit.Contains(c)),
            "upper" or "uppercase" => new(c => UnicodeTables.Category(c) == UnicodeCategory.UppercaseLetter),
            "lower" or "lowercase" => new(c => UnicodeTables.Category(c) == UnicodeCategory.LowercaseLetter),
            "punct" => new(c => Categories("p")!.Contains(UnicodeTables.Category(c)) || Categories("s")!.Contains(UnicodeTables.Category(c))),
            "cntrl" => new(c => UnicodeTables.Category(c) == UnicodeCategory.Control),
            "xdigit" => HexDigit,
            "blank" => new(c => c == '\t' || UnicodeTables.Category(c) == UnicodeCategory.SpaceSeparator),
            "ascii" => new(c => c < 128),
            "han" or "hani" => Script('一'),
            "latin" or "latn" => Script('a'),
            "cyrillic" or "cyrl" => Script('б'),
            "greek" or "grek" => Script('α'),
            "hiragana" or "hira" => new(c => UnicodeTables.Script(c) == UnicodeTables.Script('一') && (c is >= 0x3041 and <= 0x309F || c is >= 0x1B000 and <= 0x1B16F && c is not (0x1B000 or >= 0x1B164) || c == 0x1F200)),
            "katakana" or "kana" => new(c => c is >= 0x30A1 and <= 0x30FA or >= 0x30FD and <= 0x30FF or >= 0x31F0 and <= 0x31FF or >= 0x32D0 and <= 0x3357 or >= 0xFF66 and <= 0xFF6F or >= 0xFF71 and <= 0xFF9D),
            "hangul" or "hang" => Script('가'),
            "arabic" or "arab" => Script('ب'),
            "hebrew" or "hebr" => Script('א'),
            "thai" => Script('ก'),
            "devanagari" or "deva" => Script('अ'),
            "bengali" or "beng" => Script('অ'),
            "tamil" or "taml" => Script('அ'),
            "armenian" or "armn" => Script('ա'),
            "georgian" or "geor" => Script('ა'),
            "common" or "zyyy" => Script('0'),
            _ => null,
        };
    }

    private static CharacterSet Script(int example)
    {
        var script = UnicodeTables.Script(example);
        // The reference's table joins the two syllabaries to Han; the names mean them apart.
        return example == '一'
            ? new(c => UnicodeTables.Script(c) == script && c is not (>= 0x3041 and <= 0x30FF or >= 0x31F0 and <= 0x31FF or >= 0x32D0 and <= 0x3357 or >= 0xFF66 and <= 0xFF9D or >= 0x1AFF0 and <= 0x1B16F or 0x1F200))
            : new(c => UnicodeTables.Script(c) == script);
    }

    private static bool IsWord(int c) => UnicodeTables.Is(c, CodePointSets.Alphabetic) || UnicodeTables.Category(c) is UnicodeCategory.NonSpacingMark
        or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation;

    private static int Upper(int c) =>
        c < 128 ? (c is >= 'a' and <= 'z' ? c - 32 : c) : c is >= 0xD800 and < 0xE000 ? c : System.Text.Rune.ToUpperInvariant(new System.Text.Rune(c)).Value;

    private static UnicodeCategory[]? Categories(string name) => name switch
    {
        "l" or "letter" => [UnicodeCategory.UppercaseLetter, UnicodeCategory.LowercaseLetter, UnicodeCategory.TitlecaseLetter, UnicodeCategory.ModifierLetter, UnicodeCategory.OtherLetter],
        "lc" => [UnicodeCategory.UppercaseLetter, UnicodeCategory.LowercaseLetter, UnicodeCategory.TitlecaseLetter],
        "lu" or "uppercaseletter" => [UnicodeCategory.UppercaseLetter],
        "ll" or "lowercaseletter" => [UnicodeCategory.LowercaseLetter],
        "lt" or "titlecaseletter" => [UnicodeCategory.TitlecaseLetter],
        "lm" or "modifierletter" => [UnicodeCategory.ModifierLetter],
        "lo" or "otherletter" => [UnicodeCategory.OtherLetter],
        "m" or "mark" => [UnicodeCategory.NonSpacingMark, UnicodeCategory.SpacingCombiningMark, UnicodeCategory.EnclosingMark],
        "mn" or "nonspacingmark" => [UnicodeCategory.NonSpacingMark],
        "mc" or "spacingmark" => [UnicodeCategory.SpacingCombiningMark],
        "me" or "enclosingmark" => [UnicodeCategory.EnclosingMark],
        "n" or "number" => [UnicodeCategory.DecimalDigitNumber, UnicodeCategory.LetterNumber, UnicodeCategory.OtherNumber],
        "nd" or "decimalnumber" => [UnicodeCategory.DecimalDigitNumber],
        "nl" or "letternumber" => [UnicodeCategory.LetterNumber],
        "no" or "othernumber" => [UnicodeCategory.OtherNumber],
        "p" or "punctuation" => [UnicodeCategory.ConnectorPunctuation, UnicodeCategory.DashPunctuation, UnicodeCategory.OpenPunctuation, UnicodeCategory.ClosePunctuation, UnicodeCategory.InitialQuotePunctuation, UnicodeCategory.FinalQuotePunctuation, UnicodeCategory.OtherPunctuation],
        "pc" or "connectorpunctuation" => [UnicodeCategory.ConnectorPunctuation],
        "pd" or "dashpunctuation" => [UnicodeCategory.DashPunctuation],
        "ps" or "openpunctuation" => [UnicodeCategory.OpenPunctuation],
        "pe" or "closepunctuation" => [UnicodeCategory.ClosePunctuation],
        "pi" or "initialpunctuation" => [UnicodeCategory.InitialQuotePunctuation],
        "pf" or "finalpunctuation" => [UnicodeCategory.FinalQuotePunctuation],
        "po" or "otherpunctuation" => [UnicodeCategory.OtherPunctuation],
        "s" or "symbol" => [UnicodeCategory.MathSymbol, UnicodeCategory.CurrencySymbol, UnicodeCategory.ModifierSymbol, UnicodeCategory.OtherSymbol],
        "sm" or "mathsymbol" => [UnicodeCategory.MathSymbol],
        "sc" or "currencysymbol" => [UnicodeCategory.CurrencySymbol],
        "sk" or "modifiersymbol" => [UnicodeCategory.ModifierSymbol],
        "so" or "othersymbol" => [UnicodeCategory.OtherSymbol],
        "z" or "separator" => [UnicodeCategory.SpaceSeparator, UnicodeCategory.LineSeparator, UnicodeCategory.ParagraphSeparator],
        "zs" or "spaceseparator" => [UnicodeCategory.SpaceSeparator],
        "zl" or "lineseparator" => [UnicodeCategory.LineSeparator],
        "zp" or "paragraphseparator" => [UnicodeCategory.ParagraphSeparator],
        "c" or "other" => [UnicodeCategory.Control, UnicodeCategory.Format, UnicodeCategory.Surrogate, UnicodeCategory.PrivateUse, UnicodeCategory.OtherNotAssigned],
        "cc" or "control" => [UnicodeCategory.Control],
        "cf" or "format" => [UnicodeCategory.Format],
        "cs" or "surrogate" => [UnicodeCategory.Surrogate],
        "co" or "privateuse" => [UnicodeCategory.PrivateUse],
        "cn" or "unassigned" => [UnicodeCategory.OtherNotAssigned],
        _ => null,
    };
}
