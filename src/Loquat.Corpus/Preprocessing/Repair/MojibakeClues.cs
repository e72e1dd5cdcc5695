using System.Globalization;
using System.Text;
using Loquat.Corpus.Preprocessing.Characters;

namespace Loquat.Corpus.Preprocessing.Repair;

/// <summary>What a character that turns up in mojibake is otherwise used for. Two that are never neighbors in good text give mojibake away.</summary>
[Flags]
internal enum ClueKinds : ushort
{
    None = 0,
    Common = 1,
    C1 = 2,
    Bad = 4,
    Law = 8,
    Currency = 16,
    Start = 32,
    End = 64,
    Numeric = 128,
    Kaomoji = 256,
    UpperAccented = 512,
    LowerAccented = 1024,
    UpperCommon = 2048,
    LowerCommon = 4096,
    Box = 8192,
}

/// <summary>
/// Tells text that looks like mojibake from text that does not: the rules of ftfy 6 (R. Speer, "ftfy", 2019), as tests of neighbors in one pass.
/// </summary>
internal static class MojibakeClues
{
    private const ClueKinds Accented = ClueKinds.LowerAccented | ClueKinds.UpperAccented;
    private const ClueKinds Signs = ClueKinds.Box | ClueKinds.Start | ClueKinds.End | ClueKinds.Currency | ClueKinds.Numeric | ClueKinds.Law;
    private const ClueKinds Quotes = ClueKinds.Start | ClueKinds.End;
    private const ClueKinds Arabic = ClueKinds.Common | ClueKinds.Currency | ClueKinds.Bad | ClueKinds.Numeric | ClueKinds.Start;
    private const ClueKinds Doubled = ClueKinds.C1 | ClueKinds.Bad | Quotes | ClueKinds.Currency;

    private const int TableSize = 0x2600;
    private const int MostClasses = 32;
    private const string Known = "ŒœÂÃÎÐ×ØÙà√≈‚вВГРСβΒΓΞΟā"; // those of IsKnown

    private static readonly ClueKinds[] _kinds = Table();

    // Characters of the same kinds are a class; what two neighbors tell goes by their classes.
    private static readonly (byte[] OfCharacter, Pair[] Pairs) _classes = Classes();

    /// <summary>What two neighbors tell by their kinds alone.</summary>
    private enum Pair : byte
    {
        Good,
        Bad,

        /// <summary>It depends on what is around them.</summary>
        Doubtful,
    }

    public static ClueKinds KindOf(char c) => c < TableSize ? _kinds[c] : c switch
    {
        '\ufffd' => ClueKinds.Bad,
        '\uf8ff' => ClueKinds.Start,
        '\ufb01' or '\ufb02' => ClueKinds.LowerAccented,
        _ => ClueKinds.None,
    };

