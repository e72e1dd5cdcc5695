using System.Text;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Corpus.Preprocessing.Characters;

/// <summary>
/// Full case mappings of Unicode (SpecialCasing, CaseFolding), which change the number of characters where the language of .NET does not: ß to SS, İ to i̇, a final Σ to ς.
/// Without a language they are the same everywhere.
/// </summary>
public static class Casing
{
    private static readonly int[] _cased = UnicodeProperties.Ranges("cased")!;
    private static readonly int[] _ignorable = UnicodeProperties.Ranges("caseignorable")!;
    private static readonly Dictionary<int, int[]> _folds = CaseFolds.Sequences.ToDictionary(s => s.CodePoint, s => s.Sequence);

    /// <param name="language">ISO 639 code. Turkish and Azerbaijani (tr, tur, az, aze) have a dotless ı of their own; all others are alike.</param>
    public static string Lower(string text, string? language = null)
    {
        var turkic = IsTurkic(language);
        if (!turkic && IsAscii(text)) return text.ToLowerInvariant();
        var result = new StringBuilder(text.Length + 4);
        for (var i = 0; i < text.Length; i++)
        {
            var c = CodePoints.At(text, i, out var next);
            if (c == 0x130 && turkic) result.Append('i');
            else if (c == 0x130) result.Append("i\u0307");
            else if (c == 'I' && turkic)
            {
                // I with a dot above it is one letter there.
                var dotted = next < text.Length && text[next] == '\u0307';
                result.Append(dotted ? 'i' : 'ı');
                if (dotted) next++;
            }
            else if (c == 0x3A3) result.Append(IsFinal(text, i) ? 'ς' : 'σ');
            else Append(result, UnicodeTables.ToLower(c));
            i = next - 1;
        }
        return result.ToString();
    }

    /// <inheritdoc cref="Lower"/>
    public static string Upper(string text, string? language = null)
    {
        var turkic = IsTurkic(language);
        if (!turkic && IsAscii(text)) return text.ToUpperInvariant();
        var result = new StringBuilder(text.Length + 4);
        for (int i = 0, next; i < text.Length; i = next)
        {
            var c = CodePoints.At(text, i, out next);
            if (c == 'i' && turkic) result.Append('İ');
            else if (c is 0x1E9E or 0x130 || !_folds.TryGetValue(c, out var parts)) Append(result, ToUpper(c));
            else foreach (var part in parts) Append(result, ToUpper(part));
        }
        return result.ToString();
    }

    /// <summary>What caseless comparison compares.</summary>
    public static string Fold(string text)
    {
        if (IsAscii(text)) return text.ToLowerInvariant();
        var result = new StringBuilder(text.Length + 4);
        for (int i = 0, next; i < text.Length; i = next)
        {
            var c = CodePoints.At(text, i, out next);
            var simple = Fold(c);
            if (c == 0x130) result.Append("i\u0307");
            else if (_folds.TryGetValue(c, out var parts) || _folds.TryGetValue(simple, out parts)) foreach (var part in parts) Append(result, Fold(part));
            else Append(result, simple);
        }
        return result.ToString();
    }

    private static int Fold(int c) => c switch
    {
        0x131 => c,
        >= 0x13A0 and <= 0x13F5 => c, // Cherokee folds to its capitals
        >= 0x13F8 and <= 0x13FD => c - 8,
        >= 0xAB70 and <= 0xABBF => c - 0xAB70 + 0x13A0,
        _ => UnicodeTables.ToLower(ToUpper(c)),
    };

    private static int ToUpper(int c) => c switch
    {
        < 0x80 => c is >= 'a' and <= 'z' ? c - 32 : c,
        0x131 => 'I',
        0x17F => 'S',
        >= 0xD800 and <= 0xDFFF => c,
        _ => Rune.ToUpperInvariant(new Rune(c)).Value,
    };

    /// <summary>Final: after a letter that has case, and before none (Unicode 3.13, Final_Sigma).</summary>
    private static bool IsFinal(string text, int sigma)
    {
        var i = sigma;
        while (i > 0)
        {
            i = CodePoints.Before(text, i);
            var c = CodePoints.At(text, i, out _);
            if (Contains(_ignorable, c)) continue;
            if (!Contains(_cased, c)) return false;
            break;
        }
        if (i == sigma || Contains(_ignorable, CodePoints.At(text, i, out _))) return false;
        for (i = sigma + 1; i < text.Length;)
        {
            var c = CodePoints.At(text, i, out i);
            if (!Contains(_ignorable, c)) return !Contains(_cased, c);
        }
        return true;
    }

    private static bool Contains(int[] ranges, int c)
    {
        var (low, high) = (0, ranges.Length / 2 - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (c < ranges[2 * middle]) high = middle - 1;
            else if (c > ranges[2 * middle + 1]) low = middle + 1;
            else return true;
        }
        return false;
    }

    private static bool IsAscii(string text) => Ascii.IsValid(text);

    private static bool IsTurkic(string? language) => language is "tr" or "tur" or "az" or "aze";

    private static void Append(StringBuilder result, int c)
    {
        if (c < 0x10000) result.Append((char)c);
        else result.Append((char)(0xD800 + ((c - 0x10000) >> 10))).Append((char)(0xDC00 + ((c - 0x10000) & 0x3FF)));
    }
}
