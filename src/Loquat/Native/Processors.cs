using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace Loquat.Native;

/// <summary>What the processor is and how many cores this process may use.</summary>
internal static class Processors
{
    /// <summary>Numbers of the processors that this process may run on.</summary>
    public static IReadOnlyList<int> Allowed { get; } = FindAllowed();

    /// <summary>Cores, not hardware threads, within this process's affinity and container limit. Matrix products gain nothing from a second thread on a core.</summary>
    public static int PhysicalCores { get; } = CountCores();

    public static string Name { get; } = FindName();

    public static bool HasAvx2 => Avx2.IsSupported;

    public static bool HasAvx512 => Avx512F.IsSupported && Avx512BW.IsSupported;

    /// <summary>CPUID leaf 7, subleaf 1: EAX bit 5.</summary>
    public static bool HasAvx512Bf16 => HasAvx512 && (Leaf7(1).Eax >> 5 & 1) == 1;

    /// <summary>CPUID leaf 7: EDX bits 22 (bfloat16) and 24 (tiles).</summary>
    public static bool HasAmx => HasAvx512 && (Leaf7(0).Edx >> 22 & 5) == 5;

    /// <summary>Counts the distinct cores behind a list such as `0-3,8`, given each processor's siblings.</summary>
    internal static int CountCores(string allowed, Func<int, string?> siblings) =>
        ParseList(allowed).Select(processor => siblings(processor)?.Trim() ?? processor.ToString(CultureInfo.InvariantCulture)).Distinct().Count();

    /// <summary>Reads a list of processors as Linux writes it: `0-3,8`. A part that is no range is left out.</summary>
    internal static IEnumerable<int> ParseList(string text)
    {
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = part.Split('-');
            if (!int.TryParse(ends[0], NumberStyles.None, null, out var first) || !int.TryParse(ends[^1], NumberStyles.None, null, out var last)) continue;
            for (var i = first; i <= last && i - first < 65536; i++) yield return i;
        }
    }

    private static int CountCores()
    {
        if (!OperatingSystem.IsLinux()) return Environment.ProcessorCount;
        try
        {
            var cores = CountCores(string.Join(',', Allowed), processor =>
                $"/sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list" is var file && File.Exists(file) ? File.ReadAllText(file) : null);
            return Math.Clamp(cores, 1, Environment.ProcessorCount);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Environment.ProcessorCount;
        }
    }

    private static int[] FindAllowed()
    {
        int[] all = [.. Enumerable.Range(0, Environment.ProcessorCount)];
        if (!OperatingSystem.IsLinux()) return all;
        try
        {
            const string Key = "Cpus_allowed_list:";
            return File.ReadLines("/proc/self/status").FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal)) is { } line ? [.. ParseList(line[Key.Length..])] : all;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return all;
        }
    }

    private static (int Eax, int Ebx, int Ecx, int Edx) Leaf7(int subleaf) =>
        X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 7 && X86Base.CpuId(7, 0).Eax >= subleaf ? X86Base.CpuId(7, subleaf) : default;

    private static string FindName()
    {
        // CPUID 0x80000002 to 0x80000004: 48 characters.
        if (X86Base.IsSupported && (uint)X86Base.CpuId(unchecked((int)0x80000000), 0).Eax >= 0x80000004)
        {
            Span<int> words = stackalloc int[12];
            for (var i = 0; i < 3; i++)
                (words[4 * i], words[4 * i + 1], words[4 * i + 2], words[4 * i + 3]) = X86Base.CpuId(unchecked((int)0x80000002) + i, 0);
            return Encoding.ASCII.GetString(MemoryMarshal.AsBytes(words)).TrimEnd('\0').Trim();
        }
        return $"{RuntimeInformation.ProcessArchitecture} processor";
    }
}