    /// <summary>Whether any part of a text is hardly anything but mojibake.</summary>
    public static bool IsBad(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] < 0x80)
            {
                var skip = text[i..].IndexOfAnyExceptInRange('\0', '\x7f');
                if (skip < 0) return false;
                i += skip;
            }
            var kind = KindOf(text[i]);
            if (kind == ClueKinds.None) continue;
            if ((kind & ClueKinds.C1) != 0) return true;
            var pair = _classes.Pairs[ClassOf(text[i]) * MostClasses + (i + 1 < text.Length ? ClassOf(text[i + 1]) : 0)];
            if (pair == Pair.Bad || pair == Pair.Doubtful && IsBadAt(text, i, kind)) return true;
        }
        return false;
    }

    private static int ClassOf(char c) => c < TableSize ? _classes.OfCharacter[c] : c is '\ufffd' or '\uf8ff' or '\ufb01' or '\ufb02' ? MostClasses - 1 : 0;

    // The last class is of the few characters above the table: they are always looked at, and so are those of IsKnown.
    private static (byte[], Pair[]) Classes()
    {
        var kinds = new List<(ClueKinds Kinds, bool IsKnown)> { (ClueKinds.None, false) };
        var (classes, pairs) = (new byte[TableSize], new Pair[MostClasses * MostClasses]);
        for (var c = 0; c < TableSize; c++)
        {
            var key = (_kinds[c], Known.Contains((char)c));
            if (!kinds.Contains(key)) kinds.Add(key);
            classes[c] = (byte)kinds.IndexOf(key);
        }
        Array.Fill(pairs, Pair.Doubtful);
        for (var a = 0; a < kinds.Count; a++)
            for (var b = 0; b < kinds.Count; b++)
            {
                var (kind, next) = (kinds[a].Kinds, kinds[b].Kinds);
                pairs[a * MostClasses + b] = AreBad(kind, next) ? Pair.Bad : kinds[a].IsKnown || MayBeBad(kind, next) ? Pair.Doubtful : Pair.Good;
            }
        return kinds.Count < MostClasses ? (classes, pairs) : throw new InvalidOperationException($"{kinds.Count} classes");
    }

    private static bool AreBad(ClueKinds kind, ClueKinds next) =>
        Are(kind, ClueKinds.Bad | Accented | Signs, next, ClueKinds.Bad)
        || Are(kind, ClueKinds.Bad, next, Accented | Signs)
        || Are(kind, ClueKinds.LowerAccented | ClueKinds.LowerCommon | ClueKinds.Box | ClueKinds.End | ClueKinds.Currency | ClueKinds.Numeric, next, ClueKinds.UpperAccented)
        || Are(kind, ClueKinds.Box | ClueKinds.End | ClueKinds.Currency | ClueKinds.Numeric, next, ClueKinds.LowerAccented)
        || Are(kind, ClueKinds.LowerAccented | ClueKinds.Box | ClueKinds.End, next, ClueKinds.Currency)
        || Are(kind, ClueKinds.UpperAccented | ClueKinds.Box, next, ClueKinds.Numeric | ClueKinds.Law)
        || Are(kind, ClueKinds.Currency | ClueKinds.Numeric | ClueKinds.Box, next, ClueKinds.Start)
        || Are(kind, ClueKinds.Box, next, ClueKinds.Kaomoji | ClueKinds.End)
        || Are(kind, Accented | ClueKinds.Currency | ClueKinds.Numeric | Quotes | ClueKinds.Law, next, ClueKinds.Box);

    // With the right characters around them; see IsBadAt.
    private static bool MayBeBad(ClueKinds kind, ClueKinds next) =>
        Are(kind, ClueKinds.LowerCommon | ClueKinds.UpperCommon, next, ClueKinds.Bad)
        || Are(kind, ClueKinds.UpperAccented, next, ClueKinds.Currency | ClueKinds.Start | ClueKinds.Kaomoji)
        || Are(kind, Accented | ClueKinds.Box | ClueKinds.Currency | ClueKinds.End, next, ClueKinds.Start)
        || Are(kind, Accented | ClueKinds.Currency | ClueKinds.Numeric | ClueKinds.Box | ClueKinds.Law, next, ClueKinds.End)
        || Are(kind, Accented, next, Quotes);

    /// <summary>Whether what stands at a place is a part of hardly anything but mojibake; C1 characters always are.</summary>
    internal static bool IsBadAt(ReadOnlySpan<char> text, int i, ClueKinds kind)
    {
        var c = text[i];
        var before = i > 0 ? text[i - 1] : '\0';
        var c1 = i + 1 < text.Length ? text[i + 1] : '\0';
        var c2 = i + 2 < text.Length ? text[i + 2] : '\0';
        var (next, second) = (KindOf(c1), KindOf(c2));
        return AreBad(kind, next)
            || Are(kind, ClueKinds.LowerCommon | ClueKinds.UpperCommon, next, ClueKinds.Bad) && char.IsAsciiLetter(before)
            || Are(kind, ClueKinds.UpperAccented, next, ClueKinds.Currency) && i > 0 && WhiteSpace.Is(before)
            || Are(kind, Accented | ClueKinds.Box | ClueKinds.Currency | ClueKinds.End, next, ClueKinds.Start) && (second & ClueKinds.Numeric) != 0
            || Are(kind, Accented | ClueKinds.Currency | ClueKinds.Numeric | ClueKinds.Box | ClueKinds.Law, next, ClueKinds.End) && (second & ClueKinds.Start) != 0
            || Are(kind, ClueKinds.UpperAccented, next, ClueKinds.Start | ClueKinds.Currency) && char.IsAsciiLetterLower(before)
            || Are(kind, Accented, next, Quotes) && i + 2 < text.Length && IsWord(text[(i + 2)..])
            || (kind & ClueKinds.UpperAccented) != 0 && c1 == '°'
            || IsKnown(text[i..], c, c1, c2, next, second, i == 0, before, i > 1 ? text[i - 2] : '\0');
    }

    private static bool Are(ClueKinds kind, ClueKinds kinds, ClueKinds next, ClueKinds nexts) => (kind & kinds) != 0 && (next & nexts) != 0;

    // Sequences of single characters that the kinds do not cover.
    private static bool IsKnown(ReadOnlySpan<char> text, char c, char c1, char c2, ClueKinds next, ClueKinds second, bool first, char before, char beforeIt) => c switch
    {
        'Œ' or 'œ' => text.Length > 1 && !char.IsAsciiLetter(c1),
        'Â' or 'Ã' or 'Î' or 'Ð' =>
            "€œŠš¢£Ÿž\u00a0\u00ad®©°·»–—´".Contains(c1) || (next & Quotes) != 0
            || c == 'Ã' && c1 == '¡'
            || c is 'Ã' or 'Â' && c1 == ' ' && (first || char.IsAsciiLetterLower(before) || WhiteSpace.Is(before) && char.IsAsciiLetterLower(beforeIt))
            || c == 'Â' && c1 == ' ' && !first && (char.IsAsciiLetterLower(before) || before is '.' or ',' or '?' or '!' || (KindOf(before) & ClueKinds.End) != 0),
        '×' => c1 is '²' or '³',
        'Ø' or 'Ù' => text.Length > 3 && c2 is 'Ø' or 'Ù' && IsArabic(c1, next) && IsArabic(text[3], KindOf(text[3])),
        'à' => "²µ¹¼½¾".Contains(c1),
        '√' => "±∂†≠®™´≤≥¥µø".Contains(c1),
        '≈' => c1 is '°' or '¢',
        '‚' => c1 == 'Ä' && "ìîïòôúùû†°¢π".Contains(c2) || (c1 is 'â' or 'ó') && (c2 is 'à' or 'ä' or '°' or 'ê'),
        'в' => c1 == 'Ђ',
        'В' or 'Г' or 'Р' or 'С' =>
            ((next & Doubled) != 0 || c1 is '°' or 'µ') && (c2 is 'В' or 'Г' or 'Р' or 'С')
            || text.StartsWith("ГўВЂВ") && EndsLatin(text[5..]),
        'β' => c1 == '€' && "™\u00a0Ά\u00ad®°".Contains(c2),
        'Β' or 'Γ' or 'Ξ' or 'Ο' => ((next & Doubled) != 0 || c1 == '°') && (c2 is 'Β' or 'Γ' or 'Ξ' or 'Ο'),
        'ā' => c1 == '€',
        _ => false,
    };

    private static bool IsArabic(char c, ClueKinds kind) => (kind & Arabic) != 0 || "ŸŠ®°µ»".Contains(c);

    private static bool EndsLatin(ReadOnlySpan<char> text)
    {
        if (text.Length < 2 || text[0] == '\n') return false;
        var any = char.IsHighSurrogate(text[0]) && char.IsLowSurrogate(text[1]) ? 2 : 1;
        return text.Length > any && (char.IsAsciiLetter(text[any]) || text[any] == ' ');
    }

    private static bool IsWord(ReadOnlySpan<char> text)
    {
        if (Rune.DecodeFromUtf16(text, out var rune, out _) != System.Buffers.OperationStatus.Done) return false;
        return rune.Value == '_' || Rune.IsLetter(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;
    }

    private static ClueKinds[] Table()
    {
        var kinds = new ClueKinds[TableSize];
        void Add(ClueKinds kind, string characters)
        {
            for (var i = 0; i < characters.Length; i++)
            {
                var last = i + 2 < characters.Length && characters[i + 1] == '~' ? characters[i + 2] : characters[i];
                for (var c = characters[i]; c <= last; c++) kinds[c] |= kind;
                if (last != characters[i]) i += 2;
            }
        }
        // a~z: from a to z.
        Add(ClueKinds.Common, "\u00a0\u00ad·´–—―…’");
        Add(ClueKinds.C1, "\u0080~\u009f");
        Add(ClueKinds.Bad, "¦¤¨¬¯¸ƒˆˇ˘˛˜†‡‰⌐◊ªº");
        Add(ClueKinds.Law, "¶§");
        Add(ClueKinds.Currency, "¢£¥₧€");
        Add(ClueKinds.Start, "¡«¿©΄΅‘‚“„•‹");
        Add(ClueKinds.End, "®»˝”›™");
        Add(ClueKinds.Numeric, "²³¹±¼½¾×µ÷⁄∂∆∏∑√∞∩∫≈≠≡≤≥№");
        Add(ClueKinds.Kaomoji, "Ò~ÖÙ~Üò~öø~üŐŌŪŲ°");
        Add(ClueKinds.UpperAccented, "À~ÑØÜÝĂĀĄĆČĎĐĘĚĒĖĞĢİĪĶĹĽŁĻŃŇŅŒŘŚŞŠŢŤŮŰŸŹŻŽҐ");
        Add(ClueKinds.LowerAccented, "ßà~ñăąāćčďđęěēėğģįīķĺľłļœŕśşšťüźżžґ");
        Add(ClueKinds.UpperCommon, "ÞΑ~ΩΆΈΉΊΌΎΏΪΫЁ~Я");
        Add(ClueKinds.LowerCommon, "α~ωάέήίΰа~џ");
        Add(ClueKinds.Box, "│┌┐┘├┤┬┼═~╬▀▄█▌▐░▒▓");
        return kinds;
    }
}
