using CsCheck;
using Loquat.Text.Datasets;

namespace Loquat.Text.Tests.Datasets;

public sealed class BatchTests
{
    [Fact]
    public void Permutation_visits_everything_once() =>
        Gen.Select(Gen.Long[1, 3000], Gen.ULong).Sample((count, seed) =>
        {
            var order = new Permutation(count, seed);
            return Enumerable.Range(0, (int)count).Select(i => order[i]).Order().SequenceEqual(Enumerable.Range(0, (int)count).Select(i => (long)i));
        }, iter: 200);

    [Fact]
    public void An_epoch_of_packed_batches_has_no_token_twice_and_labels_follow_inputs()
    {
        using var folder = new Loquat.Tests.TemporaryFolder();
        Gen.Select(Gen.Int[2, 400], Gen.Int[1, 16], Gen.ULong).Sample((tokens, context, seed) =>
        {
            if (tokens < context + 1) return;
            using var shard = Write(folder.File("t.shard"), tokens);
            var batches = new PackedBatches(shard, context, seed);
            for (var epoch = 0; epoch < 3; epoch++)
            {
                var seen = new HashSet<long>();
                for (long i = 0; i < batches.SequencesPerEpoch; i++)
                {
                    long[] inputs = new long[context], labels = new long[context];
                    batches.Next(inputs, labels);
                    inputs.Should().OnlyContain(t => seen.Add(t));
                    labels.Should().Equal(inputs.Select(t => t + 1));
                }
                seen.Count.Should().BeGreaterThanOrEqualTo(tokens - 1 - 3 * context);
            }
        }, iter: 100, threads: 1);
    }

    [Fact]
    public void Document_batches_predict_every_token_and_hold_each_short_document_whole_after_the_token_before_it()
    {
        using var folder = new Loquat.Tests.TemporaryFolder();
        Gen.Select(Gen.Int[1, 12].Array[2, 60], Gen.Int[4, 10], Gen.ULong).Sample((lengths, context, seed) =>
        {
            if (lengths.Sum() < context + 1) return;
            using var shard = Write(folder.File("t.shard"), lengths);
            var batches = new DocumentBatches(shard, context, seed);
            var predicted = new HashSet<long>();
            var rows = new List<long[]>();
            for (long i = 0; i < batches.SequencesPerEpoch; i++)
            {
                long[] inputs = new long[context], labels = new long[context];
                batches.Next(inputs, labels);
                labels.Should().Equal(inputs.Select(t => t + 1));
                predicted.UnionWith(labels);
                rows.Add(labels);
            }
            predicted.Count.Should().Be(lengths.Sum() - 1);
            long start = 0;
            foreach (var length in lengths)
            {
                if (start > 0 && length <= context) rows.Exists(row => row[0] <= start && row[^1] >= start + length - 1).Should().BeTrue();
                start += length;
            }
        }, iter: 200, threads: 1);
    }

    [Fact]
    public void Setting_the_cursor_repeats_what_followed_it()
    {
        using var folder = new Loquat.Tests.TemporaryFolder();
        using var shard = Write(folder.File("t.shard"), 500);
        foreach (var make in new Func<ITokenBatches>[] { () => new PackedBatches(shard, 7, 3), () => new WindowBatches(shard, 7, 3), () => new DocumentBatches(shard, 7, 3) })
        {
            var first = make();
            for (var i = 0; i < 150; i++) Draw(first);
            var cursor = first.Cursor;
            var expected = Enumerable.Range(0, 50).Select(_ => Draw(first)).ToList();
            var second = make();
            second.Cursor = cursor;
            for (var i = 0; i < 50; i++) Draw(second).Should().Equal(expected[i]);
        }
    }

    [Fact]
    public void A_text_shorter_than_one_sequence_is_refused()
    {
        using var folder = new Loquat.Tests.TemporaryFolder();
        using var shard = Write(folder.File("t.shard"), 8);
        var make = () => new PackedBatches(shard, 8, 1);
        make.Should().Throw<DataException>().WithMessage("*8 tokens*context of 8 needs 9*");
    }

    private static long[] Draw(ITokenBatches batches)
    {
        long[] inputs = new long[14], labels = new long[14];
        batches.Next(inputs, labels);
        return [.. inputs, .. labels];
    }

    private static TokenShard Write(string path, params int[] documents)
    {
        using (var writer = new TokenShardWriter(path, documents.Sum(), tokenizerHash: 1))
        {
            var first = 0;
            foreach (var tokens in documents)
            {
                writer.Write([.. Enumerable.Range(first, tokens)], tokens);
                first += tokens;
            }
            writer.Complete();
        }
        return TokenShard.Open(path);
    }
}
