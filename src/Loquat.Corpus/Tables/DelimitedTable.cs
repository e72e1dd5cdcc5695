using Loquat.Corpus.Collection.Records;

namespace Loquat.Corpus.Tables;

/// <summary>CSV, TSV and the like. Whether there is a line of names is told by the first rows.</summary>
internal static class DelimitedTable
{
    private const int Looked = 1 << 16; // characters

    public static Table Read(string path, string text, CancellationToken cancellation)
    {
        text = text.TrimStart('\uFEFF');
        var tabs = path.EndsWith(".tsv", StringComparison.OrdinalIgnoreCase);
        var begin = text[..Math.Min(Looked, text.Length)];
        // One column has no delimiter to be found.
        var dialect = CsvDialect.Find(begin, begin.Length == text.Length) ?? new CsvDialect(tabs ? '\t' : ',', false);
        if (tabs && dialect.Delimiter != '\t') dialect = dialect with { Delimiter = '\t' };
        var rows = dialect.Delimiter == '\t' && Unquoted(text) is { } plain ? plain : Quoted(text, dialect.Delimiter, cancellation);
        if (rows.Count == 0) return new(path, [], false, []);
        var named = CsvDialect.IsHeader([.. rows.Take(50).Select(row => row.Fields)]);
        var columns = named ? Names(rows[0].Fields, $"{path}, line {rows[0].Line}") : [.. Enumerable.Range(1, rows[0].Fields.Count).Select(i => $"{i}")];
        var cells = new List<(object?[], string)>(rows.Count);
        foreach (var (fields, line) in named ? rows.Skip(1) : rows)
        {
            if (fields.Count != columns.Count)
            {
                throw new DataException($"{path}, line {line}: the row has {fields.Count} fields, the {(named ? "names" : "first row")} {columns.Count}. " +
                    "A field with a delimiter, a quotation mark or a line end stands in quotation marks, which are doubled inside it.");
            }
            cells.Add(([.. fields], $"{path}, line {line}"));
        }
        return new(path, columns, named, cells);
    }

    /// <summary>
    /// Tab-separated files are mostly written without quoting: a text may begin with a quotation mark that nothing closes. Where every line has as many tabs as the first, marks are characters.
    /// </summary>
    private static List<(List<string> Fields, long Line)>? Unquoted(string text)
    {
        var rows = new List<(List<string>, long)>();
        var line = 0L;
        foreach (var raw in text.Split('\n'))
        {
            line++;
            var whole = raw.EndsWith('\r') ? raw[..^1] : raw;
            if (whole.Length == 0) continue;
            List<string> fields = [.. whole.Split('\t')];
            if (rows.Count > 0 && fields.Count != rows[0].Item1.Count) return null;
            // Marks around every field of a row are those of a writer that quotes.
            if (rows.Count < 8 && fields.All(field => field.Length > 1 && field[0] == '"' && field[^1] == '"')) return null;
            rows.Add((fields, line));
        }
        return rows;
    }

    private static List<(List<string> Fields, long Line)> Quoted(string text, char delimiter, CancellationToken cancellation)
    {
        var lines = new CsvLines(new StringReader(text), delimiter);
        var rows = new List<(List<string>, long)>();
        while (lines.Next() is { } row)
        {
            cancellation.ThrowIfCancellationRequested();
            if (row.Count > 0) rows.Add((row, lines.Line));
        }
        return rows;
    }

    private static List<string> Names(List<string> row, string place)
    {
        List<string> names = [.. row.Select((name, i) => name.Trim() is { Length: > 0 } given ? given : $"{i + 1}")];
        return names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice
            ? throw new DataException($"{place}: two columns are named '{twice.Key}'. Rename one of them.")
            : names;
    }
}
