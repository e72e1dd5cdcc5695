using Loquat.Corpus.Collection.Reading;

namespace Loquat.Corpus.Collection.Records;

/// <summary>CSV, TSV and the like: a document a row.</summary>
internal sealed class CsvReader : IContentReader
{
    public IEnumerable<Document> Read(Content content, ReadingContext context)
    {
        using var text = content.OpenText(context.Options);
        var begin = new char[1 << 16];
        var length = text.ReadBlock(begin);
        var head = new string(begin, 0, length).TrimStart('\uFEFF');
        var dialect = CsvDialect.Find(head, length < begin.Length) ?? new CsvDialect(content.Name.Contains(".tsv", StringComparison.OrdinalIgnoreCase) ? '\t' : ',', true);
        var fields = new RecordFields(context.Options);
        var lines = new CsvLines(new JoinedReader(head, text), dialect.Delimiter, context.Options.Limits.LongestDocument);
        List<string>? names = null;
        for (var number = 0L; lines.Next() is { } row;)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (row.Count == 0) continue;
            if (names is null)
            {
                names = dialect.HasHeader ? Unique(row) : [.. Enumerable.Range(1, row.Count).Select(i => $"{i}")];
                if (dialect.HasHeader) continue;
            }
            number++;
            if (lines.IsCut)
            {
                context.Reject(content, $"a field is longer than {context.Options.Limits.LongestDocument:N0} characters", $"line {lines.Line}");
                continue;
            }
            var record = row.Select((value, i) => KeyValuePair.Create(i < names.Count ? names[i] : $"{i + 1}", value)).ToList();
            if (fields.Document(record, content, $"{number}") is { } document) yield return document;
            else context.Reject(content, "the row has no text", $"line {lines.Line}");
        }
        if (names is null) context.Reject(content, "there are no rows in it");
    }

    private static List<string> Unique(List<string> row)
    {
        var seen = new HashSet<string>();
        return [.. row.Select((name, i) => name.Trim() is { Length: > 0 } known && seen.Add(known) ? known : $"{i + 1}")];
    }

    /// <summary>A beginning that was read already, then the rest.</summary>
    private sealed class JoinedReader(string begin, TextReader rest) : TextReader
    {
        private int _at;

        public override int Read(Span<char> buffer)
        {
            if (_at == begin.Length) return rest.Read(buffer);
            var count = Math.Min(buffer.Length, begin.Length - _at);
            begin.AsSpan(_at, count).CopyTo(buffer);
            _at += count;
            return count;
        }

        public override int Read(char[] buffer, int index, int count) => Read(buffer.AsSpan(index, count));
    }
}
