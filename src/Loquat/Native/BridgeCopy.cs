using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Loquat.Native;

/// <summary>
/// TorchSharp's bridge to libtorch demands version GLIBCXX_3.4.32 of the C++ standard library, which Debian 12, Ubuntu 22.04 and RHEL 9
/// lack. The one symbol behind that version is never used, so the demand may be marked weak: on such a system a private
/// copy with that one flag set is loaded instead. Where the system has the version, the file is used as it is.
/// </summary>
internal static class BridgeCopy
{
    internal const string Demanded = "GLIBCXX_3.4.32";

    /// <summary>The library itself, or a copy of it that loads on this system.</summary>
    public static string Usable(string library) =>
        OperatingSystem.IsLinux() && SystemLibrary() is { } standard ? Usable(library, standard, CacheFolder.Path is { } cache ? Path.Combine(cache, "native") : null) : library;

    /// <param name="library">The bridge.</param>
    /// <param name="standardLibrary">The libstdc++ that it will be loaded with.</param>
    /// <param name="folder">Where a private copy is kept; null, or one that cannot be written: a temporary folder.</param>
    /// <exception cref="MachineException">The copy cannot be written.</exception>
    internal static string Usable(string library, string standardLibrary, string? folder)
    {
        if (new ElfVersions(File.ReadAllBytes(standardLibrary)).Defines(Demanded)) return library;
        var bytes = File.ReadAllBytes(library);
        if (!ElfVersions.MarkWeak(bytes, Demanded)) return library;
        var copy = Path.Combine(folder ?? "", $"{Path.GetFileNameWithoutExtension(library)}-{XxHash3.HashToUInt64(bytes):x16}.so");
        // Compared in full: a cached file that was cut short or changed is written again.
        if (folder is not null && File.Exists(copy) && File.ReadAllBytes(copy).AsSpan().SequenceEqual(bytes)) return copy;
        try
        {
            if (folder is not null) CacheFolder.Write(copy, bytes);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            folder = null;
        }
        return folder is null ? Temporary(Path.GetFileName(copy), bytes) : copy;
    }

    // Where no cache can be kept, a copy for this process alone, in a folder that only its user may enter.
    private static string Temporary(string name, byte[] bytes)
    {
        try
        {
            var copy = Path.Combine(Directory.CreateTempSubdirectory("loquat-").FullName, name);
            File.WriteAllBytes(copy, bytes);
            AppDomain.CurrentDomain.ProcessExit += (_, _) => Remove(Path.GetDirectoryName(copy)!);
            return copy;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new MachineException($"{name} needs a copy that fits this system's C++ library, which lacks {Demanded}, but neither the cache folder nor the temporary folder can be written: " +
                $"{error.Message} Set LOQUAT_CACHE to a folder that can be written.", error);
        }
    }

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    /// <summary>The C++ standard library that the dynamic linker gives this process.</summary>
    private static string? SystemLibrary() =>
        NativeLibrary.TryLoad("libstdc++.so.6", out _) ? LoadedLibraries.Find("libstdc++") : null;
}
