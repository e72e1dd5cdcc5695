using CsCheck;
using Loquat.Corpus.Collection;
using Loquat.Corpus.Collection.Reading;
using Loquat.Corpus.Collection.Records;
using Loquat.Corpus.Shards;
using Loquat.Tests;

namespace Loquat.Corpus.Tests.Collection.Records;

/// <summary>What a file says of itself is looked through first: the library that reads it goes on for ever behind the end of a footer, and takes memory for whatever number of items is stated.</summary>
public sealed class DamagedParquetTests
{
    private const int Tail = 8;

    [Fact]
    public void Whatever_byte_of_a_footer_is_wrong_reading_ends()
    {
        var whole = Written();
        var length = BitConverter.ToInt32(whole, whole.Length - Tail);
        var rejections = new List<Rejection>();
        var reader = new DocumentReader();
        reader.Rejected += rejections.Add;
        reader.Read(new MemoryStream(whole), "whole.parquet").Should().HaveCount(3);
        rejections.Should().BeEmpty();
        for (var place = whole.Length - Tail - length; place < whole.Length; place++)
            foreach (var wrong in (byte[])[0xFF, 0x80, 0xF9, 0])
            {
                var damaged = whole.ToArray();
                damaged[place] = wrong;
                var before = GC.GetAllocatedBytesForCurrentThread();
                _ = reader.Read(new MemoryStream(damaged), $"{place}.parquet").Count();
                (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(64 << 20, $"of {wrong} at {place}");
            }
        rejections.Should().Contain(r => r.Reason.Contains("does not have the type")).And.Contain(r => r.Reason.Contains("ends in the middle"));
    }

    [Fact]
    public void A_footer_is_as_long_as_it_says_and_every_beginning_of_it_is_too_short()
    {
        var whole = Written();
        var length = BitConverter.ToInt32(whole, whole.Length - Tail);
        var footer = whole[(whole.Length - Tail - length)..^Tail];
        ParquetStructures.Check(footer, ParquetStructures.File).Should().Be(length);
        for (var part = 0; part < length; part++)
        {
            var check = () => ParquetStructures.Check(footer.AsSpan(0, part), ParquetStructures.File);
            // A list with more items than there are bytes is told before the end is met.
            (check.Should().Throw<Exception>().Which is EndOfStreamException or InvalidDataException).Should().BeTrue();
        }
    }

    [Fact]
    public void A_damaged_shard_is_told()
    {
        using var folder = new TemporaryFolder();
        var bytes = Written();
        bytes[^(Tail + 1)] = 0xFF; // where the footer ends
        File.WriteAllBytes(folder.File("documents.parquet"), bytes);
        var read = () => DocumentShards.Read(folder.File("documents.parquet")).Count();
        read.Should().Throw<DataException>().WithMessage("*documents.parquet: the file is damaged: *");
    }

    [Fact]
    public void Any_bytes_are_looked_through_or_refused() => Gen.Byte.Array[0, 200].Sample(bytes =>
    {
        try
        {
            return ParquetStructures.Check(bytes, ParquetStructures.File) <= bytes.Length;
        }
        catch (Exception error) when (error is EndOfStreamException or InvalidDataException)
        {
            return true;
        }
    });

    private static byte[] Written()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("documents.parquet");
        using (var writer = new DocumentShardWriter(path, ShardFormat.Parquet))
        {
            for (var i = 0; i < 3; i++) writer.Write(new() { Id = $"{i}", Source = "a source", Text = $"Text number {i}, long enough to be one.", Title = i == 1 ? "a title" : null });
            writer.Complete();
        }
        return File.ReadAllBytes(path);
    }
}
