using System.Buffers.Binary;
using System.Text;
using Loquat.Evaluation;
using Loquat.Reporting;

namespace Loquat.Tests.Reporting;

public sealed class ReportingTests
{
    [Fact]
    public void A_log_cut_anywhere_after_a_checkpoint_and_resumed_equals_one_never_stopped()
    {
        using var folder = new TemporaryFolder();
        var whole = folder.File("whole.jsonl");
        Run(whole, 0, 12);
        var expected = File.ReadAllBytes(whole);
        Encoding.UTF8.GetString(expected).Should().Contain("\"step\":12,").And.EndWith("\n");
        var killed = folder.File("killed.jsonl");
        Run(killed, 0, 6);
        var checkpointed = new FileInfo(killed).Length;
        for (var length = (int)checkpointed; length <= expected.Length; length += 7)
        {
            File.WriteAllBytes(killed, expected[..length]);
            Run(killed, 6, 12);
            File.ReadAllBytes(killed).Should().Equal(expected);
        }
    }

    [Theory]
    [InlineData("", 0u)]
    [InlineData("123456789", 0xE3069283u)]
    public void Crc32c_has_its_known_values(string text, uint crc) => TensorBoardRecord.Crc32C(Encoding.ASCII.GetBytes(text)).Should().Be(crc);

    [Fact]
    public void Crc32c_of_32_zeros_is_that_of_rfc_3720() => TensorBoardRecord.Crc32C(new byte[32]).Should().Be(0x8A9136AAu);

    [Fact]
    public void TensorBoard_files_hold_framed_events_with_versions_scalars_and_text()
    {
        using var folder = new TemporaryFolder();
        using (var log = new TensorBoardLog(folder.Path, 1, TimeProvider.System)) Report(log, 4, 6);
        var records = Records(File.ReadAllBytes(Directory.GetFiles(folder.Path).Single())).ToList();
        records.Should().HaveCount(6, "of version, session start, 2 steps, an evaluation and a sample");
        Encoding.UTF8.GetString(records[0]).Should().EndWith("brain.Event:2");
        // tag "train/loss" (field 1, bytes, length 10), then field 2 as float32.
        var scalar = records[2].AsSpan();
        var at = scalar.IndexOf("\x0A\x0Atrain/loss\x15"u8);
        at.Should().BePositive();
        BinaryPrimitives.ReadSingleLittleEndian(scalar[(at + 13)..]).Should().Be(1f / 5);
        Encoding.UTF8.GetString(records[5]).Should().Contain("Once");
    }

    [Fact]
    public void Progress_forecasts_from_the_steps_heard()
    {
        var progress = new TrainingProgress(limitTokensPerSecond: 400);
        progress.Remaining.Should().BeNull();
        progress.Started(0, 10_000);
        for (var step = 1; step <= 9_000; step++) progress.Add(new StepReport(step, 1, 1, 0.1, 1, 100, 0.5));
        progress.TokensPerSecond.Should().BeApproximately(200, 1e-6);
        progress.FractionOfLimit.Should().BeApproximately(0.5, 1e-9);
        progress.Remaining!.Value.TotalSeconds.Should().BeApproximately(500, 1e-3);
        progress.Losses.Count.Should().BeInRange(1000, 4096);
        progress.Contradicts.Should().BeFalse();
    }

    [Fact]
    public void A_run_that_is_faster_than_the_limit_shows_no_fraction_of_it()
    {
        var progress = new TrainingProgress(limitTokensPerSecond: 100);
        progress.Add(new StepReport(1, 1, 1, 0.1, 1, 100, 0.5));
        progress.Contradicts.Should().BeTrue("200 tokens/s where the figures allow 100");
        progress.FractionOfLimit.Should().BeNull();
    }

    // An independent reader: bitwise CRC, no table and no instruction.
    private static IEnumerable<byte[]> Records(byte[] file)
    {
        for (var at = 0; at < file.Length;)
        {
            var length = (int)BitConverter.ToUInt64(file, at);
            Masked(file[at..(at + 8)]).Should().Be(BitConverter.ToUInt32(file, at + 8));
            var data = file[(at + 12)..(at + 12 + length)];
            Masked(data).Should().Be(BitConverter.ToUInt32(file, at + 12 + length));
            yield return data;
            at += 16 + length;
        }
    }

    private static uint Masked(byte[] data)
    {
        var crc = 0xFFFFFFFFu;
        foreach (var value in data)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0x82F63B78u & (0 - (crc & 1)));
        }
        crc = ~crc;
        return unchecked(((crc >> 15) | (crc << 17)) + 0xA282EAD8u);
    }

    private static void Run(string path, long from, long to)
    {
        using var log = new MetricsLog(path, loggingSteps: 2);
        Report(log, from, to);
    }

    private static void Report(ITrainingReporter log, long from, long to)
    {
        log.Started(from, 12, evaluated: true);
        if (from == 0) log.Evaluated(0, new EvaluationResult { Loss = 3, LossInterval = 0.1, Tokens = 10, Bytes = 40 }, true);
        for (var step = from + 1; step <= to; step++)
        {
            log.Step(new StepReport(step, 1.0 / step, 2.0 / step, 1e-3, double.NaN, 64, 0.25));
            if (step % 6 == 0) log.Evaluated(step, new EvaluationResult { Loss = 1.0 / step, LossInterval = 0.1, Tokens = 10, Bytes = 40 }, true);
        }
        log.Sampled(to, "Once upon a time");
        log.Saved(to);
        log.Finished();
    }
}
