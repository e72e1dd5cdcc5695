using System.Runtime.InteropServices;

namespace Loquat.Native;

/// <summary>
/// glibc returns large blocks to the kernel at every free, so that each training step would fault in gigabytes of fresh
/// pages again. Told to keep them, a step runs up to 1.5 times faster. `LOQUAT_MALLOC=default` leaves glibc alone.
/// </summary>
/// <remarks>
/// This reaches the main thread. glibc gives other threads arenas made of heaps of at most 64 MiB, so that every larger block of theirs
/// comes fresh from the kernel still (measured: 7 times slower). `MALLOC_ARENA_MAX=1` in the environment, which the launcher sets,
/// has all threads share the main arena; `mallopt` cannot do that once .NET has threads. Training therefore runs on the main thread.
/// </remarks>
internal static class Allocator
{
    private const int TrimThreshold = -1;
    private const int MmapThreshold = -3;

    /// <summary>Where glibc refuses 1 GiB (2.34 and earlier take at most 32 MiB), the most it takes still helps.</summary>
    private static readonly int[] _keptBlocks = [1 << 30, 32 << 20];

    public static void Tune()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("LOQUAT_MALLOC") == "default") return;
        try
        {
            _ = _keptBlocks.FirstOrDefault(size => SetOption(MmapThreshold, size) != 0);
            _ = SetOption(TrimThreshold, int.MaxValue);
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            // Another C library: nothing to tune.
        }
    }

    [DllImport("libc", EntryPoint = "mallopt")]
    private static extern int SetOption(int option, int value);
}
