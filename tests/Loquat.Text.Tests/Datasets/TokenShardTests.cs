using CsCheck;
using Loquat.Text.Datasets;

namespace Loquat.Text.Tests.Datasets;

public sealed class TokenShardTests
{
    [Theory]
    [InlineData(65_536, 2)]
    [InlineData(65_537, 4)]
    public void Documents_read_back_as_written(int vocabSize, int width)
    {
        using var folder = new Loquat.Tests.TemporaryFolder();
        var path = folder.File("a.shard");
        Gen.Int[0, vocabSize - 1].Array[0, 20].Array[0, 12].Sample(documents =>
        {
            using (var writer = new TokenShardWriter(path, vocabSize, 42))
            {
                foreach (var document in documents) writer.Write(document, document.Length * 3, 1.5);
                writer.Complete();
            }
            using var shard = TokenShard.Open(path);
            shard.Verify();
            shard.Header.TokenWidth.Should().Be(width);
            shard.Header.TextBytes.Should().Be(documents.Sum(d => d.Length * 3L));
            shard.Header.TokenizerHash.Should().Be(42);
            Enumerable.Range(0, (int)shard.Count).Select(i => shard[i]).Should().Equal(documents.SelectMany(d => d));
            shard.DocumentEnds.ToArray().Should().Equal(documents.Select((_, i) => documents.Take(i + 1).Sum(d => (long)d.Length)));
        }, iter: 50, threads: 1);
    }

    [Fact]
    public void Every_damaged_byte_is_found()
    {
        using var folder = new Loquat.Tests.TemporaryFolder();
        var path = folder.File("a.shard");
        using (var writer = new TokenShardWriter(path, 100, 1))
        {
            writer.Write([1, 2, 3], 5);
            writer.Complete();
        }
        var whole = File.ReadAllBytes(path);
        for (var i = 0; i < whole.Length; i++)
        {
            var bytes = (byte[])whole.Clone();
            bytes[i] ^= 0x40;
            Refused(bytes);
            Refused(whole[..i]);
        }

        void Refused(byte[] bytes)
        {
            File.WriteAllBytes(path, bytes);
            var read = () =>
            {
                using var shard = TokenShard.Open(path);
                shard.Verify();
            };
            read.Should().Throw<DataException>().WithMessage($"*{path}*");
        }
    }

    [Fact]
    public void A_token_outside_the_vocabulary_and_an_abandoned_writer_leave_no_file()
    {
        using var folder = new Loquat.Tests.TemporaryFolder();
        var path = folder.File("a.shard");
        using (var writer = new TokenShardWriter(path, 10, 1))
        {
            var write = () => writer.Write([10], 1);
            write.Should().Throw<DataException>().WithMessage("*token 10*vocabulary of 10*");
        }
        Directory.EnumerateFileSystemEntries(folder.Path).Should().BeEmpty();
    }
}
