using Loquat.Corpus.Tables;
using Loquat.FineTuning.Examples;

namespace Loquat.Tests.FineTuning.Examples;

/// <summary>Which column is the text and which the label.</summary>
public sealed class ExampleColumnsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("id,sentence,label\n1,a b c,x\n", "1", null, 2)]
    [InlineData("Label,Review\npos,fine\n", "1", null, 0)]
    [InlineData("premise,hypothesis,gold_label\na,b,c\n", "0", 1, 2)]
    [InlineData("category,content,author\na,b,c\n", "1", null, 0)]
    public void By_their_names(string text, string expected, int? pair, int label)
    {
        var columns = ExampleColumns.Find(Table(text), [], null, null, labeled: true);
        (string.Join(' ', columns.Text), columns.Pair, columns.Label).Should().Be((expected, pair, label));
    }

    [Fact]
    public void Without_names_by_what_they_hold()
    {
        var columns = ExampleColumns.Find(Table(string.Concat(Enumerable.Range(0, 40).Select(i => $"{i % 4},a title {i},a longer text about number {i} and others\n"))), [], null, null, labeled: true);
        (string.Join(' ', columns.Text), columns.Label).Should().Be(("2", 0));
        columns.Reason.Should().Contain("by what they hold");
    }

    [Fact]
    public void As_they_are_asked_for()
    {
        var table = Table("title,text,label,topic\nA,b,1,x\n");
        var columns = ExampleColumns.Find(table, ["title", "text"], null, "topic", labeled: true);
        (columns.TextOf(table, 0), columns.Label).Should().Be(("A b", 3));
        ((Action)(() => ExampleColumns.Find(table, ["txt"], null, null, labeled: true))).Should().Throw<DataException>().WithMessage("*no column 'txt'*Did you mean 'text'?*");
        ((Action)(() => ExampleColumns.Find(table, ["text"], "text", null, labeled: true))).Should().Throw<DataException>().WithMessage("*'text' is asked for twice*");
        ((Action)(() => ExampleColumns.Find(Table("text,author\na,b\n"), [], null, null, labeled: true))).Should().Throw<DataException>().WithMessage("*no column looks like a label*--label*");
        ExampleColumns.Find(Table("text,author\na,b\n"), [], null, null, labeled: false).Label.Should().BeNull();
    }

    private Table Table(string text)
    {
        File.WriteAllText(_folder.File("table.csv"), text);
        return TableFile.Read(_folder.File("table.csv"), TestContext.Current.CancellationToken);
    }

    public void Dispose() => _folder.Dispose();
}
