using System.Buffers;
using System.Text;

namespace Loquat.Corpus.Preprocessing.Repair;

/// <summary>Strict UTF-8, and the variants of other programs: CESU-8 (Java, Oracle), whose characters above U+FFFF are two surrogates of three bytes each, and C0 80 for U+0000.</summary>
internal static class Utf8Variants
{
    /// <summary>The text of the bytes; null where they are not UTF-8.</summary>
    public static string? Decode(ReadOnlySpan<byte> bytes, out bool variants)
    {
        variants = bytes.IndexOfAny((byte)0xed, (byte)0xc0) >= 0;
        if (!variants) return System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : null;
        var text = new StringBuilder(bytes.Length);
        Span<char> units = stackalloc char[2];
        while (bytes.Length > 0)
        {
            if (bytes is [0xc0, 0x80, ..])
            {
                text.Append('\0');
                bytes = bytes[2..];
            }
            else if (bytes is [0xed, >= 0xa0 and <= 0xaf, >= 0x80 and <= 0xbf, 0xed, >= 0xb0 and <= 0xbf, >= 0x80 and <= 0xbf, ..])
            {
                text.Append(Unit(bytes)).Append(Unit(bytes[3..]));
                bytes = bytes[6..];
            }
            else if (Rune.DecodeFromUtf8(bytes, out var rune, out var length) == OperationStatus.Done)
            {
                text.Append(units[..rune.EncodeToUtf16(units)]);
                bytes = bytes[length..];
            }
            else return null;
        }
        return text.ToString();
    }

    private static char Unit(ReadOnlySpan<byte> three) => (char)((three[0] & 0xf) << 12 | (three[1] & 0x3f) << 6 | three[2] & 0x3f);
}
