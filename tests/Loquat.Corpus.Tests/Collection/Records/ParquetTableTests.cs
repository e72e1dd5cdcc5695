using System.Globalization;
using System.Text.Json;
using Loquat.Corpus.Collection;
using Loquat.Corpus.Collection.Records;

namespace Loquat.Corpus.Tests.Collection.Records;

public sealed class ParquetTableTests(ITestOutputHelper output)
{
    /// <summary>Every value of every column that is read; a column or a file that the library cannot read is told, and few are.</summary>
    [Fact]
    public void Rows_equal_the_reference_s()
    {
        var (wrong, told, columns) = (new List<string>(), 0, 0);
        var cases = TextFixture.Cases("read_parquet.json").Where(c => c.TryGetProperty("first", out _)).ToList();
        foreach (var c in cases)
        {
            var path = c.Text("path")!;
            columns += c.GetProperty("arrow_schema").GetArrayLength();
            List<IReadOnlyList<KeyValuePair<string, object?>>> rows;
            var unread = new HashSet<string>();
            try
            {
                using var stream = File.OpenRead(TextFixture.Data(path));
                using var table = new ParquetTable(stream);
                table.Unread += (name, _) => unread.Add(name);
                rows = [.. table.Rows()];
            }
            catch (Exception error) when (error is not Xunit.Sdk.XunitException)
            {
                told += c.GetProperty("arrow_schema").GetArrayLength();
                output.WriteLine($"{path}: {error.Message}");
                var reasons = new List<string>();
                var reader = new DocumentReader();
                reader.Rejected += r => reasons.Add(r.Reason);
                reader.Read(TextFixture.Data(path)).Should().BeEmpty();
                reasons.Should().NotBeEmpty();
                continue;
            }
            foreach (var name in unread) output.WriteLine($"{path}: column {name} is not read");
            told += unread.Count;
            if (rows.Count != c.GetProperty("rows").GetInt32()) wrong.Add($"{path}: {rows.Count} rows, not {c.GetProperty("rows")}");
            var (first, last) = (c.GetProperty("first").EnumerateArray().ToList(), c.GetProperty("last").EnumerateArray().ToList());
            foreach (var (expected, actual) in first.Zip(rows).Concat(last.Zip(rows.TakeLast(last.Count))))
                foreach (var field in expected.EnumerateObject().Where(f => !unread.Contains(f.Name)))
                {
                    var value = actual.Single(v => v.Key == field.Name).Value;
                    if (Show(field.Value) != Show(value)) wrong.Add($"{path} {field.Name}\n  expected {Show(field.Value)}\n  actual   {Show(value)}");
                }
        }
        output.WriteLine($"{columns - told} of {columns} columns of {cases.Count} files read");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(10)));
        told.Should().BeLessThanOrEqualTo(columns / 16);
    }

    private static string Show(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "null",
        JsonValueKind.Number => value.GetDouble().ToString("R", CultureInfo.InvariantCulture),
        JsonValueKind.Array => $"[{string.Join(", ", value.EnumerateArray().Select(Show))}]",
        JsonValueKind.Object when value.TryGetProperty("hex", out var hex) => $"0x{hex.GetString()}",
        JsonValueKind.Object => $"{{{string.Join(", ", value.EnumerateObject().Select(p => $"{p.Name}: {Show(p.Value)}"))}}}",
        _ => value.ToString(),
    };

    private static string Show(object? value) => value switch
    {
        null => "null",
        string text => text,
        byte[] bytes => $"0x{Convert.ToHexStringLower(bytes)}",
        bool known => known ? "True" : "False",
        DateTime date => date.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture),
        List<object?> list => $"[{string.Join(", ", list.Select(Show))}]",
        List<KeyValuePair<string, object?>> pair when pair.TrueForAll(p => p.Key.Length == 0) => $"[{string.Join(", ", pair.Select(p => Show(p.Value)))}]",
        List<KeyValuePair<string, object?>> group => $"{{{string.Join(", ", group.Select(p => $"{p.Key}: {Show(p.Value)}"))}}}",
        float number => ((double)number).ToString("R", CultureInfo.InvariantCulture),
        _ => Convert.ToDouble(value, CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture),
    };
}
