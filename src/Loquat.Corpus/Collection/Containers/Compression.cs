using System.IO.Compression;
using SharpCompress.Compressors.BZip2;
using SharpCompress.Compressors.Xz;
using ZstdSharp;

namespace Loquat.Corpus.Collection.Containers;

/// <summary>Compressed streams, known by how they begin.</summary>
internal enum Compression
{
    None,
    Gzip,
    Bzip2,
    Zstandard,
    Xz,
}

internal static class CompressionStreams
{
    public static Compression Of(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B, 0x08])) return Compression.Gzip;
        if (head.Length > 9 && head.StartsWith("BZh"u8) && head[3] is >= (byte)'1' and <= (byte)'9' && (head[4..].StartsWith((ReadOnlySpan<byte>)[0x31, 0x41, 0x59, 0x26, 0x53, 0x59]) || head[4..].StartsWith((ReadOnlySpan<byte>)[0x17, 0x72, 0x45, 0x38, 0x50, 0x90]))) return Compression.Bzip2;
        if (head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]) || head.Length > 8 && head[0] is >= 0x50 and <= 0x5F && head[1..].StartsWith((ReadOnlySpan<byte>)[0x2A, 0x4D, 0x18])) return Compression.Zstandard;
        return head.StartsWith((ReadOnlySpan<byte>)[0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]) ? Compression.Xz : Compression.None;
    }

    /// <summary>The expanded bytes, all members of a file of several.</summary>
    public static Stream Open(Compression compression, Stream packed, string name, ReadingLimits limits)
    {
        var counting = new CountingStream(packed);
        Stream expanded = compression switch
        {
            Compression.Gzip => new GZipStream(counting, CompressionMode.Decompress),
            Compression.Bzip2 => Bzip2(counting, name),
            Compression.Zstandard => new DecompressionStream(counting),
            Compression.Xz => new XZStream(counting),
            _ => throw new ArgumentOutOfRangeException(nameof(compression)),
        };
        return new BoundedStream(expanded, () => counting.Count, name, limits);
    }

    /// <summary>The name of what is inside: `dump.xml.bz2` holds `dump.xml`.</summary>
    public static string Inside(string name)
    {
        foreach (var end in (string[])[".gz", ".bz2", ".zst", ".zstd", ".xz", ".tgz", ".tbz2", ".txz"])
            if (name.EndsWith(end, StringComparison.OrdinalIgnoreCase)) return name[..^end.Length] + (end[1] == 't' ? ".tar" : "");
        return name;
    }

    private static BZip2Stream Bzip2(Stream packed, string name)
    {
        try
        {
            return BZip2Stream.Create(packed, SharpCompress.Compressors.CompressionMode.Decompress, decompressConcatenated: true);
        }
        catch (Exception error) when (error is not (DataException or OutOfMemoryException))
        {
            throw new DataException($"{name}: the compressed data is damaged: {error.Message}", error);
        }
    }
}
