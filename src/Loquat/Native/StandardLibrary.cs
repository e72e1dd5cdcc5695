using System.Buffers.Binary;
using System.Text;

namespace Loquat.Native;

/// <summary>
/// TorchSharp's bridge asks for version GLIBCXX_3.4.32 of the C++ standard library, which Debian 12, Ubuntu 22.04 and RHEL 9 lack. The
/// only symbol behind that version is not used, so the demand can be marked weak (VER_FLG_WEAK in `.gnu.version_r`; System V ABI, GNU symbol versioning):
/// on such a system a private copy with that one flag set is loaded instead.
/// </summary>
internal static class StandardLibrary
{
    private const string Demanded = "GLIBCXX_3.4.32";
    private const uint VersionNeeds = 0x6ffffffe;

    /// <summary>The library itself, or a copy of it that loads here.</summary>
    public static string Usable(string library)
    {
        if (!OperatingSystem.IsLinux() || SystemProvides()) return library;
        var folder = Path.Combine(Environment.GetEnvironmentVariable("LOQUAT_CACHE") is { Length: > 0 } cache ? cache
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "loquat"), "native");
        var bytes = File.ReadAllBytes(library);
        var copy = Path.Combine(folder, $"{Path.GetFileNameWithoutExtension(library)}-{System.IO.Hashing.XxHash3.HashToUInt64(bytes):x16}.so");
        if (File.Exists(copy)) return copy;
        if (!MarkWeak(bytes, Demanded)) return library;
        Directory.CreateDirectory(folder);
        var temporary = $"{copy}.{Environment.ProcessId}";
        File.WriteAllBytes(temporary, bytes);
        File.Move(temporary, copy, overwrite: true);
        return copy;
    }

    /// <summary>Sets the weak flag on a demanded version.</summary>
    /// <returns>False where the file is not a 64-bit little-endian ELF file, is damaged, or does not ask for the version.</returns>
    internal static bool MarkWeak(Span<byte> file, string version)
    {
        if (file.Length < 64 || !file[..6].SequenceEqual("\u007fELF\u0002\u0001"u8)) return false;
        var (sections, count) = (Read64(file, 0x28), Read16(file, 0x3c));
        for (ulong i = 0; i < count; i++)
        {
            var section = sections + i * 64;
            if (section > (ulong)file.Length || (ulong)file.Length - section < 64) return false;
            var at = (int)section;
            if (Read32(file, at + 4) != VersionNeeds) continue;
            var names = sections + (ulong)Read32(file, at + 40) * 64;
            if (names > (ulong)file.Length || (ulong)file.Length - names < 64) return false;
            return MarkWeak(file, version, Read64(file, at + 24), Read64(file, (int)names + 24));
        }
        return false;
    }

    private static bool MarkWeak(Span<byte> file, string version, ulong needs, ulong names)
    {
        // Each link must go forward, so a damaged chain ends.
        while (needs <= (ulong)file.Length && (ulong)file.Length - needs >= 16)
        {
            var entry = needs + Read32(file, (int)needs + 8);
            for (var left = Read16(file, (int)needs + 2); left > 0 && entry <= (ulong)file.Length && (ulong)file.Length - entry >= 16; left--)
            {
                if (IsName(file, names + Read32(file, (int)entry + 8), version))
                {
                    file[(int)entry + 4] |= 2;
                    return true;
                }
                if (Read32(file, (int)entry + 12) is var next && next == 0) break;
                entry += next;
            }
            if (Read32(file, (int)needs + 12) is var step && step == 0) break;
            needs += step;
        }
        return false;
    }

    private static bool IsName(ReadOnlySpan<byte> file, ulong at, string name)
    {
        if (at >= (ulong)file.Length || (ulong)file.Length - at <= (ulong)name.Length) return false;
        var text = file.Slice((int)at, name.Length + 1);
        return text[^1] == 0 && Encoding.ASCII.GetString(text[..^1]) == name;
    }

    private static bool SystemProvides()
    {
        string[] folders = ["/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/lib64", "/usr/lib"];
        var found = folders.Select(f => Path.Combine(f, "libstdc++.so.6")).FirstOrDefault(File.Exists);
        return found is not null && File.ReadAllBytes(found).AsSpan().IndexOf(Encoding.ASCII.GetBytes(Demanded + "\0")) >= 0;
    }

    private static ushort Read16(ReadOnlySpan<byte> file, int at) => BinaryPrimitives.ReadUInt16LittleEndian(file[at..]);

    private static uint Read32(ReadOnlySpan<byte> file, int at) => BinaryPrimitives.ReadUInt32LittleEndian(file[at..]);

    private static ulong Read64(ReadOnlySpan<byte> file, int at) => BinaryPrimitives.ReadUInt64LittleEndian(file[at..]);
}
