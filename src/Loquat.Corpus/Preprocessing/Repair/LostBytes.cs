namespace Loquat.Corpus.Preprocessing.Repair;

/// <summary>UTF-8 some of whose bytes were changed on the way, in ways that still tell what they were.</summary>
internal static class LostBytes
{
    /// <summary>Puts byte A0 back where a program that took it for a space of Windows-1252 wrote byte 20, and the rest says what character it was.</summary>
    public static byte[] RestoreA0(byte[] bytes)
    {
        if (!HasAltered(bytes)) return bytes;
        bytes = SeparateGraveWords(bytes);
        byte[]? restored = null;
        for (var i = 0; i < bytes.Length; i++)
        {
            var length = Altered(bytes.AsSpan(i));
            if (length == 0) continue;
            restored ??= (byte[])bytes.Clone();
            for (var k = i; k < i + length; k++)
                if (restored[k] == ' ') restored[k] = 0xa0;
            i += length - 1;
        }
        return restored ?? bytes;
    }

    private static bool HasAltered(ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
            if (bytes[i] >= 0xc2 && Altered(bytes[i..]) > 0) return true;
        return false;
    }

    /// <summary>The length of a sequence at the start in which a space stands for A0; 0 where there is none. Only lead bytes that make likely characters with A0 count.</summary>
    private static int Altered(ReadOnlySpan<byte> b) => b switch
    {
        [0xc2 or 0xc3 or 0xc5 or 0xce or 0xd0 or 0xd9, 0x20, ..] => 2,
        [0xe2 or 0xe3, 0x20, (>= 0x80 and <= 0xbf) and not (0x85 or 0xa0), ..] => 3,
        [>= 0xe0 and <= 0xe3, (>= 0x80 and <= 0xbf) and not (0x85 or 0xa0), 0x20, ..] => 3,
        [0xf0, 0x20, >= 0x80 and <= 0xbf, >= 0x80 and <= 0xbf, ..] => 4,
        [0xf0, >= 0x80 and <= 0xbf, 0x20, >= 0x80 and <= 0xbf, ..] => 4,
        [0xf0, >= 0x80 and <= 0xbf, >= 0x80 and <= 0xbf, 0x20, ..] => 4,
        _ => 0,
    };

    // "Ã " is à, most often a word of its own: the space stays, unless what follows is the rest of a Portuguese contraction (àquele, àquela, àquilo, às).
    private static byte[] SeparateGraveWords(byte[] bytes)
    {
        List<byte>? result = null;
        for (var i = 0; i < bytes.Length; i++)
        {
            var grave = bytes[i] == 0xc3 && i + 1 < bytes.Length && bytes[i + 1] == ' ';
            var rest = bytes.AsSpan(Math.Min(bytes.Length, i + 2));
            if (grave && !(rest.StartsWith(" "u8) || rest.StartsWith("quele"u8) || rest.StartsWith("quela"u8) || rest.StartsWith("quilo"u8) || rest.StartsWith("s "u8)))
            {
                result ??= [.. bytes.AsSpan(0, i)];
                result.AddRange([0xc3, 0xa0, (byte)' ']);
                i++;
            }
            else result?.Add(bytes[i]);
        }
        return result is null ? bytes : [.. result];
    }

    /// <summary>Puts U+FFFD for sequences of which bytes are lost: 1A stands for U+FFFD in a sloppy encoding, and a question mark may stand for one byte.</summary>
    public static byte[] ReplaceLossy(byte[] bytes)
    {
        if (bytes.AsSpan().IndexOfAny((byte)0x1a, (byte)'?') < 0) return bytes;
        List<byte>? result = null;
        for (var i = 0; i < bytes.Length; i++)
        {
            var length = Lossy(bytes.AsSpan(i));
            if (length == 0)
            {
                result?.Add(bytes[i]);
                continue;
            }
            result ??= [.. bytes.AsSpan(0, i)];
            result.AddRange([0xef, 0xbf, 0xbd]);
            i += length - 1;
        }
        return result is null ? bytes : [.. result];
    }

    private static int Lossy(ReadOnlySpan<byte> b)
    {
        if (b[0] == 0x1a) return 1;
        if (b.Length < 2) return 0;
        if (b[0] is >= 0xc2 and <= 0xdf) return b[1] == 0x1a || b[0] <= 0xc3 && b[1] == '?' ? 2 : 0;
        if (b[0] == 0xed && b.Length >= 6 && b[1] is >= 0xa0 and <= 0xaf && b[3] == 0xed && b[4] is >= 0xb0 and <= 0xbf
            && (IsLost(b[2]) && IsAny(b[5]) || IsAny(b[2]) && IsLost(b[5]))) return 6;
        if (b[0] is >= 0xe0 and <= 0xef && b.Length >= 3 && (IsLost(b[1]) && IsRest(b[2]) || IsRest(b[1]) && IsLost(b[2]))) return 3;
        if (b[0] is >= 0xf0 and <= 0xf4 && b.Length >= 4
            && (IsLost(b[1]) && IsRest(b[2]) && IsRest(b[3]) || IsRest(b[1]) && IsLost(b[2]) && IsRest(b[3]) || IsRest(b[1]) && IsRest(b[2]) && IsLost(b[3]))) return 4;
        return 0;
    }

    private static bool IsLost(byte b) => b is 0x1a or (byte)'?';

    private static bool IsRest(byte b) => b is 0x1a or >= 0x80 and <= 0xbf;

    private static bool IsAny(byte b) => IsLost(b) || IsRest(b);
}
