namespace Loquat;

/// <summary>The known name that a mistyped one was probably meant to be.</summary>
public static class NearestName
{
    /// <returns>Null where none is near.</returns>
    public static string? Find(string text, IEnumerable<string> known)
    {
        var best = known.MinBy(k => Distance(text, k));
        return best is not null && Distance(text, best) <= Math.Max(2, text.Length / 2) ? best : null;
    }

    /// <summary>A sentence: the nearest name, or all of them.</summary>
    public static string Advice(string text, IReadOnlyCollection<string> known) =>
        Find(text, known) is { } best ? $"Did you mean '{best}'?" : $"Known are {string.Join(", ", known.Order(StringComparer.Ordinal))}.";

    /// <summary>Levenshtein distance.</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }
        return row[^1];
    }
}
