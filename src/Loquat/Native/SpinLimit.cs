using System.Globalization;
using System.Runtime.InteropServices;

namespace Loquat.Native;

/// <summary>
/// GNU OpenMP's threads spin after each parallel region, by default for some 10 ms. On a machine that does other work too, the
/// spinner keeps the processor from the thread it waits for, and a product of 256 × 256 was measured to take 35 ms in place
/// of 0.6. A shorter spin still bridges the microseconds between two operators. `GOMP_SPINCOUNT` or `OMP_WAIT_POLICY` in the
/// environment takes precedence. It must be set before libgomp is loaded, which reads it once.
/// </summary>
internal static class SpinLimit
{
    /// <summary>Some 0.2 ms: on an idle machine no slower than the default.</summary>
    private const int Spins = 10_000;

    /// <summary>Whether the environment says how threads wait.</summary>
    public static bool IsGiven { get; } = IsSet("GOMP_SPINCOUNT") || IsSet("OMP_WAIT_POLICY");

    public static void Set()
    {
        if (!OperatingSystem.IsLinux() || IsGiven) return;
        try
        {
            // .NET's own setter changes only its copy of the environment.
            _ = SetVariable("GOMP_SPINCOUNT", Spins.ToString(CultureInfo.InvariantCulture), 0);
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            // Another C library: the threads spin as they like.
        }
    }

    private static bool IsSet(string name) => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name));

    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int SetVariable([MarshalAs(UnmanagedType.LPStr)] string name, [MarshalAs(UnmanagedType.LPStr)] string value, int overwrite);
}
