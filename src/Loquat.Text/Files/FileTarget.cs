using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Loquat.Text.Files;

/// <summary>What stands where a file is to be written. Only a file of its own may be replaced by another; a device, a pipe or a link is written through.</summary>
internal static partial class FileTarget
{
    private const int TypeMask = 0xF000;
    private const int RegularType = 0x8000;
    private const int StatxBytes = 256;

    /// <summary>The file that a path leads to, symbolic links followed, also where it is not there yet.</summary>
    /// <exception cref="IOException">The links lead in a circle.</exception>
    public static string Resolve(string path)
    {
        // What a descriptor stands for may have no name: /dev/stdout leads to pipe:[…].
        for (var links = 0; !IsDevice(path) && new FileInfo(path).LinkTarget is { } target; links++)
        {
            if (links == 40) throw new IOException("the symbolic links lead in a circle.");
            path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, target);
        }
        return path;
    }

    /// <summary>Whether something is there that is neither a file nor a folder: a device, a pipe, a socket; or a file that this process has open already, as standard output.</summary>
    public static bool IsDevice(string path) => OperatingSystem.IsWindows()
        ? path.StartsWith(@"\\.\", StringComparison.Ordinal) || Path.GetFileName(path).ToUpperInvariant() is "NUL" or "CON"
        : IsDescriptor(path) || (Stat(path) is var (mode, _) && (mode & TypeMask) != RegularType && !Directory.Exists(path));

    private static bool IsDescriptor(string path) => Path.GetFullPath(path) is "/dev/stdout" or "/dev/stderr" or ['/', 'd', 'e', 'v', '/', 'f', 'd', '/', ..] or ['/', 'p', 'r', 'o', 'c', '/', 's', 'e', 'l', 'f', '/', 'f', 'd', '/', ..];

    /// <summary>Whether the file has other names (hard links), which would keep the old content.</summary>
    public static bool HasOtherNames(string path) => Stat(path) is var (mode, names) && (mode & TypeMask) == RegularType && names > 1;

    private static (int Mode, uint Names)? Stat(string path)
    {
        var buffer = new byte[StatxBytes];
        try
        {
            if (OperatingSystem.IsLinux()) // struct statx: stx_nlink at 16, stx_mode at 28
                return Statx(CurrentFolder, path, 0, TypeModeAndLinks, buffer) == 0 ? (BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(28)), BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(16))) : null;
            if (OperatingSystem.IsMacOS()) // struct stat with 64-bit inodes: st_mode at 4, st_nlink at 6
                return MacStat(path, buffer) == 0 ? (BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(4)), BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(6))) : null;
        }
        catch (EntryPointNotFoundException)
        {
            // A C library without statx: what is there counts as a file.
        }
        return null;
    }

    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint TypeModeAndLinks = 0x7; // STATX_TYPE | STATX_MODE | STATX_NLINK

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, [Out] byte[] buffer);

    [LibraryImport("libc", EntryPoint = "stat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MacStat(string path, [Out] byte[] buffer);
}
