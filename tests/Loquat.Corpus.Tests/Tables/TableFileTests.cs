using Loquat.Corpus.Tables;
using Loquat.Tests;
using Parquet;
using Parquet.Schema;

namespace Loquat.Corpus.Tests.Tables;

/// <summary>Tables of every kind, as people write them.</summary>
public sealed class TableFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Csv_with_quotes_line_ends_and_a_mark_at_its_beginning()
    {
        var table = Read("a.csv", "\uFEFFtext,label\r\n\"He said \"\"no\"\",\nand left\",negative\r\nfine,\"very good\"\r\n\r\n");
        table.Columns.Should().Equal("text", "label");
        (table.Count, table.Text(0, 0), table.Text(0, 1)).Should().Be((2, "He said \"no\",\nand left", "negative"));
        (table.Text(1, 1), table.Place(1)).Should().Be(("very good", $"{_folder.File("a.csv")}, line 4"));
    }

    [Fact]
    public void Tabs_without_names_where_a_text_begins_with_a_mark_that_nothing_closes()
    {
        var table = Read("a.tsv", string.Concat(Enumerable.Range(0, 30).Select(i => $"{(i % 3 == 0 ? "\"" : "")}a text, with a comma {i}\t{i % 2}\n")));
        (table.IsNamed, table.Count).Should().Be((false, 30));
        (table.Text(3, 0), table.Text(3, 1)).Should().Be(("\"a text, with a comma 3", "1"));
    }

    [Fact]
    public void Json_lines_lists_and_objects_inside()
    {
        var table = Read("a.jsonl", "{\"text\": \"a 😀\", \"label\": 1}\n\n{\"label\": 0, \"text\": \"b\", \"meta\": {\"tags\": [\"x\", \"y\"]}}\n");
        table.Columns.Should().Equal("text", "label", "meta.tags");
        (table.Text(0, 0), table.Text(0, 1), table.Text(0, 2)).Should().Be(("a 😀", "1", null));
        table.List(1, table.Find("META.tags")).Should().Equal("x", "y");
        Read("b.json", "[{\"text\": \"a\"}, {\"text\": \"b\"}]").Count.Should().Be(2);
        Read("c.json", "{\"data\": [\n{\"text\": \"a\"}]}").Text(0, 0).Should().Be("a");
    }

    [Fact]
    public async Task Parquet()
    {
        var path = _folder.File("a.parquet");
        await using (var file = File.Create(path))
        {
            DataField[] fields = [.. new[] { "text", "label" }.Select(name => new DataField(name, typeof(string), isNullable: true))];
            var writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), file, cancellationToken: TestContext.Current.CancellationToken);
            using (var group = writer.CreateRowGroup())
            {
                foreach (var field in fields)
                {
                    string?[] values = [.. Enumerable.Range(0, 2).Select(i => $"{field.Name} {i}")];
                    await group.WriteAsync(field, values!);
                }
                group.CompleteValidate();
            }
            await writer.DisposeAsync();
        }
        var table = TableFile.Read(path, TestContext.Current.CancellationToken);
        (table.Text(1, 0), table.Text(1, 1)).Should().Be(("text 1", "label 1"));
    }

    [Theory]
    [InlineData("a.csv", "text,label\na,b,c\n", "line 2: the row has 3 fields")]
    [InlineData("a.csv", "text,text\na,b\n", "two columns are named 'text'")]
    [InlineData("a.csv", "", "no rows")]
    [InlineData("a.jsonl", "{\"text\": \"a\", \"text\": \"b\"}\n", "line 1: the key 'text' occurs twice")]
    [InlineData("a.jsonl", "{\"text\": \"a\"}\n{\"text\": \n", "line 2: cannot be read as JSON")]
    [InlineData("a.jsonl", "{\"text\": \"a\"}\n[1]\n", "line 2: a row is an object")]
    [InlineData("a.parquet", "PAR1", "cannot be read as Parquet")]
    public void What_is_wrong_is_told_with_its_place(string name, string text, string message)
    {
        var act = () => Read(name, text);
        act.Should().Throw<DataException>().WithMessage($"*{message}*");
    }

    private Table Read(string name, string text)
    {
        File.WriteAllText(_folder.File(name), text);
        return TableFile.Read(_folder.File(name), TestContext.Current.CancellationToken);
    }

    public void Dispose() => _folder.Dispose();
}
