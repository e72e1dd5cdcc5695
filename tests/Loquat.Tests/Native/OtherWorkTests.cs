using System.Diagnostics;
using Loquat.Native;

namespace Loquat.Tests.Native;

public sealed class OtherWorkTests
{
    [Fact]
    public void Counters_of_the_kernel_are_read_for_the_processors_asked_for()
    {
        string[] lines =
        [
            "cpu  600 0 0 0 0 0 0 0 0 0",
            "cpu0 100 10 20 5000 7 3 2 1 50 0",
            "cpu1 200 0 0 5000 0 0 0 0 0 0",
            "cpu2 400 0 0 5000 0 0 0 0 0 0",
            "intr 1 2 3 4 5 6 7 8 9",
        ];
        OtherWork.BusySeconds(lines, [0, 1]).Should().BeApproximately(3.36, 1e-9, "idle, waiting and guests do not count");
        OtherWork.BusySeconds(lines, [7]).Should().BeNull();
    }

    [Fact]
    public void A_busy_process_is_seen_and_this_one_is_not()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the counters are Linux's");
        using var busy = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "while :; do :; done"]))!;
        try
        {
            var work = new OtherWork();
            for (var watch = Stopwatch.StartNew(); watch.ElapsedMilliseconds < 600;) Thread.SpinWait(100);
            (work.Share()!.Value * Processors.Allowed.Count).Should().BeGreaterThan(0.2, "a loop takes at least a good part of one processor");
        }
        finally
        {
            busy.Kill();
            busy.WaitForExit();
        }
    }

    [Theory]
    [InlineData(false, 100.0, 0.0, 100.0, 0.0)]
    [InlineData(false, 100.0, double.NaN, 95.0, double.NaN)]
    [InlineData(false, 60.0, 0.0, 100.0, 0.0, 97.0, 0.0)]         // a disturbed turn beside two that agree
    [InlineData(true, 100.0, 0.0, 60.0, 0.0)]
    [InlineData(true, 60.0, 0.0, 60.0, 0.0, 100.0, 0.0)]
    [InlineData(true, 100.0, 0.4, 100.0, 0.4)]                  // they agree, on a machine that others used
    [InlineData(true, 100.0, 0.0, 100.0, 0.4)]
    public void Figures_that_no_two_quiet_turns_agree_on_are_doubtful(bool doubtful, params double[] turns)
    {
        var known = MachineProbe.Describe() with { ReadGBps = 20 };
        (MachineProbe.Doubt([.. turns.Chunk(2).Select(turn => (known with { SgemmGflops = turn[0] }, double.IsNaN(turn[1]) ? null : (double?)turn[1]))]) is not null).Should().Be(doubtful);
    }
}
