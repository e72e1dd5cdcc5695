using System.Text.Unicode;

namespace Loquat.Text.Collection;

/// <summary>Tells images, archives and programs from texts by how they begin. A text in another encoding is not binary: leaving it out would lose it.</summary>
internal static class BinaryContent
{
    private const int Looked = 1 << 15;

    /// <returns>Why the file is no text; null where it may be one.</returns>
    public static string? Find(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1);
        var bytes = new byte[Looked];
        var begin = (ReadOnlySpan<byte>)bytes.AsSpan(0, file.ReadAtLeast(bytes, Looked, throwOnEndOfStream: false));
        if (begin.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || begin.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF])) return null; // UTF-16
        if (begin.IndexOf((byte)0) is var zero and >= 0) return $"not text, a zero byte at offset {zero}";
        if (Utf8.IsValid(begin.Length < Looked ? begin : WholeCharacters(begin))) return null;
        var control = begin.IndexOfAnyInRange((byte)0x01, (byte)0x08);
        if (control < 0) control = begin.IndexOfAnyInRange((byte)0x0E, (byte)0x1A);
        return control >= 0 ? $"not text, byte {begin[control]:X2} at offset {control}" : null;
    }

    // The last character may be cut off by the end of what was read.
    private static ReadOnlySpan<byte> WholeCharacters(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0 && (bytes[^1] & 0xC0) == 0x80) bytes = bytes[..^1];
        return bytes.Length > 0 && bytes[^1] >= 0xC0 ? bytes[..^1] : bytes;
    }
}
