using System.Globalization;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.Patterns;

/// <summary>A set of code points in a regular expression; ASCII answers come from a table.</summary>
internal sealed class CharacterSet
{
    private static readonly string[] _categories = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Zs Zl Zp Cc Cf Cs Co Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Cn".ToLowerInvariant().Split(' '); // in the order of UnicodeCategory

    private readonly UInt128 _ascii;
    private readonly Func<int, bool> _rest;

    public CharacterSet(Func<int, bool> contains)
    {
        _rest = contains;
        for (var c = 0; c < 128; c++)
            if (contains(c)) _ascii |= UInt128.One << c;
    }

    public static CharacterSet WhiteSpace { get; } = new(UnicodeTables.IsWhiteSpace);

    /// <summary>`\w` in brackets.</summary>
    public static CharacterSet Word { get; } = new(IsWord);

    /// <summary>`\w` by itself, and what `\b` looks at: Oniguruma has another table there, in which ² ³ ¹ ¼ ½ ¾ are of a word.</summary>
    public static CharacterSet WordAlone { get; } = new(c => c is 0xB2 or 0xB3 or 0xB9 or 0xBC or 0xBD or 0xBE || IsWord(c));

    public static CharacterSet Digit { get; } = new(c => UnicodeTables.Category(c) == UnicodeCategory.DecimalDigitNumber);

    public static CharacterSet HexDigit { get; } = new(c => c < 128 && char.IsAsciiHexDigit((char)c));

    public static CharacterSet NotLineFeed { get; } = new(c => c != '\n');

    public static CharacterSet Any { get; } = new(_ => true);

    public bool Contains(int c) => c < 128 ? (_ascii >> c & UInt128.One) != 0 : _rest(c);

    public CharacterSet Not() => new(c => !Contains(c));

    public static CharacterSet Of(params int[] codePoints) => codePoints is [var only] ? new(c => c == only) : new(c => Array.IndexOf(codePoints, c) >= 0);

    public static CharacterSet Union(List<CharacterSet> sets)
    {
        CharacterSet[] all = [.. sets];
        return all.Length == 1 ? all[0] : new(c => Array.Exists(all, set => set.Contains(c)));
    }

    public CharacterSet And(CharacterSet other) => new(c => Contains(c) && other.Contains(c));

    /// <summary>The set with all code points that differ from one in it by case only.</summary>
    public CharacterSet IgnoringCase()
    {
        var added = CaseFolds.Classes.Where(equal => Array.Exists(equal, Contains)).SelectMany(equal => equal).ToHashSet();
        return new(c => Contains(c) || added.Contains(c));
    }

    /// <summary>A property by its name in `\p{…}`: a script, a category, a block, another property; case, spaces, hyphens and low lines do not count. Null where there is none.</summary>
    public static CharacterSet? Property(string name)
    {
        if (!name.All(char.IsAscii)) return null;
        var key = string.Concat(name.Where(c => c is not (' ' or '_' or '-'))).ToLowerInvariant();
        return key switch
        {
            { Length: 1 or 2 } when Categories(key) is not 0 and var categories => new(c => (categories >> (int)UnicodeTables.Category(c) & 1) != 0),
            "any" => Any,
            "alpha" or "alphabetic" => new(c => UnicodeTables.Is(c, CodePointSets.Alphabetic)),
            "space" or "whitespace" => WhiteSpace,
            "word" => Word,
            "digit" => Digit,
            _ => UnicodeProperties.Ranges(key) is { } bounds ? Ranges(bounds) : null,
        };
    }

    // First and last code points in turn, in order.
    private static CharacterSet Ranges(int[] bounds) => new(c =>
    {
        var at = Array.BinarySearch(bounds, c);
        return at >= 0 || (~at & 1) == 1;
    });

    // A bit for each category that the short name means.
    private static int Categories(string name)
    {
        var bits = 0;
        for (var i = 0; i < _categories.Length; i++)
            if (_categories[i].StartsWith(name, StringComparison.Ordinal) || name == "lc" && i <= (int)UnicodeCategory.TitlecaseLetter) bits |= 1 << i;
        return bits;
    }

    private static bool IsWord(int c) => UnicodeTables.Is(c, CodePointSets.Alphabetic) || UnicodeTables.Category(c) is UnicodeCategory.NonSpacingMark
        or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation;
}
