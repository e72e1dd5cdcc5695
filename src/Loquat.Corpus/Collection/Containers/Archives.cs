using System.Formats.Tar;
using System.IO.Compression;

namespace Loquat.Corpus.Collection.Containers;

/// <summary>An entry of an archive; its stream is read before the next entry is asked for.</summary>
/// <param name="Name">With forward slashes.</param>
/// <param name="Refusal">Why it is not read; null where it is.</param>
internal sealed record ArchiveEntry(string Name, Stream? Content, string? Refusal = null);

/// <summary>Archives, known by how they begin.</summary>
internal static class Archives
{
    private const int TarMagic = 257;

    public static bool IsZip(ReadOnlySpan<byte> head) => head.StartsWith("PK\x03\x04"u8) || head.StartsWith("PK\x05\x06"u8);

    public static bool IsTar(ReadOnlySpan<byte> head) => head.Length >= 512 && head[TarMagic..].StartsWith("ustar"u8);

    /// <summary>The files of a zip archive, in the order of its directory.</summary>
    /// <param name="zip">Can be sought in.</param>
    public static IEnumerable<ArchiveEntry> Zip(Stream zip, string name, ReadingLimits limits)
    {
        ZipArchive archive;
        try
        {
            archive = new ZipArchive(zip, ZipArchiveMode.Read, leaveOpen: true);
            _ = archive.Entries.Count;
        }
        catch (Exception error) when (error is InvalidDataException or IOException or ArgumentException or OverflowException)
        {
            throw new DataException($"{name}: the zip archive is damaged: {error.Message}", error);
        }
        using (archive)
            foreach (var entry in archive.Entries)
            {
                var path = entry.FullName.Replace('\\', '/');
                if (path.EndsWith('/')) continue;
                if (Refusal(path) is { } refusal) yield return new(path, null, refusal);
                else if ((entry.ExternalAttributes >> 16 & 0xF000) == 0xA000) yield return new(path, null, "a symbolic link");
                else if (entry.IsEncrypted) yield return new(path, null, "encrypted");
                else
                {
                    Stream? content = null;
                    string? fault = null;
                    try
                    {
                        content = new BoundedStream(entry.Open(), () => entry.CompressedLength, $"{name}!{path}", limits);
                    }
                    catch (Exception error) when (error is InvalidDataException or IOException or NotSupportedException)
                    {
                        fault = $"the entry is damaged: {error.Message}";
                    }
                    using (content) yield return new(path, content, fault);
                }
            }
    }

    /// <summary>The files of a tar archive, as they come.</summary>
    public static IEnumerable<ArchiveEntry> Tar(Stream tar, string name)
    {
        using var reader = new TarReader(tar, leaveOpen: true);
        while (true)
        {
            TarEntry? entry;
            try
            {
                entry = reader.GetNextEntry();
            }
            catch (Exception error) when (error is InvalidDataException or IOException or FormatException or ArgumentException or OverflowException)
            {
                throw new DataException($"{name}: the tar archive is damaged: {error.Message}", error);
            }
            if (entry is null) yield break;
            var path = entry.Name.Replace('\\', '/');
            if (path.StartsWith("./", StringComparison.Ordinal)) path = path[2..];
            if (entry.EntryType is TarEntryType.SymbolicLink or TarEntryType.HardLink) yield return new(path, null, $"a link, to {entry.LinkName}");
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile)) continue;
            if (Refusal(path) is { } refusal) yield return new(path, null, refusal);
            else yield return new(path, entry.DataStream ?? Stream.Null);
        }
    }

    private static string? Refusal(string path)
    {
        if (path.StartsWith('/') || path.Length > 1 && path[1] == ':') return "its name is a path outside the archive";
        return path.Split('/').Contains("..") ? "its name leads out of the archive (..)" : null;
    }
}
