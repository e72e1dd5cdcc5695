using System.Text.Json;
using Loquat.Corpus.Collection.Charsets;
using Loquat.Corpus.Collection.Markup;
using Loquat.Corpus.Collection.Records;

namespace Loquat.Corpus.Tests.Collection.Records;

public sealed class CsvLinesTests
{
    private static List<List<string>> Rows(string text, char delimiter)
    {
        var (lines, rows) = (new CsvLines(new StringReader(text), delimiter), new List<List<string>>());
        while (lines.Next() is { } row) rows.Add(row);
        return rows;
    }

    private static string Show(IEnumerable<IEnumerable<string>> rows) => string.Join('\u0002', rows.Select(r => string.Join('\u0001', r)));

    private static string Show(JsonElement rows) => Show(rows.EnumerateArray().Select(r => r.EnumerateArray().Select(f => f.GetString()!)));

    [Fact]
    public void Rows_and_fields_equal_the_reference_s()
    {
        var cases = TextFixture.Cases("read_csv.json").Where(c => c.TryGetProperty("rows", out _)).ToList();
        Preprocessing.TextFixture.AllEqual(cases.SelectMany(c =>
        {
            var path = c.Text("path")!;
            var text = CharsetDetector.Decode(File.ReadAllBytes(TextFixture.Data(path))).TrimStart('\uFEFF');
            var rows = Rows(text, c.Text("delimiter")![0]);
            var comparisons = new List<(string, string?, string?)>
            {
                ($"{path} rows", c.GetProperty("rows").ToString(), $"{rows.Count}"),
                ($"{path} fields", c.GetProperty("fields").ToString(), $"{rows.Sum(r => r.Count)}"),
                ($"{path} widths", string.Join(' ', c.GetProperty("field_counts").EnumerateObject().OrderBy(w => int.Parse(w.Name, null)).Select(w => $"{w.Name}:{w.Value}")), string.Join(' ', rows.CountBy(r => r.Count).OrderBy(w => w.Key).Select(w => $"{w.Key}:{w.Value}"))),
                ($"{path} first", Show(c.GetProperty("first")), Show(rows.Take(c.GetProperty("first").GetArrayLength()))),
                ($"{path} last", Show(c.GetProperty("last")), Show(rows.TakeLast(c.GetProperty("last").GetArrayLength()))),
            };
            // The reference takes commas where it is told nothing; what the source says of itself is sure.
            if (c.Text("expected_path") is { } expected)
            {
                comparisons.Add(($"{path} delimiter", c.Text("delimiter"), $"{CsvDialect.Find(text, true)?.Delimiter}"));
                comparisons.Add(($"{path} records", string.Join('\u0002', JsonDocument.Parse(File.ReadAllBytes(TextFixture.Data(expected))).RootElement.EnumerateArray().Select(r => string.Join('\u0001', r.EnumerateObject().Select(f => $"{f.Name}={f.Value}".Replace("\r\n", "\n", StringComparison.Ordinal))))),
                    string.Join('\u0002', rows.Skip(1).Select(r => string.Join('\u0001', r.Select((f, i) => $"{rows[0][i]}={f}".Replace("\r\n", "\n", StringComparison.Ordinal)))))));
            }
            return comparisons;
        }));
    }

    [Fact]
    public void Tables_of_pages_equal_the_reference_s() => Preprocessing.TextFixture.AllEqual(TextFixture.Cases("read_csv.json").Where(c => c.TryGetProperty("tables", out _)).Select(c => (
        c.Text("path")!,
        (string?)string.Join('\u0003', c.GetProperty("tables").EnumerateArray().Select(Show)),
        (string?)string.Join('\u0003', HtmlParser.Parse(CharsetDetector.Decode(File.ReadAllBytes(TextFixture.Data(c.Text("path")!)))).Descendants().Where(n => n.Tag == "table").Select(t => Show(HtmlTable.Rows(t)))))));
}
