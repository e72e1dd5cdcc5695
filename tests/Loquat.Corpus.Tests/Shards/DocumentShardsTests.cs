using CsCheck;
using Loquat.Corpus.Shards;
using Loquat.Tests;

namespace Loquat.Corpus.Tests.Shards;

public sealed class DocumentShardsTests
{
    private static readonly Gen<string> _text = Gen.String.Select(DocumentJson.WellFormed);

    private static readonly Gen<string?> _maybe = Gen.Frequency((1, Gen.Const((string?)null)), (2, _text.Select(t => (string?)t)));

    private static readonly Gen<Document> _documents = Gen.Select(_text, _text, _maybe, _maybe, _maybe, Gen.Dictionary(_text, _text)[0, 3]).Select((id, text, title, author, license, metadata) =>
        new Document { Id = id, Text = text, Source = "a/b.txt", Title = title, Author = author, License = license, Date = "1813", Metadata = metadata });

    [Theory]
    [InlineData(ShardFormat.JsonLines)]
    [InlineData(ShardFormat.JsonLinesZstandard)]
    [InlineData(ShardFormat.Parquet)]
    public void What_was_written_is_read(ShardFormat format)
    {
        using var folder = new TemporaryFolder();
        _documents.Array[0, 20].Sample(documents =>
        {
            var path = Write(folder, format, documents);
            DocumentShards.Read(path).Should().BeEquivalentTo(documents, o => o.WithStrictOrdering());
        }, iter: 30, threads: 1);
    }

    [Theory]
    [InlineData(ShardFormat.JsonLines)]
    [InlineData(ShardFormat.JsonLinesZstandard)]
    [InlineData(ShardFormat.Parquet)]
    public void The_same_documents_give_the_same_bytes(ShardFormat format)
    {
        using var folder = new TemporaryFolder();
        Document[] documents = [.. Enumerable.Range(0, 1000).Select(i => new Document { Id = $"{i}", Text = new string('x', i), Source = "s", Title = i % 3 == 0 ? null : $"title {i}" })];
        var first = File.ReadAllBytes(Write(folder, format, documents));
        File.ReadAllBytes(Write(folder, format, documents)).Should().Equal(first);
    }

    [Fact]
    public void A_shard_that_is_not_completed_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        using (var writer = new DocumentShardWriter(folder.File("documents-00000.jsonl.zst"), ShardFormat.JsonLinesZstandard)) writer.Write(new Document { Id = "1", Text = "t", Source = "s" });
        Directory.EnumerateFiles(folder.Path).Should().BeEmpty();
    }

    private static string Write(TemporaryFolder folder, ShardFormat format, IEnumerable<Document> documents)
    {
        var path = folder.File($"documents-00000{format.Extension()}");
        using var writer = new DocumentShardWriter(path, format);
        foreach (var document in documents) writer.Write(document);
        writer.Complete();
        return path;
    }
}
