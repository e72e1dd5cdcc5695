using System.Buffers.Binary;

namespace Loquat.Native;

/// <summary>
/// The symbol versions that a 64-bit little-endian ELF library defines (`.gnu.version_d`) and demands (`.gnu.version_r`).
/// Layout: Linux Standard Base, Symbol Versioning. Every offset is checked against the file and every walk is bounded by the
/// file's length, so a damaged or hostile file gives "no" and never a crash or an endless loop.
/// </summary>
internal readonly ref struct ElfVersions
{
    private const uint VersionDefinitions = 0x6ffffffd;
    private const uint VersionNeeds = 0x6ffffffe;
    private const int SectionHeaderSize = 64;

    /// <summary>VER_FLG_WEAK: the loader goes on where the version is missing.</summary>
    private const ushort Weak = 2;

    private readonly ReadOnlySpan<byte> _file;
    private readonly bool _isElf;

    public ElfVersions(ReadOnlySpan<byte> file)
    {
        _file = file;
        _isElf = file.Length >= 64 && file[..6].SequenceEqual("\u007fELF\u0002\u0001"u8);
    }

    /// <summary>Whether the library provides a version, such as a libstdc++ `GLIBCXX_3.4.32`.</summary>
    public bool Defines(string version)
    {
        if (!Section(VersionDefinitions, out var at, out var end, out var names)) return false;
        // Elf64_Verdef: version, flags, index, count (16 bit each), hash, first auxiliary entry, next (32 bit each).
        while (Fits(at, 20, end))
        {
            var name = at + Read32(at + 12);
            if (Fits(name, 8, end) && IsName(names + Read32(name), version)) return true;
            // A link only ever leads forward, so the walk ends.
            var next = Read32(at + 16);
            if (next == 0) return false;
            at += next;
        }
        return false;
    }

    /// <summary>Finds the flags of a demanded version.</summary>
    /// <param name="version">Name of the version.</param>
    /// <param name="flags">Offset in the file of the 16-bit flags of the demand.</param>
    /// <returns>False where the file does not demand the version or cannot be read.</returns>
    public bool Demands(string version, out int flags)
    {
        flags = 0;
        if (!Section(VersionNeeds, out var at, out var end, out var names)) return false;
        // A true table holds at most one entry per 16 bytes; overlapping lists of a damaged one could make the walk quadratic.
        var left = (end - at) / 16;
        // Elf64_Verneed: version, count (16 bit each), file, first auxiliary entry, next (32 bit each).
        while (Fits(at, 16, end))
        {
            var entry = at + Read32(at + 8);
            for (var count = Read16(at + 2); count > 0 && Fits(entry, 16, end) && left-- > 0; count--)
            {
                // Elf64_Vernaux: hash, flags and index (16 bit each), name, next.
                if (IsName(names + Read32(entry + 8), version))
                {
                    flags = (int)entry + 4;
                    return true;
                }
                var following = Read32(entry + 12);
                if (following == 0) break;
                entry += following;
            }
            var next = Read32(at + 12);
            if (next == 0) return false;
            at += next;
        }
        return false;
    }

    /// <summary>Marks a demanded version weak, in place.</summary>
    /// <returns>False, and the file unchanged, where it does not demand the version.</returns>
    public static bool MarkWeak(Span<byte> file, string version)
    {
        if (!new ElfVersions(file).Demands(version, out var flags)) return false;
        var value = BinaryPrimitives.ReadUInt16LittleEndian(file[flags..]);
        BinaryPrimitives.WriteUInt16LittleEndian(file[flags..], (ushort)(value | Weak));
        return true;
    }

    /// <summary>The first section of a type: its bytes [at, end) and where the strings it refers to begin.</summary>
    private bool Section(uint type, out ulong at, out ulong end, out ulong names)
    {
        (at, end, names) = (0, 0, 0);
        if (!_isElf || Read16(0x3a) != SectionHeaderSize) return false;
        var (table, count, length) = (Read64(0x28), Read16(0x3c), (ulong)_file.Length);
        if (!Fits(table, (ulong)count * SectionHeaderSize, length)) return false;
        for (ulong i = 0; i < count; i++)
        {
            var header = table + i * SectionHeaderSize;
            if (Read32(header + 4) != type) continue;
            var (start, size, link) = (Read64(header + 24), Read64(header + 32), Read32(header + 40));
            if (link >= count || !Fits(start, size, length)) return false;
            names = Read64(table + (ulong)link * SectionHeaderSize + 24);
            (at, end) = (start, start + size);
            return names <= length;
        }
        return false;
    }

    /// <summary>Whether <paramref name="size"/> bytes at <paramref name="at"/> lie before <paramref name="end"/>, without overflow.</summary>
    private static bool Fits(ulong at, ulong size, ulong end) => at <= end && end - at >= size;

    private bool IsName(ulong at, string name)
    {
        if (!Fits(at, (ulong)name.Length + 1, (ulong)_file.Length)) return false;
        var text = _file.Slice((int)at, name.Length + 1);
        for (var i = 0; i < name.Length; i++)
            if (text[i] != name[i]) return false;
        return text[^1] == 0;
    }

    private ushort Read16(ulong at) => BinaryPrimitives.ReadUInt16LittleEndian(_file[(int)at..]);

    private uint Read32(ulong at) => BinaryPrimitives.ReadUInt32LittleEndian(_file[(int)at..]);

    private ulong Read64(ulong at) => BinaryPrimitives.ReadUInt64LittleEndian(_file[(int)at..]);
}
