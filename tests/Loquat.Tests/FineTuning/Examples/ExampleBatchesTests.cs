using CsCheck;
using Loquat.Training;
using Loquat.FineTuning.Examples;
using Loquat.Objectives;

namespace Loquat.Tests.FineTuning.Examples;

/// <summary>The order of examples: each once an epoch, from any place the same, with little to fill up.</summary>
public sealed class ExampleBatchesTests
{
    [Fact]
    public void Every_epoch_has_each_row_once_in_an_order_of_its_own() => Gen.Select(Gen.Int[1, 200], Gen.Int[1, 40], Gen.ULong).Sample((count, size, seed) =>
    {
        var batches = Batches(count, size, seed);
        var epochs = Enumerable.Range(0, 3).Select(_ => Enumerable.Range(0, (count + size - 1) / size).SelectMany(_ => Rows(batches.Next(size))).ToList()).ToList();
        foreach (var epoch in epochs) epoch.Order().Should().Equal(Enumerable.Range(0, count).Select(i => (long)i));
        if (count / size > 20) epochs[0].Should().NotEqual(epochs[1]);
        batches.TokensSeen.Should().Be(3 * Enumerable.Range(0, count).Sum(i => (long)Length(i)));
        EpochSteps.Of(count, size, 1, 3).Should().Be(3 * ((count + size - 1) / size));
    }, iter: 60);

    [Fact]
    public void It_goes_on_from_its_cursor_as_if_never_stopped() => Gen.Select(Gen.Int[1, 120], Gen.Int[1, 20], Gen.Int[0, 30]).Sample((count, size, before) =>
    {
        var whole = Batches(count, size, 5);
        for (var i = 0; i < before; i++) whole.Next(size);
        var resumed = Batches(count, size, 5);
        resumed.Cursor = whole.Cursor;
        resumed.TokensSeen.Should().Be(whole.TokensSeen);
        for (var i = 0; i < 12; i++) Rows(resumed.Next(size)).Should().Equal(Rows(whole.Next(size)));
    }, iter: 60);

    [Fact]
    public void Rows_of_like_length_stand_together()
    {
        var batches = Batches(3200, 32, 9);
        var (filled, tokens) = (0L, 0L);
        for (var i = 0; i < 100; i++)
        {
            var batch = batches.Next(32);
            (filled, tokens) = (filled + batch.InputIds.Length, tokens + (batch.AttentionMask?.Sum() ?? batch.InputIds.Length));
        }
        ((double)filled / tokens).Should().BeLessThan(1.1);
    }

    [Fact]
    public void A_batch_is_as_long_as_its_longest_row_and_says_what_is_filled_up()
    {
        var batch = TaskRows.Batch([new(0, [5, 6, 7]) { Labels = [1], TypeIds = [0, 0, 1] }, new(1, [8]) { Labels = [0] }], pad: 9, perToken: false);
        batch.InputIds.Should().Equal(5, 6, 7, 8, 9, 9);
        batch.AttentionMask.Should().Equal(1, 1, 1, 1, 0, 0);
        batch.TokenTypeIds.Should().Equal(0, 0, 1, 0, 0, 0);
        (batch.LabelsPerRow, batch.Counted).Should().Be((1, 2));
        var tags = TaskRows.Batch([new(0, [5, 6]) { Labels = [-100, 2] }, new(1, [8]) { Labels = [3] }], 0, perToken: true);
        tags.Labels.Should().Equal(-100, 2, 3, -100);
        (tags.LabelsPerRow, tags.Counted).Should().Be((null, 2));
    }

    private static int Length(int row) => 4 + row * 7919 % 60;

    private static ExampleBatches Batches(int count, int size, ulong seed) =>
        new([.. Enumerable.Range(0, count).Select(i => new TaskRow(i, [.. Enumerable.Repeat(i, Length(i))]) { Labels = [i] })], size, seed, rows => TaskRows.Batch(rows, 0, perToken: false));

    private static long[] Rows(TokenBatch batch) => batch.Labels;
}
