using System.IO.Compression;
using System.Text;
using CsCheck;
using Loquat.Corpus.Collection;
using Loquat.Corpus.Collection.Reading;
using Loquat.Tests;

namespace Loquat.Corpus.Tests.Collection;

public sealed class DocumentReaderTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_raw_file_gives_documents_or_a_reason()
    {
        var files = Directory.GetFiles(SharedFolder.Require("data", "raw"), "*", SearchOption.AllDirectories);
        var (read, told) = (0, 0);
        foreach (var file in files)
        {
            var (documents, rejections) = Read(file);
            (documents.Count + rejections.Count).Should().BePositive($"of {file}");
            documents.Should().OnlyContain(d => d.Text.Length > 0 && d.Id.Length > 0);
            documents.Select(d => d.Id).Should().OnlyHaveUniqueItems($"of {file}");
            if (documents.Count > 0) read++;
            else
            {
                told++;
                output.WriteLine($"{file}: {rejections[0].Reason}");
            }
        }
        output.WriteLine($"{read} of {files.Length} files read, {told} told why not");
        read.Should().BeGreaterThan(files.Length * 8 / 10);
    }

    [Fact]
    public void Gutenberg_books_have_the_text_between_header_and_license()
    {
        var cases = TextFixture.Cases("read_gutenberg.json");
        foreach (var one in cases)
        {
            var text = Read(TextFixture.Data(one.Text("path")!)).Documents.Single().Text;
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(text))).Should().Be(one.Text("trimmed_sha256"), $"of {one.Text("path")}");
        }
        output.WriteLine($"{cases.Count} of {cases.Count}");
    }

    [Fact]
    public void Epubs_have_the_words_of_the_reference()
    {
        var cases = TextFixture.Cases("read_epub.json");
        foreach (var one in cases)
        {
            var (documents, rejections) = Read(TextFixture.Data(one.Text("path")!));
            if (one.TryGetProperty("error", out _))
            {
                documents.Should().BeEmpty();
                rejections.Should().NotBeEmpty();
                continue;
            }
            var words = one.GetProperty("words").GetInt32();
            documents.Single().Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length.Should().BeInRange((int)(words * 0.99), (int)Math.Ceiling(words * 1.01), $"of {one.Text("path")}");
            documents[0].Title.Should().Be(one.GetProperty("title").EnumerateArray().First().GetString());
        }
        output.WriteLine($"{cases.Count} of {cases.Count}");
    }

    [Fact]
    public void Compressed_and_archived_text_is_the_text()
    {
        using var folder = new TemporaryFolder();
        const string Text = "It is a truth universally acknowledged.\n\nMy dear Mr. Bennet.";
        using (var gzip = new GZipStream(File.Create(folder.File("a.txt.gz")), CompressionLevel.Fastest)) gzip.Write(Encoding.UTF8.GetBytes(Text));
        using (var zip = ZipFile.Open(folder.File("b.zip"), ZipArchiveMode.Create))
        {
            using (var entry = zip.CreateEntry("in/a.txt").Open()) entry.Write(Encoding.UTF8.GetBytes(Text));
            using (var entry = zip.CreateEntry("../out.txt").Open()) entry.Write(Encoding.UTF8.GetBytes(Text));
        }
        Read(folder.File("a.txt.gz")).Documents.Should().ContainSingle(d => d.Text == Text);
        var (documents, rejections) = Read(folder.File("b.zip"));
        documents.Should().ContainSingle(d => d.Text == Text && d.Source.EndsWith("b.zip!in/a.txt"));
        rejections.Should().ContainSingle(r => r.Reason.Contains("leads out"));
    }

    [Fact]
    public void A_bomb_is_told_and_not_read_to_its_end()
    {
        using var folder = new TemporaryFolder();
        using (var gzip = new GZipStream(File.Create(folder.File("bomb.txt.gz")), CompressionLevel.Optimal))
            for (var i = 0; i < 200; i++) gzip.Write(new byte[1 << 20].Select(_ => (byte)'a').ToArray());
        Read(folder.File("bomb.txt.gz")).Rejections.Should().ContainSingle(r => r.Reason.Contains("expand"));
    }

    [Fact]
    public void Damaged_files_never_fail()
    {
        var files = Directory.GetFiles(SharedFolder.Require("data", "raw"), "*", SearchOption.AllDirectories).Where(f => new FileInfo(f).Length < 40_000).ToList();
        Gen.Select(Gen.Int[0, files.Count - 1], Gen.Int[0, int.MaxValue]).Sample((which, seed) =>
        {
            var bytes = File.ReadAllBytes(files[which]);
            var random = new Random(seed);
            for (var i = 0; i < 1 + random.Next(20) && bytes.Length > 0; i++) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (random.Next(3) == 0) bytes = bytes[..random.Next(bytes.Length + 1)];
            new DocumentReader().Read(new MemoryStream(bytes), Path.GetFileName(files[which])).Should().OnlyContain(d => d.Text.Length > 0);
        }, iter: LongTests.Rounds(400, 1_000_000), threads: 1);
    }

    [Fact]
    public void A_collection_goes_on_where_it_was_stopped()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("in"));
        for (var i = 0; i < 30; i++) File.WriteAllText(folder.File($"in/{i:D2}.txt"), $"Text number {i}, long enough to be one.");
        CollectionOptions Options(string name) => new() { Sources = [folder.File("in")], Folder = folder.File(name), ShardDocuments = 7 };
        Collector.Run(Options("whole")).Documents.Should().Be(30);
        var stopped = Options("stopped");
        var run = () => Collector.Run(stopped, cancellation: new CancellationToken(canceled: true));
        run.Should().Throw<OperationCanceledException>();
        Directory.Exists(stopped.Folder).Should().BeTrue();
        Collector.Run(stopped).Documents.Should().Be(30);
        foreach (var file in Directory.GetFiles(folder.File("whole")).Where(f => !f.EndsWith("collection.json")))
            File.ReadAllBytes(Path.Combine(stopped.Folder, Path.GetFileName(file))).Should().Equal(File.ReadAllBytes(file), $"of {file}");
    }

    private static (List<Document> Documents, List<Rejection> Rejections) Read(string path)
    {
        var rejections = new List<Rejection>();
        var reader = new DocumentReader();
        reader.Rejected += rejections.Add;
        return ([.. reader.Read(path)], rejections);
    }
}
