using System.Diagnostics;
using Loquat.Native;

namespace Loquat.Tests.Native;

[Collection(nameof(ProductsTests))]
public sealed class SpinThrottleTests
{
    [Fact]
    public void Threads_yield_while_another_process_is_busy_and_loops_give_what_they_gave()
    {
        Libtorch.Initialize();
        Assert.SkipUnless(OperatingSystem.IsLinux() && Libtorch.OpenMPLibrary is not null && Libtorch.Threads > 1 && !SpinLimit.IsGiven, "threads that do not spin, or whose waiting the environment sets");
        var busy = Enumerable.Range(0, Libtorch.Threads).Select(_ => Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "while :; do :; done"]))!).ToList();
        try
        {
            Within(TimeSpan.FromSeconds(20), () => SpinThrottle.IsOn).Should().BeTrue();
            var squares = new long[10_000];
            var body = new Squares { Target = squares };
            for (var i = 0; i < 100; i++) OpenMP.For(0, squares.Length, 100, ref body);
            squares.Should().Equal(Enumerable.Range(0, squares.Length).Select(i => (long)i * i));
        }
        finally
        {
            foreach (var process in busy)
            {
                process.Kill();
                process.WaitForExit();
                process.Dispose();
            }
        }
        SpinThrottle.TurnOff();
        SpinThrottle.IsOn.Should().BeFalse();
    }

    private static bool Within(TimeSpan time, Func<bool> condition)
    {
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < time; Thread.Sleep(50))
            if (condition()) return true;
        return false;
    }

    private struct Squares : IRangeBody
    {
        public long[] Target;

        public readonly void Run(long begin, long end)
        {
            for (var i = begin; i < end; i++) Target[i] = i * i;
        }
    }
}
