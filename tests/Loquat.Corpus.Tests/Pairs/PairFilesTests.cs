using System.IO.Compression;
using System.Text;
using Loquat.Corpus.Pairs;
using Loquat.Tests;

namespace Loquat.Corpus.Tests.Pairs;

/// <summary>Pairs of texts from every layout, and what is wrong with others.</summary>
public sealed class PairFilesTests : IDisposable
{
    private static readonly TextPair[] _pairs = [new("A dog, running.", "Ein Hund läuft."), new("Two \"men\"", "Zwei Männer"), new("x", "y")];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string, string?, string?> Tables => new()
    {
        { "a.tsv", "A dog, running.\tEin Hund läuft.\nTwo \"men\"\tZwei Männer\n\nx\ty\n", null, null },
        { "b.tsv", "de\tid\ten\nEin Hund läuft.\t1\tA dog, running.\nZwei Männer\t2\tTwo \"men\"\ny\t3\tx", "en", "de" },
        { "c.tsv", "Ein Hund läuft.\t1\tA dog, running.\nZwei Männer\t2\tTwo \"men\"\ny\t3\tx\n", "3", "1" },
        { "d.csv", "\"A dog, running.\",Ein Hund läuft.\n\"Two \"\"men\"\"\",Zwei Männer\nx,y\n", null, null },
        { "e.csv", "source,target\n\"A dog, running.\",Ein Hund läuft.\n\"Two \"\"men\"\"\",Zwei Männer\nx,y\n", "source", "target" },
        { "f.jsonl", """
            {"source": "A dog, running.", "target": "Ein Hund läuft.", "n": 1}
            {"target": "Zwei Männer", "source": "Two \"men\""}
            {"source": "x", "target": "y"}
            """, null, null },
        { "g.jsonl", """{"en": "A dog, running.", "de": "Ein Hund l\u00e4uft."}""" + "\n" + """{"en": "Two \"men\"", "de": "Zwei Männer"}""" + "\n\n" + """{"en": "x", "de": "y"}""", "en", "de" },
    };

    [Theory, MemberData(nameof(Tables))]
    public void A_table_gives_its_pairs_compressed_or_not(string name, string content, string? source, string? target)
    {
        foreach (var path in (string[])[Write(name, content, false), Write(name + ".gz", content, true)])
            new PairFiles(path) { SourceColumn = source, TargetColumn = target }.Read().Should().Equal(_pairs);
    }

    [Fact]
    public void Lines_of_two_files_belong_together()
    {
        var (first, second) = (Write("en", "A dog, running.\r\nTwo \"men\"\nx", false), Write("de.gz", "Ein Hund läuft.\nZwei Männer\ny\n", true));
        new PairFiles(first) { TargetPath = second }.Read().Should().Equal(_pairs);
        File.AppendAllText(first, "\nmore");
        Refused(new PairFiles(first) { TargetPath = second }, "de.gz: it ends before line 4*as many*");
    }

    [Fact]
    public void What_is_no_pair_is_told_with_its_place()
    {
        Refused(new(_folder.File("absent.tsv")), "*absent.tsv: cannot be read*");
        Refused(new(Write("text.txt", "a\tb", false)), "*.tsv, .csv or .jsonl*ends in '.txt'*target_path*");
        Refused(new(Write("short.tsv", "a\tb\nc\n", false)), "*short.tsv, line 2: there are 1 columns*");
        Refused(new(Write("names.csv", "a,b\n1,2\n", false)) { SourceColumn = "a", TargetColumn = "c" }, "*names.csv, line 1: there is no column 'c'; there are 'a', 'b'*");
        Refused(new(Write("keys.jsonl", "{\"source\": \"a\", \"target\": 3}", false)), "*keys.jsonl, line 1: there is no text 'target'*");
        Refused(new(Write("broken.jsonl", "{\"source\": \"a\"", false)), "*broken.jsonl, line 1: no JSON object*");
        File.WriteAllBytes(_folder.File("latin.tsv"), [(byte)'a', (byte)'\t', 0xE4, (byte)'\n']);
        Refused(new(_folder.File("latin.tsv")), "*latin.tsv, line 1: byte E4*not UTF-8*");
    }

    [Fact]
    public void A_corpus_of_pairs_is_documents_in_turns_and_keeps_equal_sources_on_one_side()
    {
        var lines = Enumerable.Range(0, 400).Select(i => $"source {i % 100}\ttarget {i}").Append("empty\t").ToArray();
        var corpus = new PairTextCorpus(new(Write("many.tsv", string.Join('\n', lines), false)), null, 0.2);
        corpus.Notes.Should().ContainSingle().Which.Should().StartWith("1 pairs with an empty text");
        var (training, validation) = (corpus.Training().Select(d => d.Text).ToList(), corpus.Validation().Select(d => d.Text).ToList());
        (training.Count + validation.Count).Should().Be(800);
        validation.Count.Should().BeInRange(80, 240);
        foreach (var side in (List<string>[])[training, validation])
            for (var i = 0; i < side.Count; i += 2) (side[i].StartsWith("source ", StringComparison.Ordinal), side[i + 1].StartsWith("target ", StringComparison.Ordinal)).Should().Be((true, true));
        training.Intersect(validation).Should().BeEmpty();

        var given = new PairTextCorpus(new(_folder.File("many.tsv")), new(Write("other.tsv", "a\tb", false)), 0.2);
        given.Training().Should().HaveCount(800);
        given.Validation().Select(d => d.Text).Should().Equal("a", "b");
        given.Fingerprint.Should().NotBe(corpus.Fingerprint);
        var none = () => new PairTextCorpus(new(Write("none.tsv", "\t\n", false)), null, 0.1);
        none.Should().Throw<DataException>().WithMessage("*no pair of texts*");
    }

    public void Dispose() => _folder.Dispose();

    private static void Refused(PairFiles files, string message)
    {
        var act = () => files.Read().ToList();
        act.Should().Throw<DataException>().WithMessage(message.StartsWith('*') ? message : $"*{message}");
    }

    private string Write(string name, string content, bool compressed)
    {
        var path = _folder.File(name);
        using var file = File.Create(path);
        using Stream target = compressed ? new GZipStream(file, CompressionLevel.Fastest) : file;
        target.Write(Encoding.UTF8.GetBytes(content));
        return path;
    }
}
