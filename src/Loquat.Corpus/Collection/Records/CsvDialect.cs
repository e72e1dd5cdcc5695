namespace Loquat.Corpus.Collection.Records;

/// <summary>How a delimited text is laid out, by its first lines.</summary>
/// <param name="Delimiter">Comma, tab, semicolon or bar.</param>
/// <param name="HasHeader">Whether the first row names the columns.</param>
internal sealed record CsvDialect(char Delimiter, bool HasHeader)
{
    private const int Looked = 50; // rows

    private static readonly char[] _delimiters = [',', '\t', ';', '|'];

    /// <returns>Null where the text does not look delimited.</returns>
    /// <param name="complete">Whether the text is all there is: the last row of a beginning may be cut off.</param>
    public static CsvDialect? Find(string begin, bool complete)
    {
        (double Score, char Delimiter, List<List<string>> Rows) best = (0, ',', []);
        foreach (var delimiter in _delimiters)
        {
            if (!begin.Contains(delimiter)) continue;
            var rows = Rows(begin, delimiter, complete);
            if (rows.Count == 0) continue;
            var width = rows.CountBy(r => r.Count).MaxBy(w => w.Value);
            if (width.Key < 2) continue;
            // Rows of one width speak for a delimiter; more columns only break ties.
            var score = width.Value / (double)rows.Count + Math.Min(width.Key, 20) / 1000.0;
            if (score > best.Score) best = (score, delimiter, rows);
        }
        // Prose has commas too, and lines of all widths.
        if (best.Score < (best.Rows.Count < 3 ? 1 : 0.8)) return null;
        return new(best.Delimiter, IsHeader(best.Rows));
    }

    /// <summary>Whether the first row is made of names: short, different, no numbers, unlike the rows below.</summary>
    internal static bool IsHeader(List<List<string>> rows)
    {
        if (rows.Count < 2) return rows.Count == 1 && RecordFields.KnowsAny(rows[0]);
        var first = rows[0];
        if (RecordFields.KnowsAny(first) && first.TrueForAll(f => f.Length < 40)) return true;
        if (first.Exists(f => f.Length is 0 or > 40 || double.TryParse(f, out _)) || first.Distinct().Count() < first.Count) return false;
        var votes = 0;
        for (var column = 0; column < first.Count; column++)
        {
            var below = rows.Skip(1).Where(r => r.Count > column).Select(r => r[column]).ToList();
            if (below.Count == 0) continue;
            if (below.TrueForAll(f => f.Length == 0 || double.TryParse(f, out _))) votes++;
            else if (below.Average(f => f.Length) > 2.5 * first[column].Length && below.Average(f => f.Length) > 20) votes++;
            else if (below.Contains(first[column])) votes--;
        }
        return votes > 0;
    }

    private static List<List<string>> Rows(string begin, char delimiter, bool complete)
    {
        var lines = new CsvLines(new StringReader(begin), delimiter);
        var rows = new List<List<string>>();
        while (rows.Count < Looked && lines.Next() is { } row)
            if (row.Count > 0) rows.Add(row);
        if (!complete && rows.Count < Looked && rows.Count > 1) rows.RemoveAt(rows.Count - 1);
        return rows;
    }
}
