using System.Globalization;

namespace Loquat.Corpus.Collection.Reading;

/// <summary>Dates as ISO 8601.</summary>
internal static class Dates
{
    private static readonly string[] _forms = ["ddd MMM dd HH:mm:ss zzz yyyy", "ddd MMM d HH:mm:ss zzz yyyy", "ddd, d MMM yyyy HH:mm:ss zzz", "ddd, d MMM yyyy HH:mm zzz", "d MMM yyyy HH:mm:ss zzz"];

    /// <summary>A date of a record: seconds or milliseconds since 1970, the form of Twitter or of mail, or ISO already; what is none of these stays.</summary>
    public static string? Iso(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        text = text.Trim();
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number > 1e8 && number < 1e14)
            return Iso(DateTimeOffset.FromUnixTimeMilliseconds((long)(number > 1e11 ? number : number * 1000)));
        if (text.Length >= 10 && text[4] == '-' && text[7] == '-') return text.Length > 10 && text[10] == ' ' && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var spaced) ? Iso(spaced) : text;
        if (DateTimeOffset.TryParseExact(text.Replace(" GMT", " +00:00").Replace(" UTC", " +00:00"), _forms, CultureInfo.InvariantCulture, DateTimeStyles.AllowWhiteSpaces, out var exact)) return Iso(exact);
        return text;
    }

    public static string Iso(DateTimeOffset date) => date.ToString(date.Offset == TimeSpan.Zero ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);
}
