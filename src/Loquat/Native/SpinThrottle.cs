using System.Diagnostics.CodeAnalysis;

namespace Loquat.Native;

/// <summary>
/// Has GNU OpenMP's threads spin hardly at all while other processes use this process's processors. A thread that spins holds the processor that the thread it waits for
/// could run on: two busy processes slowed each other five-fold. libgomp reads its settings once, but spins a hundredth as long whenever it manages more threads than there are
/// processors (gomp_throttled_spin_count_var); a thread with an idle team of its own brings that about, and its end undoes it.
/// </summary>
internal static class SpinThrottle
{
    /// <summary>Fraction of the processors taken by others from which on to yield, and below which to spin again.</summary>
    private const double Busy = 0.12, Quiet = 0.04;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private const int QuietIntervals = 8;

    [SuppressMessage("Reliability", "CA2213", Justification = "Lives as long as the process.")]
    private static Timer? _watch;

    private static ManualResetEventSlim? _release;
    private static OtherWork _work = new();
    private static int _quiet;

    /// <summary>Whether threads yield at present.</summary>
    public static bool IsOn => Volatile.Read(ref _release) is not null;

    /// <summary>Watches from now on. Nothing happens where the threads are not GNU OpenMP's, the environment says how to wait, or one thread does all work.</summary>
    public static void Watch()
    {
        if (!OperatingSystem.IsLinux() || Libtorch.OpenMPLibrary is null || Libtorch.Threads < 2 || SpinLimit.IsGiven) return;
        _watch ??= new Timer(_ => Look(), null, Interval, Interval);
    }

    private static void Look()
    {
        var share = _work.Share() ?? 0;
        _work = new OtherWork();
        if (share >= Busy) TurnOn();
        if (share > Quiet) _quiet = 0;
        else if (++_quiet >= QuietIntervals) TurnOff();
    }

    internal static void TurnOn()
    {
        if (IsOn) return;
        var release = new ManualResetEventSlim();
        Volatile.Write(ref _release, release);
        new Thread(() =>
        {
            // As many threads as there are processors, besides those that libtorch has: more than there are.
            var nothing = new Nothing();
            OpenMP.For(0, Libtorch.Threads, 1, ref nothing);
            release.Wait();
        })
        { IsBackground = true, Name = "loquat yields" }.Start();
    }

    internal static void TurnOff() => Interlocked.Exchange(ref _release, null)?.Set();

    private struct Nothing : IRangeBody
    {
        public readonly void Run(long begin, long end)
        {
        }
    }
}
