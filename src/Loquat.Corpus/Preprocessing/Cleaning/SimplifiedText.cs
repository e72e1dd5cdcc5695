using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Loquat.Corpus.Preprocessing.Characters;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Corpus.Preprocessing.Cleaning;

/// <summary>What <see cref="SimplifiedText"/> does. Defaults: datatrove's.</summary>
public sealed record SimplifiedTextOptions
{
    /// <summary>Default: true.</summary>
    public bool Lowercase { get; init; } = true;

    /// <summary>White space to single spaces. Default: true.</summary>
    public bool NormWhitespace { get; init; } = true;

    /// <summary>Punctuation to spaces. Default: true.</summary>
    public bool RemovePunctuation { get; init; } = true;

    /// <summary>Decomposes and removes accents. Default: true.</summary>
    public bool NormUnicodeDiacritics { get; init; } = true;

    /// <summary>Numbers, with one decimal part, to 0. Default: true.</summary>
    public bool NormNumbers { get; init; } = true;

    /// <summary>English names of weekdays to WEEKDAY. Default: false.</summary>
    public bool NormWeekdays { get; init; }

    /// <summary>English names of months to MONTH. Default: false.</summary>
    public bool NormMonthnames { get; init; }
}

/// <summary>Text made alike so that copies meet: what datatrove compares documents and sentences by.</summary>
public static partial class SimplifiedText
{
    private static readonly SimplifiedTextOptions _default = new();

    public static string Of(string text, SimplifiedTextOptions? options = null)
    {
        options ??= _default;
        if (options.Lowercase) text = Casing.Lower(text);
        if (options.NormNumbers) text = Numbers().Replace(text, "0");
        if (options.NormWeekdays) text = Weekdays().Replace(text, "WEEKDAY");
        if (options.NormMonthnames) text = Months().Replace(text, "MONTH");
        if (options.RemovePunctuation) text = WithoutPunctuation(text);
        if (options.NormWhitespace) text = WhiteSpace.Collapse(text);
        if (options.NormUnicodeDiacritics && !Ascii.IsValid(text)) text = WithoutMarks(NormalForm.Nfd.Apply(text));
        return WhiteSpace.Trim(text).ToString();
    }

    private static string WithoutPunctuation(string text)
    {
        var result = new StringBuilder(text.Length);
        for (int i = 0, next; i < text.Length; i = next)
        {
            if (Punctuation.IsWestern(CodePoints.At(text, i, out next))) result.Append(' ');
            else result.Append(text, i, next - i);
        }
        return result.ToString();
    }

    private static string WithoutMarks(string text)
    {
        var result = new StringBuilder(text.Length);
        for (int i = 0, next; i < text.Length; i = next)
            if (UnicodeTables.Category(CodePoints.At(text, i, out next)) != UnicodeCategory.NonSpacingMark) result.Append(text, i, next - i);
        return result.ToString();
    }

    [GeneratedRegex(@"\d+(?:[.,٫]\d+)?", RegexOptions.CultureInvariant)]
    private static partial Regex Numbers();

    [GeneratedRegex("monday|tuesday|wednesday|thursday|friday|saturday|sunday", RegexOptions.CultureInvariant)]
    private static partial Regex Weekdays();

    [GeneratedRegex("january|february|march|april|may|june|july|august|september|october|november|december", RegexOptions.CultureInvariant)]
    private static partial Regex Months();
}
