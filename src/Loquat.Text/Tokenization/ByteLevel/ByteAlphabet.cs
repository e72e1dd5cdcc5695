namespace Loquat.Text.Tokenization.ByteLevel;

/// <summary>
/// GPT-2's printable stand-ins for bytes (Radford et al. 2019): printable Latin-1 characters stand for themselves, the 68 others
/// for the characters from U+0100 on, in order. Vocabulary files spell tokens with them.
/// </summary>
public static class ByteAlphabet
{
    private static readonly char[] _characters = new char[256];
    private static readonly short[] _bytes = new short[0x144];

    static ByteAlphabet()
    {
        Array.Fill(_bytes, (short)-1);
        var next = 0x100;
        for (var value = 0; value < 256; value++)
        {
            var printable = value is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE and <= 0xFF;
            _characters[value] = (char)(printable ? value : next++);
            _bytes[_characters[value]] = (short)value;
        }
    }

    /// <summary>The character that stands for a byte.</summary>
    public static char Character(byte value) => _characters[value];

    /// <summary>The byte that a character stands for, or -1.</summary>
    public static int Byte(char character) => character < _bytes.Length ? _bytes[character] : -1;

    /// <summary>Bytes as their characters.</summary>
    public static string Spell(ReadOnlySpan<byte> bytes)
    {
        var text = new char[bytes.Length];
        for (var i = 0; i < text.Length; i++) text[i] = _characters[bytes[i]];
        return new string(text);
    }

    /// <summary>Characters as their bytes, or null where one stands for none.</summary>
    public static byte[]? Unspell(string text)
    {
        var bytes = new byte[text.Length];
        for (var i = 0; i < bytes.Length; i++)
        {
            if (Byte(text[i]) is var value && value < 0) return null;
            bytes[i] = (byte)value;
        }
        return bytes;
    }
}
