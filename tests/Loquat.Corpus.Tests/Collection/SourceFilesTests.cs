using System.IO.Compression;
using System.Text;
using Loquat.Corpus.Collection;
using Loquat.Tests;
using Loquat.Text.Collection;
using Loquat.Text.Datasets;
using Loquat.Text.Tokenization;

namespace Loquat.Corpus.Tests.Collection;

public sealed class SourceFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Plain_text_comes_as_it_stands_and_other_sources_as_documents()
    {
        const string Book = "*** A line of a book\r\n\r\n  with *marks* and\tspaces\n";
        File.WriteAllText(_folder.File("a.txt"), Book);
        File.WriteAllText(_folder.File("b.md"), "# Head\n\n*text*\n");
        File.WriteAllText(_folder.File("c.html"), "<html><body><p>A paragraph of a page, which is long enough to be read as its text.</p></body></html>");
        File.WriteAllText(_folder.File("d.jsonl"), "{\"text\":\"one\"}\n{\"text\":\"two\"}\n");
        using (var gzip = new GZipStream(File.Create(_folder.File("e.txt.gz")), CompressionLevel.Fastest)) gzip.Write(Encoding.UTF8.GetBytes("packed text"));
        File.WriteAllBytes(_folder.File("f.png"), [0x89, (byte)'P', (byte)'N', (byte)'G', 0, 0, 0]);
        var (sources, skipped) = (new SourceFiles(), new List<string>());
        var files = sources.Find(_folder.Path, null, (file, _) => skipped.Add(Path.GetFileName(file)));
        files.Select(Path.GetFileName).Should().Equal("a.txt", "b.md", "c.html", "d.jsonl", "e.txt.gz");
        skipped.Should().Equal("f.png");
        files.SelectMany(f => sources.Read(f)).Select(d => d.Text).Should().Equal(Book, "# Head\n\n*text*\n", "A paragraph of a page, which is long enough to be read as its text.", "one", "two", "packed text");
        files.SelectMany(f => sources.Read(f)).Should().HaveCount(6, "what was read once is there again");
        sources.Measure(files, long.MaxValue).Should().BeGreaterThan(Book.Length);
    }

    [Fact]
    public void Plain_text_is_read_as_by_the_reader_of_plain_text()
    {
        var text = SharedFolder.Require("data", "tinyshakespeare", "input.txt");
        new SourceFiles().Read(text).Should().Equal(TextFiles.Read(text));
        new FileTextCorpus(text, 0.1, SplitKind.Document, reader: new SourceFiles()).Fingerprint.Should().Be(new FileTextCorpus(text, 0.1, SplitKind.Document).Fingerprint);
    }

    [Fact]
    public void Every_raw_source_is_text_to_train_on_or_told()
    {
        var sources = new SourceFiles();
        foreach (var folder in Directory.GetDirectories(SharedFolder.Require("data", "raw")).Where(d => Path.GetFileName(d) is "epub" or "html" or "warc" or "email" or "pdf"))
        {
            var skipped = new List<string>();
            var files = sources.Find(folder, null, (file, reason) => skipped.Add($"{file}: {reason}"));
            files.SelectMany(f => sources.Read(f, (place, reason) => skipped.Add($"{place}: {reason}"))).Sum(d => d.Text.Length).Should().BeGreaterThan(1000, $"of {folder}");
        }
    }

    [Fact]
    public void A_long_document_comes_in_parts_that_are_the_document()
    {
        var text = string.Join(' ', Enumerable.Repeat("word", TextFiles.LongestPart / 2));
        File.WriteAllText(_folder.File("a.jsonl"), $"{{\"text\":\"{text}\"}}\n");
        var parts = new SourceFiles().Read(_folder.File("a.jsonl")).ToList();
        parts.Should().HaveCountGreaterThan(2).And.OnlyContain(p => p.Text.Length <= TextFiles.LongestPart);
        string.Concat(parts.Select(p => p.Text)).Should().Be(text);
        parts.Select(p => p.Ends).Should().Equal([.. Enumerable.Repeat(false, parts.Count - 1), true]);
    }

    [Fact]
    public void A_source_without_text_says_why()
    {
        File.WriteAllText(_folder.File("broken.epub"), "PK no archive");
        var read = () => new FileTextCorpus(_folder.File("broken.epub"), 0.1, SplitKind.Document, reader: new SourceFiles());
        read.Should().Throw<DataException>().Which.Message.Should().Contain("no text could be read");
    }

    [Fact]
    public void What_is_wrong_with_a_text_is_told_by_those_who_encode_it_as_by_those_who_read_it()
    {
        File.WriteAllBytes(_folder.File("picture.png"), [0x89, (byte)'P', (byte)'N', (byte)'G', 0, 0, 0]);
        var encode = () => TokenDataset.Encode(new SourceFiles().Read(_folder.File("picture.png")), CharacterTokenizer.Train(["abc"]), 0, _folder.File("out.tokens"), null, default);
        encode.Should().Throw<DataException>().WithMessage("*picture.png: not UTF-8 text*");
    }

    [Fact]
    public void What_is_remembered_holds_for_the_same_reader_only()
    {
        File.WriteAllText(_folder.File("a.html"), "<html><body><p>A paragraph of a page, which is long enough to be read as its text.</p></body></html>");
        File.SetLastWriteTimeUtc(_folder.File("a.html"), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var plain = new FileTextCorpus(_folder.Path, 0.1, SplitKind.Document);
        var read = new FileTextCorpus(_folder.Path, 0.1, SplitKind.Document, plain.Memory, reader: new SourceFiles());
        read.Fingerprint.Should().NotBe(plain.Fingerprint);
        new FileTextCorpus(_folder.Path, 0.1, SplitKind.Document, read.Memory, reader: new SourceFiles()).Fingerprint.Should().Be(read.Fingerprint);
    }
}
